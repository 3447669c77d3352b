"""Rows of settlement, and what evidence comes down to."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.money import Source
from payme.payments import Evidence
from payme.settlement.types import Doubt


@dataclass(frozen=True, slots=True)
class Paid:
    """A believable success; ``by_prompt`` says that M-PESA had asked for it on the phone, without saying who asked."""

    receipt: str
    amount: Decimal
    phone: str = field(repr=False)
    paid_at: datetime | None
    payer_name: str = field(default="", repr=False)
    account_reference: str = ""
    by_prompt: bool = False


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


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A believable answer that tells nothing of the money yet."""

    said: str


@dataclass(frozen=True, slots=True)
class Told:
    """How it is known that a shortcode was paid: by what, when at the latest, and by which callback, if by one."""

    shortcode: str
    source: Source
    evidence: Evidence
    at: datetime
    callback_id: UUID | None
