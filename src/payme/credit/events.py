"""Facts of credit; the subject is the account. No name stands in them: audit is for ever."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class CreditAccountOpened(Event):
    """A customer may buy on credit up to a limit; of 0, only has customer credit."""

    customer_id: UUID
    credit_limit: Decimal
    terms_days: int


@dataclass(frozen=True)
class AccountTerms:
    """What was agreed with a customer."""

    credit_limit: Decimal
    terms_days: int
    state: str


@dataclass(frozen=True)
class CreditAccountChanged(Event):
    """What was agreed changed."""

    before: AccountTerms
    after: AccountTerms
    reason: str


@dataclass(frozen=True)
class CreditMoved(Event):
    """An account changed by one entry of its ledger."""

    kind: str
    sale_id: UUID | None
    credit_payment_id: UUID | None
    due_before: Decimal
    due_after: Decimal
    credit_before: Decimal
    credit_after: Decimal
    reason: str


@dataclass(frozen=True)
class CreditLimitPassed(Event):
    """Somebody who may sold on credit over the limit, and said why."""

    sale_id: UUID
    limit: Decimal
    due_after: Decimal
    due_on: date
    reason: str


@dataclass(frozen=True)
class CreditAccountMerged(Event):
    """The account of a customer who was merged was folded into this one."""

    duplicate_id: UUID
