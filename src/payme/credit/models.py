"""Rows of credit."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.credit.types import AccountState, DebtState, EntryKind
from payme.kit.money import ZERO


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """What one customer may owe, owes (``balance_due``), and has coming (``customer_credit``)."""

    id: UUID
    customer_id: UUID
    state: AccountState
    credit_limit: Decimal
    terms_days: int
    balance_due: Decimal
    customer_credit: Decimal
    moved_on: date
    merged_into: UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def available(self) -> Decimal:
        """What may still be bought on credit within the limit."""
        room = self.credit_limit - self.balance_due
        return max(room, ZERO) if self.state is AccountState.ACTIVE else ZERO


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """What is agreed with a customer."""

    credit_limit: Decimal
    terms_days: int


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What to change of an account, and why; None leaves a figure as it is."""

    credit_limit: Decimal | None
    terms_days: int | None
    state: AccountState | None
    reason: str


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """How a sale goes on credit: due by the account's terms unless a day is named; a reason lets it pass the limit."""

    due_on: date | None = None
    over_limit_reason: str = ""


@dataclass(frozen=True, slots=True)
class Debt:
    """A credit sale: what of it was repaid, taken off by returns and voids, given up, and is outstanding."""

    sale_id: UUID
    account_id: UUID
    state: DebtState
    amount: Decimal
    repaid: Decimal
    taken_off: Decimal
    written_off: Decimal
    outstanding: Decimal
    due_on: date
    limit_then: Decimal
    over_limit_reason: str
    opened_on: date
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an account, before it is written."""

    kind: EntryKind
    change_due: Decimal
    change_credit: Decimal
    sale_id: UUID | None = None
    credit_payment_id: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger, with the figures after it."""

    id: UUID
    kind: EntryKind
    change_due: Decimal
    due_after: Decimal
    change_credit: Decimal
    credit_after: Decimal
    sale_id: UUID | None
    credit_payment_id: UUID | None
    reason: str
    entered_by: UUID | None
    entered_on: date
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """What a sale put on an account: customer credit that was used, and the debt, if one was left."""

    credit_used: Decimal
    debt: Debt | None


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a repayment went to which debt."""

    sale_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Funds:
    """Where the money of a repayment came from: a payment (cash, or a prompt), a receipt of M-Pesa money, or both."""

    payment_id: UUID | None
    money_in_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CreditPayment:
    """Money against debts: how much went to them, and what became customer credit."""

    id: UUID
    account_id: UUID
    amount: Decimal
    to_debts: Decimal
    to_credit: Decimal
    payment_id: UUID | None
    money_in_id: UUID | None
    received_by: UUID | None
    received_on: date
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Repaid:
    """What a repayment did."""

    payment: CreditPayment
    parts: tuple[Part, ...]
    account: CreditAccount


@dataclass(frozen=True, slots=True)
class OfSale:
    """What one sale did to its account so far: its debt, and the customer credit it used, less what it gave back."""

    debt: Debt | None
    credit_used: Decimal

    @property
    def outstanding(self) -> Decimal:
        """What of the debt is not paid."""
        return self.debt.outstanding if self.debt else ZERO

    @property
    def paid_from_account(self) -> Decimal:
        """What was paid for the sale through the account and not given back: debt repaid, and customer credit."""
        return (self.debt.repaid if self.debt else ZERO) + self.credit_used


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What of a return or void went off the debt, what became customer credit, and what nobody had paid or owes."""

    off_debt: Decimal
    to_credit: Decimal
    given_up: Decimal = ZERO


NOTHING_BACK = TakenBack(ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class SaleOnAccount:
    """A sale that is on an account as a receipt shows it; ``owed_in_all`` is what the customer owes now."""

    customer_id: UUID
    customer_name: str | None
    credit_used: Decimal
    debt: Decimal
    outstanding: Decimal
    due_on: date | None
    owed_in_all: Decimal


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who owes what, and since when; the last two figures are those of the whole shop, None after the first page."""

    account_id: UUID
    customer_id: UUID
    name: str | None
    phone: str | None
    state: AccountState
    credit_limit: Decimal
    balance_due: Decimal
    current: Decimal
    days_1_30: Decimal
    days_31_60: Decimal
    days_61_90: Decimal
    over_90: Decimal
    oldest_due_on: date
    debtors: int | None
    owed_in_all: Decimal | None

    @property
    def overdue(self) -> Decimal:
        """What was due before today."""
        return self.balance_due - self.current


@dataclass(frozen=True, slots=True)
class DueAccount:
    """An account with debts that are due: how many, how much together, and the first day."""

    account_id: UUID
    customer_id: UUID
    debts: int
    amount: Decimal
    first_due_on: date


@dataclass(frozen=True, slots=True)
class Balances:
    """What an account stood at."""

    balance_due: Decimal
    customer_credit: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """An account over some business days: what it stood at before and after, and the entries between, in order.

    ``entries`` may hold one more than a page has.
    """

    account: CreditAccount
    from_day: date | None
    to_day: date | None
    opening: Balances
    closing: Balances
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class PrintedStatement:
    """A statement with whose it is."""

    shop: str
    customer_name: str | None
    statement: Statement


@dataclass(frozen=True, slots=True)
class OverdueFigures:
    """How many accounts of a business are overdue, and with how much."""

    accounts: int
    amount: Decimal
