"""Pure decisions of reports: periods, sums, and how each report is laid out on paper."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from payme.credit import Debtor
from payme.documents import Column, Document, Kind, Row, Table
from payme.kit.days import business_day
from payme.kit.money import ZERO
from payme.reports.errors import PeriodBackwards, PeriodTooLong
from payme.reports.models import (
    CashierSales,
    DaySales,
    Period,
    ProductSales,
    ProductStock,
    Report,
    TenderSales,
    TokenDay,
)
from payme.reports.types import NOBODY, PERIOD_MAX, SETTLED_AFTER

_TENTH = Decimal("0.1")
_MONEY = Kind.MONEY


def period_of(from_day: date | None, to_day: date | None, today: date) -> Period:
    """Return the days that are asked for; without a last day until today, without a first from that month's first.

    Raises PeriodBackwards, PeriodTooLong.
    """
    last = today if to_day is None else to_day
    first = last.replace(day=1) if from_day is None else from_day
    if last < first:
        raise PeriodBackwards(from_day=first, to_day=last)
    days = (last - first).days + 1
    if days > PERIOD_MAX:
        raise PeriodTooLong(days=days, days_max=PERIOD_MAX)
    return Period(first, last)


def day_after(day: date) -> date:
    """Return the next day."""
    return day + timedelta(1)


def settled_until(now: datetime) -> date:
    """Return the last day to which no transaction can add any more."""
    return business_day(now - SETTLED_AFTER) - timedelta(1)


def total_of(days: Iterable[DaySales]) -> DaySales:
    """Add days up."""
    total = DaySales(None, 0, ZERO, ZERO, ZERO, ZERO, 0, ZERO, ZERO, ZERO, ZERO)
    for day in days:
        total = DaySales(
            None,
            total.sales + day.sales,
            total.revenue + day.revenue,
            total.cost + day.cost,
            total.cash + day.cash,
            total.on_account + day.on_account,
            total.returns + day.returns,
            total.returned + day.returned,
            total.returned_cost + day.returned_cost,
            total.returned_cash + day.returned_cash,
            total.returned_on_account + day.returned_on_account,
        )
    return total


def by_tender(days: Iterable[DaySales]) -> list[TenderSales]:
    """Split what was sold by how it was paid, and what came back by how it goes back."""
    total = total_of(days)
    return [
        TenderSales("cash", total.cash, total.returned_cash),
        TenderSales("mpesa", total.mpesa, total.returned_mpesa),
        TenderSales("on_account", total.on_account, total.returned_on_account),
    ]


def margin_percent(figures: DaySales) -> Decimal | None:
    """Return which part of the net revenue is profit, to a tenth of a percent; None where there was none."""
    return (figures.gross_profit * 100 / figures.net).quantize(_TENTH) if figures.net else None


def cashier_name(cashier: CashierSales) -> str:
    """Name whoever rang up."""
    if cashier.user_id == NOBODY:
        return "(nobody)"
    return cashier.name or "(no member)"


def days_document(report: Report[list[DaySales]]) -> Document:
    """Lay out sales by day."""
    columns = (
        Column("Day", Kind.DATE),
        Column("Sales", Kind.INTEGER),
        Column("Revenue", _MONEY),
        Column("Cash", _MONEY),
        Column("M-Pesa", _MONEY),
        Column("On account", _MONEY),
        Column("Returned", _MONEY),
        Column("Net", _MONEY),
    )
    rows, total = (
        [(one.day, one.sales, one.revenue, one.cash, one.mpesa, one.on_account, one.returned, one.net) for one in days]
        for days in (report.figures, [total_of(report.figures)])
    )
    return _document(report, "sales-by-day", "Sales by day", Table(columns, tuple(rows), tuple(total)))


def tenders_document(report: Report[list[DaySales]]) -> Document:
    """Lay out sales by tender."""
    tenders, total = by_tender(report.figures), total_of(report.figures)
    shown = {"cash": "Cash", "mpesa": "M-Pesa", "on_account": "On account"}
    table = Table(
        (Column("Tender"), Column("Revenue", _MONEY), Column("Returned", _MONEY), Column("Net", _MONEY)),
        tuple((shown[one.tender], one.revenue, one.returned, one.net) for one in tenders),
        (("Total", total.revenue, total.returned, total.net),),
    )
    return _document(report, "sales-by-tender", "Sales by tender", table)


def profit_document(report: Report[list[DaySales]]) -> Document:
    """Lay out gross profit by day."""
    columns = (
        Column("Day", Kind.DATE),
        Column("Net revenue", _MONEY),
        Column("Cost of goods", _MONEY),
        Column("Gross profit", _MONEY),
        Column("Margin %", Kind.QUANTITY),
    )
    rows, total = (
        [(one.day, one.net, one.net_cost, one.gross_profit, margin_percent(one)) for one in days]
        for days in (report.figures, [total_of(report.figures)])
    )
    note = "Net of what came back. Goods cost what they cost when they were delivered, the oldest first."
    return _document(report, "gross-profit", "Gross profit", Table(columns, tuple(rows), tuple(total)), note)


def products_document(report: Report[list[ProductSales]]) -> Document:
    """Lay out sales by product."""
    columns = (
        Column("Product"),
        Column("SKU"),
        Column("Unit"),
        Column("Sold", Kind.QUANTITY),
        Column("Returned", Kind.QUANTITY),
        Column("Net revenue", _MONEY),
        Column("Cost of goods", _MONEY),
        Column("Gross profit", _MONEY),
    )
    rows = tuple(
        (
            one.name,
            one.sku,
            one.unit,
            one.quantity,
            one.returned_quantity,
            one.net,
            one.net_cost,
            one.gross_profit,
        )
        for one in report.figures
    )
    first = report.figures[0] if report.figures else None
    net, cost = (first.all_net, first.all_net_cost) if first else (ZERO, ZERO)
    total = ("Total", None, None, None, None, net, cost, net - cost)
    notes = _beyond(len(rows), first.all_products if first else 0)
    return _document(report, "sales-by-product", "Sales by product", Table(columns, rows, (total,)), *notes)


def cashiers_document(report: Report[list[CashierSales]]) -> Document:
    """Lay out sales by cashier."""
    columns = (
        Column("Cashier"),
        Column("Sales", Kind.INTEGER),
        Column("Revenue", _MONEY),
        Column("Returns", Kind.INTEGER),
        Column("Returned", _MONEY),
        Column("Net", _MONEY),
    )
    rows = tuple(
        (cashier_name(one), one.sales, one.revenue, one.returns, one.returned, one.net) for one in report.figures
    )
    total = (
        "Total",
        sum(one.sales for one in report.figures),
        sum((one.revenue for one in report.figures), ZERO),
        sum(one.returns for one in report.figures),
        sum((one.returned for one in report.figures), ZERO),
        sum((one.net for one in report.figures), ZERO),
    )
    note = "A sale counts for who rang it up, a return for who took the goods back."
    return _document(report, "sales-by-cashier", "Sales by cashier", Table(columns, rows, (total,)), note)


def stock_document(report: Report[list[ProductStock]]) -> Document:
    """Lay out the value of the stock."""
    columns = (
        Column("Product"),
        Column("SKU"),
        Column("Unit"),
        Column("On hand", Kind.QUANTITY),
        Column("Value at cost", _MONEY),
        Column("Value at selling price", _MONEY),
    )
    rows = tuple((one.name, one.sku, one.unit, one.quantity, one.value, one.selling_value) for one in report.figures)
    first = report.figures[0] if report.figures else None
    value, selling = (first.all_value, first.all_selling_value) if first else (ZERO, ZERO)
    notes = _beyond(len(rows), first.all_products if first else 0)
    table = Table(columns, rows, (("Total", None, None, None, value, selling),))
    return _document(report, "stock-value", "Value of the stock", table, *notes)


def debts_document(report: Report[list[Debtor]]) -> Document:
    """Lay out who owes, and for how long."""
    ages = ("Not due", "1-30 days", "31-60 days", "61-90 days", "Over 90 days")
    columns = (Column("Customer"), Column("Phone"), Column("Owed", _MONEY), *(Column(age, _MONEY) for age in ages))
    rows = tuple((one.name or "(erased)", one.phone, one.balance_due, *aged(one)) for one in report.figures)
    parts: Row = tuple(sum(column, ZERO) for column in zip(*map(aged, report.figures), strict=True))
    first = report.figures[0] if report.figures else None
    owed = (first.owed_in_all if first else None) or ZERO
    total: Row = ("Total", None, owed, *(parts or (ZERO,) * len(ages)))
    debtors = (first.debtors if first else None) or 0
    notes = (f"{len(rows)} of {debtors} who owe are listed.",) if len(rows) < debtors else ()
    return _document(report, "debts", "Who owes", Table(columns, rows, (total,)), *notes)


def aged(debtor: Debtor) -> tuple[Decimal, ...]:
    """Return what somebody owes by how long it is overdue, what is not due yet first."""
    return debtor.current, debtor.days_1_30, debtor.days_31_60, debtor.days_61_90, debtor.over_90


def tokens_document(report: Report[list[TokenDay]]) -> Document:
    """Lay out the tokens of each day."""
    columns = (
        Column("Day", Kind.DATE),
        *(Column(title, Kind.INTEGER) for title in ("Granted", "Bought", "Reserved", "Charged", "Refunded", "Owed")),
    )
    rows: tuple[Row, ...] = tuple((one.day, *_counts(one)) for one in report.figures if one.day is not None)
    total: Row = (None, *(sum(counts) for counts in zip(*map(_counts, report.figures), strict=True)))
    now = report.figures[0]
    notes = (
        f"Now: {now.balance_now} tokens, {now.owed_now} owed, and {now.reserved_now} set aside for open sales.",
        "A token is reserved when a sale is rung up, charged when it is completed, and refunded when it is cancelled.",
    )
    return _document(report, "tokens", "Tokens", Table(columns, rows, (total,)), *notes)


def _counts(day: TokenDay) -> tuple[int, ...]:
    return day.granted, day.bought, day.reserved, day.charged, day.refunded, day.owed


def _beyond(shown: int, products: int) -> tuple[str, ...]:
    return (f"{shown} of {products} products are listed; the total is of all.",) if shown < products else ()


def _document(report: Report[object], name: str, title: str, table: Table, *notes: str) -> Document:
    first, last = report.period.from_day, report.period.to_day
    shown = f"{first:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y} to {last:%d.%m.%Y}"
    return Document(
        name=f"{name}-{first.isoformat()}-{last.isoformat()}",
        title=title,
        shop=report.shop,
        lines=(shown, "Amounts in KES."),
        tables=(table,),
        notes=notes,
    )
