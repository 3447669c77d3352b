"""Facts of money that came in."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


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
