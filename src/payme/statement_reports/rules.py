"""Pure decisions of reports about statements: what stands between a statement and the books, to the cent."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from payme.documents import Column, Document, Kind, Table
from payme.kit.days import SHOP_TIME, business_day
from payme.kit.money import ZERO
from payme.statement_reports.errors import ReconciliationPeriodWrong
from payme.statement_reports.models import Excess, Part, Reconciliation, Sum, Sums
from payme.statement_reports.types import PERIOD_MAX_DAYS, Standing
from payme.statements import Finding, Reason, Span, clipped

_OF_PAYMENTS = frozenset(Reason) - {Reason.REVERSED, Reason.NOT_REVERSED, Reason.FEE, Reason.MOVED}


def days_of(first_day: date | None, last_day: date | None, now: datetime) -> tuple[date, date]:
    """Return the days that are meant: until today, from the first of the last day's month, where none is named."""
    last = last_day or business_day(now)
    return first_day or last.replace(day=1), last


def span_of(first_day: date, last_day: date) -> Span:
    """Return the time of business days, both included; raises ReconciliationPeriodWrong."""
    if not timedelta() <= last_day - first_day < timedelta(PERIOD_MAX_DAYS):
        raise ReconciliationPeriodWrong(first_day, last_day)
    start = datetime.combine(first_day, time(), SHOP_TIME)
    return Span(start, datetime.combine(last_day + timedelta(1), time(), SHOP_TIME))


def reconciled(
    *,
    shop: str,
    shortcode: str,
    days: tuple[date, date],
    covered: Iterable[Span],
    span: Span,
    sums: Sums,
    excesses: Iterable[Excess],
    found: Sequence[Finding],
) -> Reconciliation:
    """Put together what stands between a statement and the books; the sums of both know nothing of the parts."""
    parts = _parts(excesses, found)
    explained = sum((part.amount for part in parts), ZERO)
    return Reconciliation(
        shop=shop,
        shortcode=shortcode,
        first_day=days[0],
        last_day=days[1],
        covered=tuple(clipped(covered, span)),
        sums=_with_unseen(sums, found),
        parts=tuple(parts),
        rest=sums.paid_in.amount - sums.booked.amount - explained,
        differences=tuple(sorted(found, key=lambda one: (one.at, one.receipt))),
    )


def _with_unseen(sums: Sums, found: Iterable[Finding]) -> Sums:
    """Add what only our books have as given back: their sum was made of what statements show."""
    unseen = [one.amount for one in found if one.reason is Reason.NOT_REVERSED]
    told = Sum(sums.refunded.count + len(unseen), sums.refunded.amount + sum(unseen, ZERO))
    return replace(sums, refunded=told)


def _parts(excesses: Iterable[Excess], found: Iterable[Finding]) -> list[Part]:
    """Add up by reason; what only we have and no statement covers is no difference, and is told apart."""
    counts: dict[str, int] = defaultdict(int)
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in found:
        if one.reason in _OF_PAYMENTS:
            counts[one.reason] += 1
            amounts[one.reason] += one.amount
    for excess in excesses:
        counts[excess.standing] += excess.count
        amounts[excess.standing] += excess.amount
    counts[Standing.NOT_COVERED] -= counts[Reason.OURS_ONLY]
    amounts[Standing.NOT_COVERED] -= amounts[Reason.OURS_ONLY]
    names = [*(reason.value for reason in Reason), *(standing.value for standing in Standing)]
    return [Part(name, counts[name], amounts[name]) for name in names if counts[name] or amounts[name]]


def document_of(found: Reconciliation) -> Document:
    """Lay a reconciliation out: the sums, what stands between them, and each difference."""
    sums = found.sums
    lines = (
        ("Paid in, per statement", sums.paid_in.count, sums.paid_in.amount),
        ("Paid in, per our books", sums.booked.count, sums.booked.amount),
        *((f"Explained: {part.name}", part.count, part.amount) for part in found.parts),
        ("Rest", 0, found.rest),
        ("Given back, per statement", sums.given_back.count, sums.given_back.amount),
        ("Given back, per our books", sums.refunded.count, sums.refunded.amount),
        ("Fees, per statement", sums.fees.count, sums.fees.amount),
        ("Fees, per our books", sums.fees_booked.count, sums.fees_booked.amount),
        ("Other movements, per statement", sums.others.count, sums.others.amount),
        ("Other movements, per our books", sums.others_booked.count, sums.others_booked.amount),
    )
    totals = Table((Column("What"), Column("Lines", Kind.INTEGER), Column("Amount", Kind.MONEY)), lines, title="Totals")
    columns = (
        Column("Day", Kind.DATE),
        Column("Time"),
        Column("Receipt"),
        Column("Reason"),
        Column("Fix"),
        Column("Amount", Kind.MONEY),
    )
    rows = tuple(_row(one) for one in found.differences)
    return Document(
        name=f"reconciliation-{found.shortcode}-{found.first_day}-{found.last_day}",
        title=f"M-PESA statement of {found.shortcode} against the books",
        shop=found.shop,
        lines=(f"{found.first_day} to {found.last_day}",),
        tables=(totals, Table(columns, rows, title="Differences")),
    )


def _row(one: Finding) -> tuple[date, str, str, str, str, Decimal]:
    at = one.at.astimezone(SHOP_TIME)
    return at.date(), f"{at:%H:%M:%S}", one.receipt, one.reason.value, one.fix.value, one.amount
