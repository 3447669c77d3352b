"""Pure rules of the ledger: the accounts, how each fact is posted, and what balances come to.

Every fact debits one account and credits another by the same amount, so every document balances, whatever it says, and
sums of facts may be posted as well as the facts themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType

from payme.documents import Column, Kind, Row, Table
from payme.documents import Document as Paper
from payme.kit.days import SHOP_TIME, business_day
from payme.kit.money import ZERO
from payme.kit.paging import After
from payme.ledger.errors import AccountUnknown
from payme.ledger.models import (
    Account,
    AccountLedger,
    Balance,
    BalanceSheet,
    Document,
    FactSum,
    Figure,
    Journal,
    Line,
    Period,
    Posted,
    ProfitAndLoss,
    Rule,
    Sums,
    TrialBalance,
    Turn,
)
from payme.ledger.types import CHART, GROWS_BY_DEBIT, OF_PROFIT, POSTED, AccountKind, Fact
from payme.reports import PeriodBackwards

_ASSET, _LIABILITY, _EQUITY = AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.EQUITY
_INCOME, _EXPENSE = AccountKind.INCOME, AccountKind.EXPENSE

CASH, SALES, RETURNS, COST = "1000", "4000", "4100", "5000"

ACCOUNTS: Mapping[str, Account] = MappingProxyType({code: Account(code, *said) for code, said in CHART.items()})
"""Every account, in the order of its code. `docs/ledger.md` shows them."""

RULES: Mapping[Fact, Rule] = MappingProxyType({fact: Rule(*accounts) for fact, accounts in POSTED.items()})
"""How each fact is posted; under zero the other way round. The same table stands in the database (`ledger_rules`)."""


def posting(document: Document) -> tuple[Line, ...]:
    """Post a document: a line for each account that it changes, debits first. Debits and credits are the same."""
    changes = changes_of(document.facts.items())
    lines = [
        Line(ACCOUNTS[code], max(change, ZERO), max(-change, ZERO))
        for code, change in sorted(changes.items())
        if change
    ]
    return tuple(sorted(lines, key=lambda line: not line.debit))


def changes_of(facts: Iterable[tuple[Fact, Decimal]]) -> dict[str, Decimal]:
    """Return by how much facts change each account: debits less credits. All together are nothing."""
    changes: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for fact, amount in facts:
        rule = RULES[fact]
        changes[rule.debit] += amount
        changes[rule.credit] -= amount
    return dict(changes)


def posted(documents: Iterable[Document]) -> tuple[Posted, ...]:
    """Post documents; what changes no account is left out."""
    both = ((document, posting(document)) for document in documents)
    return tuple(Posted(document, lines) for document, lines in both if lines)


def account_of(code: str) -> Account:
    """Return an account; raises AccountUnknown."""
    found = ACCOUNTS.get(code)
    if found is None:
        raise AccountUnknown(account=code)
    return found


def facts_of(code: str) -> list[Fact]:
    """Return the facts that change an account."""
    return [fact for fact, rule in RULES.items() if code in {rule.debit, rule.credit}]


# Periods


def period_of(from_day: date | None, to_day: date | None, today: date) -> Period:
    """Return the days that are asked for; without a last day until today, without a first from that month's first.

    Raises PeriodBackwards.
    """
    last = today if to_day is None else to_day
    first = last.replace(day=1) if from_day is None else from_day
    if last < first:
        raise PeriodBackwards(from_day=first, to_day=last)
    return Period(first, last)


def begins(day: date) -> datetime:
    """Return the first instant of a day."""
    return datetime.combine(day, time.min, SHOP_TIME)


def ends(day: date) -> datetime:
    """Return the first instant after a day."""
    return begins(day + timedelta(1))


def spans(period: Period, after: After | None) -> Iterator[tuple[datetime, datetime]]:
    """Part a period into spans that follow each other, each twice as long as the one before; the first is one day.

    They begin with the day of ``after``, before which nothing is wanted.
    """
    day = period.from_day if after is None else max(period.from_day, business_day(after.at))
    days = 1
    while day <= period.to_day:
        following = min(day + timedelta(days), period.to_day + timedelta(1))
        yield begins(day), begins(following)
        day, days = following, days * 2


# Balances


def balances(sums: Sequence[FactSum]) -> tuple[Balance, ...]:
    """Post sums: every account on which something stood or moved."""
    before = changes_of((one.fact, one.before) for one in sums)
    within = changes_of((one.fact, one.within) for one in sums)
    return tuple(
        Balance(account, before[code], within[code])
        for code, account in ACCOUNTS.items()
        if before.get(code) or within.get(code)
    )


def trial_balance(sums: Sums) -> TrialBalance:
    """Return every account at the end of a period, and what debits and credits come to."""
    found = balances(sums.facts)
    debit = sum((max(one.closing, ZERO) for one in found), ZERO)
    credit = sum((max(-one.closing, ZERO) for one in found), ZERO)
    return TrialBalance(sums.shop, sums.period.to_day, found, debit, credit)


def profit_and_loss(sums: Sums) -> ProfitAndLoss:
    """Return what was earned in a period."""
    moved = {one.account.code: one.moved for one in balances(sums.facts)}
    return ProfitAndLoss(
        shop=sums.shop,
        period=sums.period,
        revenue=-moved.get(SALES, ZERO),
        returned=moved.get(RETURNS, ZERO),
        cost=moved.get(COST, ZERO),
        expenses=tuple(
            Figure(account, moved[code])
            for code, account in ACCOUNTS.items()
            if account.kind is _EXPENSE and code != COST and moved.get(code)
        ),
    )


def balance_sheet(sums: Sums) -> BalanceSheet:
    """Return what there is and whose it is at the end of a period; what was ever earned is the owner's."""
    found = balances(sums.facts)
    figures = {kind: [] for kind in AccountKind}  # type: dict[AccountKind, list[Figure]]
    for one in found:
        if one.closing:
            figures[one.account.kind].append(Figure(one.account, signed(one.account, one.closing)))
    profit = -sum((one.closing for one in found if one.account.kind in OF_PROFIT), ZERO)
    owed = [*figures[_LIABILITY], *figures[_EQUITY]]
    return BalanceSheet(
        shop=sums.shop,
        day=sums.period.to_day,
        assets=tuple(figures[_ASSET]),
        liabilities=tuple(figures[_LIABILITY]),
        equity=tuple(figures[_EQUITY]),
        profit=profit,
        assets_total=sum((one.amount for one in figures[_ASSET]), ZERO),
        claims_total=sum((one.amount for one in owed), ZERO) + profit,
    )


