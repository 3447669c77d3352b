"""Facts of refunds; the subject is the refund unless something else is said."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class RefundRequested(Event):
    """Somebody asked that money be given back."""

    money_in_id: UUID
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class RefundMoved(Event):
    """A refund took a step."""

    before: str
    after: str
    money_in_id: UUID
    amount: Decimal
    method: str | None
    payout_receipt: str | None
    note: str


@dataclass(frozen=True)
class AlreadyReversed(Event):
    """M-PESA says that the receipt had been reversed before this order: the customer has the money."""

    money_in_id: UUID
    amount: Decimal


@dataclass(frozen=True)
class ReversalDoubted(Event):
    """The result of a reversal was not believed and changed nothing; the subject is the callback."""

    refund_id: UUID
    doubt: str
