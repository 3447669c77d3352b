"""Facts of settlement. Those that a person must look at become issues (see payme.issues)."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class CallbackApplied(Event):
    """A callback had its one effect; the subject is the callback."""

    payment_id: UUID | None
    result: str


@dataclass(frozen=True)
class CallbackDoubted(Event):
    """A callback was not believed and changed nothing; the subject is the callback."""

    payment_id: UUID | None
    doubt: str


@dataclass(frozen=True)
class ListedMoneyDoubted(Event):
    """Safaricom lists a payment that cannot be booked as it is; the subject is the payment config."""

    receipt: str
    doubt: str


@dataclass(frozen=True)
class LateMoney(Event):
    """Money came for a sale that was over meanwhile: cancelled, voided, returned whole; the subject is the money."""

    sale_id: UUID
    amount: Decimal


@dataclass(frozen=True)
class Overpaid(Event):
    """More money came than the sale needed; the subject is the receipt of money."""

    sale_id: UUID
    amount: Decimal


@dataclass(frozen=True)
class ClaimedElsewhere(Event):
    """Money turned out to be paid for one sale after it was claimed for another; the subject is the money."""

    sale_id: UUID
    claimed_for: tuple[UUID, ...]


@dataclass(frozen=True)
class TokensPaidShort(Event):
    """Less money came than the tokens cost, and bought fewer of them; the subject is the receipt of money."""

    purchase_id: UUID
    amount: Decimal
    tokens: int


@dataclass(frozen=True)
class TokensOverpaid(Event):
    """More money came than the tokens cost; the subject is the receipt of money, ``amount`` what is left of it."""

    purchase_id: UUID
    amount: Decimal


@dataclass(frozen=True)
class EvidenceContradicted(Event):
    """Two pieces of evidence for one payment disagree; the stronger one stands. The subject is the payment."""

    stands: str
    said: str