def signed(account: Account, change: Decimal) -> Decimal:
    """Return debits less credits as people say the account's figure: what is owed and earned is more than nothing."""
    return change if account.kind in GROWS_BY_DEBIT else -change


def turns_of(account: Account, opening: Decimal, of: Iterable[Document]) -> tuple[Turn, ...]:
    """Run an account through documents, from what stood there before them."""
    turns, balance = [], opening
    for one in posted(of):
        line = next((line for line in one.lines if line.account is account), None)
        if line is not None:
            balance += line.change
            turns.append(Turn(one, line, balance))
    return tuple(turns)


def more_after(documents: Sequence[Document], limit: int) -> After | None:
    """Return the last document of a page, where more than ``limit`` were read."""
    return After(documents[limit - 1].at, documents[limit - 1].id) if len(documents) > limit else None


# On paper

_MONEY = Kind.MONEY


def trial_document(trial: TrialBalance) -> Paper:
    """Lay out a trial balance: each account on its side, and both sides' sums."""
    rows: tuple[Row, ...] = tuple(
        (one.account.code, one.account.name, max(one.closing, ZERO) or None, max(-one.closing, ZERO) or None)
        for one in trial.balances
    )
    columns = (Column("Account"), Column("Name"), Column("Debit", _MONEY), Column("Credit", _MONEY))
    table = Table(columns, rows, ((None, "Total", trial.debit, trial.credit),))
    return _paper("trial-balance", "Trial balance", trial.shop, trial.day, trial.day, table)


