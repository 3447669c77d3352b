"""Rows of customers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payme.customers.types import CustomerState


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who buys; ``name`` is None where the person was erased.

    ``other_phones`` are numbers of whoever was merged into this one.
    """

    id: UUID
    name: str | None
    phone: str | None
    note: str
    tags: list[str]
    other_phones: list[str]
    merged_into: UUID | None
    merged_at: datetime | None
    erased_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> CustomerState:
        """Whether the customer can be named; who was merged and then erased is erased."""
        if self.erased_at is not None:
            return CustomerState.ERASED
        return CustomerState.LIVING if self.merged_into is None else CustomerState.MERGED


@dataclass(frozen=True, slots=True)
class LockedCustomer:
    """A customer whose row, and with it all that was merged into it, is ours until the transaction ends."""

    id: UUID


@dataclass(frozen=True, slots=True)
class CustomerPointer:
    """Whom an id leads to."""

    id: UUID
    merged_into: UUID | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A customer as it will be, which numbers nobody has any more, and which fields differ."""

    customer: Customer
    dropped_phones: list[str]
    fields: tuple[str, ...]
