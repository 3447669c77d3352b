"""Rows of settlement."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.settlement.types import CallbackState, Doubt


@dataclass(frozen=True, slots=True)
class Callback:
    """One HTTP body that Daraja, or somebody, sent us."""

    id: UUID
    path_hash: bytes
    body: bytes = field(repr=False)
    shortcode: str
    state: CallbackState
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """A callback as it came in, before anything is known of it."""

    secret: str = field(repr=False)
    body: bytes = field(repr=False)
    shortcode: str
    address: str


@dataclass(frozen=True, slots=True)
class Address:
    """Whose callback it is."""

    business_id: UUID
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class Paid:
    """A believable success."""

    receipt: str
    amount: Decimal
    phone: str
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotPaid:
    """A believable failure."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Not to be believed by itself."""

    doubt: Doubt


Verdict = Paid | NotPaid | Doubtful