def profit_document(earned: ProfitAndLoss) -> Paper:
    """Lay out profit and loss from sales down to the profit."""
    rows: tuple[Row, ...] = (
        ("Sales", earned.revenue),
        ("Sales returned", -earned.returned),
        ("Net sales", earned.net),
        ("Cost of goods sold", -earned.cost),
        ("Gross profit", earned.gross_profit),
        *((one.account.name, -one.amount) for one in earned.expenses),
    )
    table = Table((Column(""), Column("KES", _MONEY)), rows, (("Profit", earned.profit),))
    period = earned.period
    return _paper("profit-and-loss", "Profit and loss", earned.shop, period.from_day, period.to_day, table)


def sheet_document(sheet: BalanceSheet) -> Paper:
    """Lay out a balance sheet: what there is, and whose it is."""
    columns = (Column("Account"), Column("Name"), Column("KES", _MONEY))
    has = Table(columns, _figures(sheet.assets), ((None, "Total", sheet.assets_total),), "What the shop has")
    rows = (*_figures(sheet.liabilities), *_figures(sheet.equity), (None, "Profit up to this day", sheet.profit))
    owes = Table(columns, rows, ((None, "Total", sheet.claims_total),), "Whose it is")
    return _paper("balance-sheet", "Balance sheet", sheet.shop, sheet.day, sheet.day, has, owes)


def _figures(figures: Iterable[Figure]) -> tuple[Row, ...]:
    return tuple((one.account.code, one.account.name, one.amount) for one in figures)


def journal_table(of: Iterable[Posted]) -> Table:
    """Lay out documents line by line, as programs of accountants read them."""
    columns = (
        Column("Date", Kind.DATE),
        Column("Time"),
        Column("Document"),
        Column("Reference"),
        Column("Account"),
        Column("Name"),
        Column("Debit", _MONEY),
        Column("Credit", _MONEY),
        Column("Document id"),
    )
    rows: tuple[Row, ...] = tuple(
        (
            one.document.day,
            f"{one.document.at.astimezone(SHOP_TIME):%H:%M:%S}",
            one.document.kind,
            one.document.reference,
            line.account.code,
            line.account.name,
            line.debit,
            line.credit,
            str(one.document.id),
        )
        for one in of
        for line in one.lines
    )
    return Table(columns, rows)


def journal_document(found: Journal) -> Paper:
    """Lay out a journal."""
    return _paper(
        "journal", "Journal", found.shop, found.period.from_day, found.period.to_day, journal_table(found.posted)
    )


def account_document(found: AccountLedger) -> Paper:
    """Lay out an account: what was brought forward, and each line with what stands there after it."""
    columns = (
        Column("Date", Kind.DATE),
        Column("Document"),
        Column("Reference"),
        Column("Debit", _MONEY),
        Column("Credit", _MONEY),
        Column("Balance", _MONEY),
    )
    rows: list[Row] = [(found.period.from_day, "Brought forward", None, None, None, found.opening)]
    for turn in found.turns:
        document, line = turn.posted.document, turn.line
        rows.append(
            (document.day, document.kind, document.reference, line.debit or None, line.credit or None, turn.balance)
        )
    title = f"Account {found.account.code}: {found.account.name}"
    first, last = found.period.from_day, found.period.to_day
    return _paper(f"account-{found.account.code}", title, found.shop, first, last, Table(columns, tuple(rows)))


def _paper(name: str, title: str, shop: str, first: date, last: date, *tables: Table) -> Paper:
    shown = f"{last:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y} to {last:%d.%m.%Y}"
    return Paper(
        name=f"{name}-{first.isoformat()}-{last.isoformat()}",
        title=title,
        shop=shop,
        lines=(shown, "Amounts in KES."),
        tables=tables,
    )
