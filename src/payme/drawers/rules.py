"""Pure decisions of drawers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from payme.documents import Column, Document, Kind, Table
from payme.drawers.errors import (
    CashShort,
    CountUnclear,
    DayClosed,
    DayEmpty,
    DayNotBegun,
    DrawerNeeded,
    DrawerNotCounted,
    DrawerNotOpen,
    DrawersNotClosed,
    DrawerUnclear,
    EarlierDayOpen,
    TillOccupied,
    TooManyCashMoves,
    TooManyDrawers,
)
from payme.drawers.models import (
    CashMove,
    Count,
    DayStanding,
    Desk,
    Drawer,
    DrawerRules,
    DrawerTotal,
    OpenDrawer,
    Report,
    ReportHead,
)
from payme.drawers.types import (
    APPROVES,
    BY_HAND_MAX,
    DENOMINATIONS,
    MOVES,
    OPEN_MAX,
    CashPurpose,
    DrawerMode,
    DrawerState,
    MovementKind,
    Tender,
)
from payme.identity import PERMISSIONS, Member
from payme.kit.days import SHOP_TIME
from payme.kit.money import ZERO

DEFAULTS = DrawerRules(DrawerMode.OFF, Decimal(2), ZERO, Decimal("0.5"), ZERO)
_ONE_DAY = timedelta(days=1)


def choose(desk: Desk, asked: UUID | None, of_sale: UUID | None, user_id: UUID | None) -> OpenDrawer | None:
    """Say which drawer money goes into: the one asked for, the person's own, the sale's, the only one that is open.

    None where no drawer is open and the shop asks for none, or opens one by itself; and where the shop asks for none
    and it is not clear which. Raises DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    """
    if asked is not None:
        for drawer in desk.drawers:
            if drawer.id == asked:
                return drawer
        raise DrawerNotOpen(drawer_id=asked)
    mine = own(desk, user_id)
    if mine is not None:
        return mine
    likely = [drawer for drawer in desk.drawers if drawer.id == of_sale]
    if likely or len(desk.drawers) == 1:
        return (likely or desk.drawers)[-1]
    if desk.mode is DrawerMode.OFF:
        return None
    if desk.drawers:
        raise DrawerUnclear(
            tills=[drawer.till for drawer in desk.drawers], drawer_ids=[drawer.id for drawer in desk.drawers]
        )
    if desk.mode is DrawerMode.REQUIRED:
        raise DrawerNeeded
    return None


def own(desk: Desk, user_id: UUID | None) -> OpenDrawer | None:
    """Return the drawer that a person opened last; None where there is none, or nobody."""
    mine = [drawer for drawer in desk.drawers if user_id is not None and drawer.opened_by == user_id]
    return mine[-1] if mine else None


def may_open(desk: Desk, till: str) -> None:
    """Let another drawer be opened; raises TillOccupied, TooManyDrawers."""
    for drawer in desk.drawers:
        if drawer.till == till:
            raise TillOccupied(till=till, drawer_id=drawer.id)
    if len(desk.drawers) >= OPEN_MAX:
        raise TooManyDrawers(most=OPEN_MAX)


def day_of(today: date, days_closed_until: date | None) -> date:
    """Return the day that a drawer belongs to: today, or the next where today is closed already."""
    return today if days_closed_until is None else max(today, days_closed_until + _ONE_DAY)


def check_day(day: date, today: date, closed_until: date | None, standing: DayStanding) -> datetime:
    """Let a business day be closed, and return when it began.

    Raises DayNotBegun, DayClosed, EarlierDayOpen, DrawersNotClosed, DayEmpty.
    """
    if closed_until is not None and day <= closed_until:
        raise DayClosed(business_day=day, closed_until=closed_until)
    if day > today:
        raise DayNotBegun(business_day=day)
    if standing.earlier_day is not None:
        raise EarlierDayOpen(business_day=standing.earlier_day)
    if standing.waiting:
        raise DrawersNotClosed(drawer_ids=standing.waiting)
    if standing.opened_at is None:
        raise DayEmpty(business_day=day)
    return standing.opened_at


def report_of(drawer: Drawer, report_id: UUID, number: int | None, at: datetime) -> ReportHead:
    """Write the head of a drawer's report: a Z report where it has a number, else an X report."""
    return ReportHead(
        id=report_id,
        number=number,
        business_day=drawer.business_day,
        drawer_id=drawer.id,
        till=drawer.till,
        drawers=1,
        opened_by=drawer.opened_by,
        opened_at=drawer.opened_at,
        counted_by=drawer.counted_by,
        approved_by=drawer.approved_by,
        reason=drawer.reason,
        created_at=at,
    )


def move(drawer: Drawer, target: DrawerState) -> DrawerState:
    """Return the target state where the move is legal; raises DrawerNotOpen, DrawerNotCounted."""
    if target not in MOVES[drawer.state]:
        if target is DrawerState.COUNTED:
            raise DrawerNotOpen(drawer_id=drawer.id)
        raise DrawerNotCounted(drawer_id=drawer.id, state=drawer.state)
    return target


