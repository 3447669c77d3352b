"""What the ledger shows."""

from datetime import date, datetime
from typing import Annotated, Self, TypedDict
from uuid import UUID

from pydantic import Field

from payme.http.fields import MoneyOut, Out
from payme.http.paging import encode
from payme.kit.money import ZERO
from payme.kit.paging import After
from payme.ledger.models import (
    Account,
    AccountLedger,
    BalanceSheet,
    Figure,
    Journal,
    Posted,
    ProfitAndLoss,
    TrialBalance,
    Turn,
)
from payme.ledger.types import AccountKind, DocumentKind

_Next = Annotated[str | None, Field(description="Give it back as `cursor` for the next page; null at the end.")]


class AccountOut(Out):
    """An account."""

    code: str
    name: str
    kind: AccountKind


class AccountsOut(Out):
    """The table of accounts."""

    accounts: list[AccountOut]

    @classmethod
    def of(cls, accounts: list[Account]) -> Self:
        """Show accounts."""
        return cls(accounts=[AccountOut.model_validate(one, from_attributes=True) for one in accounts])


class BalanceOut(AccountOut):
    """An account at the end of a day, on one of two sides."""

    debit: MoneyOut
    credit: MoneyOut


class TrialBalanceOut(Out):
    """Every account at the end of a day."""

    day: date
    accounts: list[BalanceOut]
    debit: MoneyOut
    credit: MoneyOut
    difference: MoneyOut = Field(description="Debits less credits: 0.00.")

    @classmethod
    def of(cls, trial: TrialBalance) -> Self:
        """Show a trial balance."""
        return cls(
            day=trial.day,
            accounts=[
                BalanceOut(**_named(one.account), debit=max(one.closing, ZERO), credit=max(-one.closing, ZERO))
                for one in trial.balances
            ],
            debit=trial.debit,
            credit=trial.credit,
            difference=trial.difference,
        )


class FigureOut(AccountOut):
    """An account and its figure."""

    amount: MoneyOut


class ProfitAndLossOut(Out):
    """What was earned in a period, business days in Nairobi, both included."""

    from_day: date
    to_day: date
    revenue: MoneyOut
    returned: MoneyOut
    net: MoneyOut = Field(description="Revenue less what came back.")
    cost: MoneyOut = Field(description="What the goods cost, first in, first out.")
    gross_profit: MoneyOut
    expenses: list[FigureOut]
    expenses_total: MoneyOut
    profit: MoneyOut

    @classmethod
    def of(cls, earned: ProfitAndLoss) -> Self:
        """Show profit and loss."""
        return cls(
            from_day=earned.period.from_day,
            to_day=earned.period.to_day,
            revenue=earned.revenue,
            returned=earned.returned,
            net=earned.net,
            cost=earned.cost,
            gross_profit=earned.gross_profit,
            expenses=_figures(earned.expenses),
            expenses_total=earned.expenses_total,
            profit=earned.profit,
        )


class BalanceSheetOut(Out):
    """What there is at the end of a day, and whose it is."""

    day: date
    assets: list[FigureOut]
    assets_total: MoneyOut
    liabilities: list[FigureOut]
    equity: list[FigureOut]
    profit: MoneyOut = Field(description="All that was earned up to this day.")
    claims_total: MoneyOut = Field(description="Liabilities, equity and profit.")
    difference: MoneyOut = Field(description="Assets less claims: 0.00.")

    @classmethod
    def of(cls, sheet: BalanceSheet) -> Self:
        """Show a balance sheet."""
        return cls(
            day=sheet.day,
            assets=_figures(sheet.assets),
            assets_total=sheet.assets_total,
            liabilities=_figures(sheet.liabilities),
            equity=_figures(sheet.equity),
            profit=sheet.profit,
            claims_total=sheet.claims_total,
            difference=sheet.difference,
        )


class LineOut(Out):
    """What a document does to an account."""

    account: str
    name: str
    debit: MoneyOut
    credit: MoneyOut


class DocumentOut(Out):
    """A document: what one thing of the shop did at one instant."""

    at: datetime
    day: date
    kind: DocumentKind
    id: UUID = Field(description="Of the sale, the return, the delivery …: several documents may be of one sale.")
    reference: str = Field(description="A receipt number, an M-Pesa receipt, a reason: what the shop calls it by.")


class PostedOut(DocumentOut):
    """A document and its lines."""

    lines: list[LineOut]

    @classmethod
    def of(cls, posted: Posted) -> Self:
        """Show a document."""
        lines = [
            LineOut(account=line.account.code, name=line.account.name, debit=line.debit, credit=line.credit)
            for line in posted.lines
        ]
        one = posted.document
        return cls(at=one.at, day=one.day, kind=one.kind, id=one.id, reference=one.reference, lines=lines)


class JournalOut(Out):
    """Documents in their order."""

    from_day: date
    to_day: date
    items: list[PostedOut]
    next_cursor: _Next

    @classmethod
    def of(cls, found: Journal) -> Self:
        """Show a page of the journal."""
        return cls(
            from_day=found.period.from_day,
            to_day=found.period.to_day,
            items=[PostedOut.of(one) for one in found.posted],
            next_cursor=_cursor(found.after),
        )


class TurnOut(DocumentOut):
    """A line of an account, and what stands there after it."""

    debit: MoneyOut
    credit: MoneyOut
    balance: MoneyOut = Field(description="Debits less credits.")

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Show a line."""
        one, line = turn.posted.document, turn.line
        return cls(
            at=one.at,
            day=one.day,
            kind=one.kind,
            id=one.id,
            reference=one.reference,
            debit=line.debit,
            credit=line.credit,
            balance=turn.balance,
        )


class AccountLedgerOut(Out):
    """What one account did."""

    account: AccountOut
    from_day: date
    to_day: date
    opening: MoneyOut = Field(description="What stood there before the first of these lines: debits less credits.")
    items: list[TurnOut]
    next_cursor: _Next

    @classmethod
    def of(cls, found: AccountLedger) -> Self:
        """Show a page of an account."""
        return cls(
            account=AccountOut.model_validate(found.account, from_attributes=True),
            from_day=found.period.from_day,
            to_day=found.period.to_day,
            opening=found.opening,
            items=[TurnOut.of(turn) for turn in found.turns],
            next_cursor=_cursor(found.after),
        )


class _Named(TypedDict):
    code: str
    name: str
    kind: AccountKind


def _named(account: Account) -> _Named:
    return {"code": account.code, "name": account.name, "kind": account.kind}


def _figures(figures: tuple[Figure, ...]) -> list[FigureOut]:
    return [FigureOut(**_named(one.account), amount=one.amount) for one in figures]


def _cursor(after: After | None) -> str | None:
    return None if after is None else encode(after)
