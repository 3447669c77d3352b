"""What customers takes and shows."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from payme.customers.models import Customer
from payme.customers.rules import NOTE_MAX, OTHERS_MAX, TAG_MAX, TAGS_MAX
from payme.customers.types import CustomerChange, CustomerDraft, CustomerState
from payme.http.fields import In, Name, Out

Phone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=30),
    Field(examples=["0712345678"], description="As people write it; kept as +254712345678."),
]
CustomerNote = Annotated[str, StringConstraints(strip_whitespace=True, max_length=NOTE_MAX)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TAG_MAX)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=TAGS_MAX, description="Upper or lower case makes no other tag.")]


def _example(value: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [value]})


class CustomerIn(In):
    """A customer to be added."""

    model_config = _example(
        {"name": "Wanjiku Kamau", "phone": "0712 345 678", "note": "Pays on Fridays", "tags": ["estate", "wholesale"]}
    )

    name: Name
    phone: Phone | None = None
    note: CustomerNote = ""
    tags: Tags = ()

    def to_draft(self) -> CustomerDraft:
        """Return what the service needs."""
        return CustomerDraft(self.name, self.phone, self.note, self.tags)


class CustomerChangeIn(In):
    """What to change; a field that is not sent stays as it is, a phone of null is taken away."""

    model_config = _example({"note": "Pays on Saturdays"})

    # The defaults are never read: only what was sent goes into the change.
    name: Name = Field(default_factory=str)
    phone: Phone | None = None
    note: CustomerNote = Field(default_factory=str)
    tags: Tags = Field(default_factory=tuple)
    other_phones: Annotated[tuple[Phone, ...], Field(max_length=OTHERS_MAX)] = Field(
        default_factory=tuple, description="Those to keep of the numbers that came by merging."
    )

    def to_change(self) -> CustomerChange:
        """Return what the service needs."""
        return CustomerChange(**{name: getattr(self, name) for name in self.model_fields_set})


class MergeIn(In):
    """Who is the same person as the customer of the address, and becomes it."""

    model_config = _example({"duplicate_id": "019a0000-0000-7000-8000-000000000002"})

    duplicate_id: UUID


class CustomerOut(Out):
    """A customer; of an erased one nothing is left but the id."""

    id: UUID
    state: CustomerState
    name: str | None
    phone: str | None
    other_phones: list[str] = Field(description="Numbers that came by merging.")
    note: str
    tags: list[str]
    merged_into: UUID | None = Field(description="Who this customer is now.")
    merged_at: datetime | None
    erased_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, customer: Customer) -> Self:
        """Show a customer."""
        return cls.model_validate(customer, from_attributes=True)
