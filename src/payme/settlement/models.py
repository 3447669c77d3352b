"""Rows of settlement."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from payme.settlement.types import Doubt


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
