"""Rows of returns and voids, and both as a person sees them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.identity import Business
from payme.returns.types import VoidState, Way
from payme.sales import ReturnedLine


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """Money of a return or of a void, and the way it goes back; by M-Pesa with the refund that was asked for."""

    id: UUID
    sale_id: UUID
    return_id: UUID | None
    void_id: UUID | None
    way: Way
    amount: Decimal
    refund_id: UUID | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What money came for a sale in each way, and was not given back yet."""

    mpesa: Decimal
    cash: Decimal


@dataclass(frozen=True, slots=True)
class Return:
    """Goods of one sale that came back at one time; ``total`` is what they were sold for."""

    id: UUID
    number: int
    sale_id: UUID
    sale_number: int
    sale_state: str
    total: Decimal
    business_day: date
    returned_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A return with its lines, and what goes back how."""

    document: Return
    lines: tuple[ReturnedLine, ...]
    money_back: tuple[MoneyBack, ...]


@dataclass(frozen=True, slots=True)
class ReturnReceipt:
    """A return as the customer gets it."""

    shop: Business
    view: ReturnView


@dataclass(frozen=True, slots=True)
class Void:
    """A wish that a completed sale be undone, and what became of it."""

    id: UUID
    sale_id: UUID
    sale_number: int
    state: VoidState
    reason: str
    total: Decimal
    two_people: bool
    note: str
    requested_by: UUID
    decided_by: UUID | None
    business_day: date
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class VoidView:
    """A void, and what goes back how; nothing while it is not done."""

    document: Void
    money_back: tuple[MoneyBack, ...] = ()


@dataclass(frozen=True, slots=True)
class VoidLimit:
    """Up to which total (KES) one person may void a sale alone."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody who agrees says; ``even_if_paying`` also voids while the customer is being asked to pay.

    Cash comes out of the drawer that is named, or out of the one that is likely.
    """

    note: str
    even_if_paying: bool = False
    drawer_id: UUID | None = None
