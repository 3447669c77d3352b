"""Facts of payments."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class CashTaken(Event):
    """Cash went into the drawer for a sale, or for debts of a credit account."""

    sale_id: UUID | None
    amount: Decimal
    tendered: Decimal
    change_given: Decimal
    drawer_id: UUID | None = None
    credit_account_id: UUID | None = None


@dataclass(frozen=True)
class CashReturned(Event):
    """Cash of a cancelled sale went back to the customer; the subject is the sale."""

    amount: Decimal
    drawer_id: UUID | None = None


@dataclass(frozen=True)
class PaymentRequested(Event):
    """A customer is to be asked on the phone."""

    purpose: str
    sale_id: UUID | None
    amount: Decimal
    account_reference: str
    credit_account_id: UUID | None = None


@dataclass(frozen=True)
class PaymentMoved(Event):
    """A payment climbed the ladder."""

    sale_id: UUID | None
    before: str
    after: str
    evidence: str
    note: str
