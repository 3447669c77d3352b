"""Facts of money that came in."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event
from payme.money.types import Purpose


@dataclass(frozen=True)
class MoneyReceived(Event):
    """A real receipt of money was booked."""

    shortcode: str
    receipt: str
    amount: Decimal
    source: str


@dataclass(frozen=True)
class MoneyAllocated(Event):
    """A receipt of money, or a part of it, was given a purpose; a negative amount takes one back."""

    purpose: str
    sale_id: UUID | None
    amount: Decimal


@dataclass(frozen=True)
class StandingShare:
    """How much of a receipt of money stands for a purpose."""

    purpose: Purpose
    sale_id: UUID | None
    amount: Decimal


@dataclass(frozen=True)
class MoneyMoved(Event):
    """A person gave money, or a part of it, another purpose, and said why."""

    amount: Decimal
    reason: str
    before: tuple[StandingShare, ...]
    after: tuple[StandingShare, ...]


@dataclass(frozen=True)
class MoneyReleased(Event):
    """Money of a sale that was cancelled or voided, or whose goods came back, waits for a purpose."""

    sale_id: UUID
    amount: Decimal


@dataclass(frozen=True)
class MoneyReturned(Event):
    """Money that was to be refunded was not, and waits for a purpose again."""

    amount: Decimal
    reason: str


@dataclass(frozen=True)
class MoneySettled(Event):
    """Nothing of a receipt stands for ``purpose`` any more: what a person had to decide is decided."""

    purpose: Purpose
    reason: str


@dataclass(frozen=True)
class ReceiptClaimed(Event):
    """Somebody says that a receipt, of which Safaricom has not told yet, was paid for a sale. Subject: the claim."""

    sale_id: UUID
    receipt: str
    amount: Decimal


@dataclass(frozen=True)
class ClaimConfirmed(Event):
    """Safaricom told of the receipt of a claim; the subject is the claim."""

    sale_id: UUID
    money_in_id: UUID
    claimed: Decimal
    received: Decimal


@dataclass(frozen=True)
class ClaimDenied(Event):
    """A claim turned out not to be true, or not for this sale; the subject is the claim."""

    sale_id: UUID
    receipt: str
    reason: str