def check_cash_move(drawer: Drawer, cash: DrawerTotal, wanted: CashMove, made: int) -> Decimal:
    """Return what should be in the drawer afterwards; raises DrawerNotOpen, TooManyCashMoves, CashShort."""
    if drawer.state is not DrawerState.OPEN:
        raise DrawerNotOpen(drawer_id=drawer.id)
    if made >= BY_HAND_MAX:
        raise TooManyCashMoves(most=BY_HAND_MAX)
    if wanted.kind is MovementKind.CASH_IN:
        return cash.expected + wanted.amount
    if wanted.amount > cash.expected:
        raise CashShort(wanted=wanted.amount, expected=cash.expected)
    return cash.expected - wanted.amount


def purpose_of(wanted: CashMove) -> CashPurpose:
    """Say where cash goes or comes from: what was not said to be for anything else was spent, or is the owner's."""
    if wanted.purpose is not None:
        return wanted.purpose
    return CashPurpose.EXPENSE if wanted.kind is MovementKind.CASH_OUT else CashPurpose.OWNER


def counted_of(count: Count) -> dict[Tender, Decimal]:
    """Add a count up by tender; what customers owe cannot be counted. Raises CountUnclear."""
    seen: set[Decimal] = set()
    for denomination, _ in count.pieces:
        if denomination in seen or denomination not in DENOMINATIONS:
            raise CountUnclear(denomination=denomination)
        seen.add(denomination)
    cash = sum((denomination * pieces for denomination, pieces in count.pieces), ZERO)
    return {Tender.CASH: cash, Tender.MPESA: count.mpesa}


def with_count(totals: Sequence[DrawerTotal], counted: Mapping[Tender, Decimal]) -> list[DrawerTotal]:
    """Put what was counted beside what should be there; what nobody can count is taken as it is."""
    return [replace(total, counted=counted.get(total.tender, total.expected)) for total in totals]


def is_within(totals: Sequence[DrawerTotal], counted: Mapping[Tender, Decimal], agreed: DrawerRules) -> bool:
    """Say whether a count differs by no more than it may, in each tender."""
    allowed = {
        Tender.CASH: (agreed.cash_percent, agreed.cash_allowance),
        Tender.MPESA: (agreed.mpesa_percent, agreed.mpesa_allowance),
    }
    for total in totals:
        if total.tender in counted:
            percent, allowance = allowed[total.tender]
            differs = abs(counted[total.tender] - total.expected)
            if differs > allowance and differs * 100 > abs(total.expected) * percent:
                return False
    return True


def others_who_may(members: Sequence[Member], user_id: UUID | None) -> bool:
    """Say whether anybody else in the shop may approve a count."""
    return any(member.user_id != user_id and APPROVES in PERMISSIONS[member.role] for member in members)


_TENDERS = {Tender.CASH: "Cash", Tender.MPESA: "M-PESA", Tender.ACCOUNT: "On account"}
_COLUMNS = (Column("KES"), Column("Amount", Kind.MONEY))


def document_of(report: Report) -> Document:
    """Write a report as a document, one narrow table a tender: it fits a roll of 58 mm."""
    head = report.head
    title = "X report" if head.number is None else f"Z report {head.number}"
    place = head.till if head.drawer_id else f"Drawers: {head.drawers}"
    lines = [
        f"Business day {head.business_day:%d.%m.%Y}",
        place,
        f"From {head.opened_at.astimezone(SHOP_TIME):%d.%m.%Y %H:%M}",
        f"To {head.created_at.astimezone(SHOP_TIME):%d.%m.%Y %H:%M}",
    ]
    notes = ["Not closed yet: the figures still change."] if head.number is None else []
    if head.reason:
        notes.append(f"Approved: {head.reason}")
    if report.seal is not None:
        notes.append(f"Audit seal {report.seal.number} {report.seal.digest.hex()[:12]}")
    return Document(
        name=title.lower().replace(" ", "-"),
        title=title,
        shop=report.shop,
        lines=tuple(lines),
        tables=tuple(_table_of(total) for total in report.totals),
        notes=tuple(notes),
    )


def _table_of(total: DrawerTotal) -> Table:
    figures = (
        ("Float", total.opening_float),
        (f"Sales ({total.takings})", total.sold),
        ("Repayments", total.repaid),
        ("Cash in", total.cash_in),
        ("Cash out", -total.cash_out),
        ("Cancelled", -total.cancelled),
        ("Returned", -total.returned),
        ("Refunded", -total.refunded),
    )
    ends = (("Expected", total.expected), ("Counted", total.counted), ("Difference", total.variance))
    return Table(
        columns=_COLUMNS,
        rows=tuple((name, amount) for name, amount in figures if amount),
        totals=tuple((name, amount) for name, amount in ends if amount is not None),
        title=_TENDERS[total.tender],
    )


def told(agreed: DrawerRules) -> tuple[str, ...]:
    """Write the settings down for the audit."""
    return (
        agreed.mode,
        f"cash {agreed.cash_percent} % or {agreed.cash_allowance}",
        f"mpesa {agreed.mpesa_percent} % or {agreed.mpesa_allowance}",
    )
