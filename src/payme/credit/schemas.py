"""What credit takes and shows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from payme.credit.models import (
    AccountChange,
    AccountDraft,
    Balances,
    CreditAccount,
    CreditPayment,
    Debt,
    Debtor,
    Entry,
    Repaid,
    Statement,
)
from payme.credit.types import TERMS_DAYS, AccountState, DebtState, EntryKind
from payme.http.fields import In, Money, MoneyOut, Out, Reason
from payme.http.paging import encode
from payme.kit.paging import After

TermsDays = Annotated[int, Field(ge=1, le=365, description="Days from the sale until the debt is due.")]
_ANY_TIME = datetime.fromtimestamp(0, UTC)


def _example(value: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [value]})


class AccountIn(In):
    """What is agreed with a customer."""

    model_config = _example({"credit_limit": "5000.00", "terms_days": 30})

    credit_limit: Money = Field(description="The most that may be owed; 0 for no credit.")
    terms_days: TermsDays = TERMS_DAYS

    def to_draft(self) -> AccountDraft:
        """Return what the service needs."""
        return AccountDraft(self.credit_limit, self.terms_days)


class AccountChangeIn(In):
    """What to change, and why; a field that is not sent stays as it is."""

    model_config = _example({"credit_limit": "8000.00", "reason": "Pays on time"})

    credit_limit: Money | None = None
    terms_days: TermsDays | None = None
    state: AccountState | None = Field(None, description="Closed only when nobody owes anything.")
    reason: Reason

    def to_change(self) -> AccountChange:
        """Return what the service needs."""
        return AccountChange(self.credit_limit, self.terms_days, self.state, self.reason)


class CreditAccountOut(Out):
    """What one customer may owe, owes, and has coming."""

    id: UUID
    customer_id: UUID
    state: AccountState
    credit_limit: MoneyOut
    terms_days: int
    balance_due: MoneyOut = Field(description="What the customer owes.")
    customer_credit: MoneyOut = Field(description="What the shop owes the customer.")
    available: MoneyOut = Field(description="What may still be bought on credit within the limit.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, account: CreditAccount) -> Self:
        """Show an account."""
        return cls.model_validate(account, from_attributes=True)


class DebtOut(Out):
    """A credit sale."""

    sale_id: UUID
    state: DebtState
    amount: MoneyOut
    repaid: MoneyOut
    taken_off: MoneyOut = Field(description="By returns, or because the sale was voided.")
    written_off: MoneyOut
    outstanding: MoneyOut
    due_on: date
    over_limit_reason: str = Field(description="Why it was sold over the limit; empty where it was not.")
    created_at: datetime

    @classmethod
    def of(cls, debt: Debt) -> Self:
        """Show a debt."""
        return cls.model_validate(debt, from_attributes=True)


class CreditPaymentOut(Out):
    """Money against debts."""

    id: UUID
    amount: MoneyOut
    to_debts: MoneyOut
    to_credit: MoneyOut = Field(description="What no debt needed; a later sale can use it.")
    payment_id: UUID | None
    money_in_id: UUID | None = Field(description="The M-Pesa receipt; null for cash.")
    received_on: date
    created_at: datetime

    @classmethod
    def of(cls, payment: CreditPayment) -> Self:
        """Show a repayment."""
        return cls.model_validate(payment, from_attributes=True)


class PartOut(Out):
    """How much went to which debt."""

    sale_id: UUID
    amount: MoneyOut


class RepaidOut(Out):
    """What a repayment did."""

    payment: CreditPaymentOut
    debts: list[PartOut]
    account: CreditAccountOut

    @classmethod
    def of(cls, repaid: Repaid) -> Self:
        """Show what a repayment did."""
        return cls(
            payment=CreditPaymentOut.of(repaid.payment),
            debts=[PartOut.model_validate(part, from_attributes=True) for part in repaid.parts],
            account=CreditAccountOut.of(repaid.account),
        )


class EntryOut(Out):
    """One entry of the ledger, with what the account stood at after it."""

    id: UUID
    kind: EntryKind
    change_due: MoneyOut
    due_after: MoneyOut
    change_credit: MoneyOut
    credit_after: MoneyOut
    sale_id: UUID | None
    credit_payment_id: UUID | None
    reason: str
    entered_on: date
    created_at: datetime

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Show an entry."""
        return cls.model_validate(entry, from_attributes=True)


class BalancesOut(Out):
    """What an account stood at."""

    balance_due: MoneyOut
    customer_credit: MoneyOut

    @classmethod
    def of(cls, balances: Balances) -> Self:
        """Show balances."""
        return cls.model_validate(balances, from_attributes=True)


class StatementOut(Out):
    """An account over some business days."""

    account: CreditAccountOut
    from_day: date | None
    to_day: date | None
    opening: BalancesOut
    closing: BalancesOut = Field(description="At the end of the period, also where further pages follow.")
    entries: list[EntryOut]
    next_cursor: str | None

    @classmethod
    def of(cls, statement: Statement, limit: int) -> Self:
        """Show a page of ``limit`` entries from what was read with ``limit + 1``."""
        shown = statement.entries[:limit]
        more = len(statement.entries) > limit
        return cls(
            account=CreditAccountOut.of(statement.account),
            from_day=statement.from_day,
            to_day=statement.to_day,
            opening=BalancesOut.of(statement.opening),
            closing=BalancesOut.of(statement.closing),
            entries=[EntryOut.of(entry) for entry in shown],
            next_cursor=encode(After(_ANY_TIME, shown[-1].id)) if more else None,
        )


class DebtorOut(Out):
    """Who owes what, and for how long."""

    account_id: UUID
    customer_id: UUID
    name: str | None
    phone: str | None
    state: AccountState
    credit_limit: MoneyOut
    balance_due: MoneyOut
    overdue: MoneyOut
    current: MoneyOut = Field(description="Not due before today.")
    days_1_30: MoneyOut = Field(description="1 to 30 days overdue.")
    days_31_60: MoneyOut
    days_61_90: MoneyOut
    over_90: MoneyOut
    oldest_due_on: date

    @classmethod
    def of(cls, debtor: Debtor) -> Self:
        """Show a debtor."""
        return cls.model_validate(debtor, from_attributes=True)


class OwingOut(Out):
    """Who owes, the most first."""

    debtors: int | None = Field(description="How many owe; only on the first page.")
    owed_in_all: MoneyOut | None = Field(description="What all of them owe; only on the first page.")
    items: list[DebtorOut]
    next_cursor: str | None

    @classmethod
    def of(cls, rows: list[Debtor], limit: int, *, is_first: bool) -> Self:
        """Show a page of ``limit`` from what was read with ``limit + 1``."""
        shown = rows[:limit]
        return cls(
            debtors=(rows[0].debtors if rows else 0) if is_first else None,
            owed_in_all=(rows[0].owed_in_all if rows else Decimal("0.00")) if is_first else None,
            items=[DebtorOut.of(row) for row in shown],
            next_cursor=encode(After(_ANY_TIME, shown[-1].account_id)) if len(rows) > limit else None,
        )
