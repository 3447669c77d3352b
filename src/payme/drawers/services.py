"""Commands of drawers: open, choose, count what goes in and out, count what is there, close."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme import identity
from payme.drawers import queries, repository, rules
from payme.drawers.errors import DrawerNotFound, OwnCount
from payme.drawers.events import (
    CashMoved,
    DayReported,
    DrawerClosed,
    DrawerCounted,
    DrawerOpened,
    DrawerRulesChanged,
    MoneyAfterClosing,
    MoneyCounted,
    TenderCounted,
)
from payme.drawers.models import (
    CashMove,
    Count,
    Desk,
    Drawer,
    DrawerRules,
    DrawerTotal,
    DrawerView,
    Movement,
    OpenDrawer,
    Report,
    ReportHead,
)
from payme.drawers.types import DEFAULT_TILL, MEMBERS_MAX, DrawerMode, DrawerState, MovementKind, Tender
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO


def look_up(tx: Tx) -> None:
    """Let the next read take along which drawers are open; ``choose`` then costs no round trip."""
    repository.look_up(tx)


async def choose(tx: Tx, asked: UUID | None = None, *, of_sale: UUID | None = None) -> OpenDrawer | None:
    """Say which drawer money goes into or comes out of, after ``look_up``; None where this shop keeps no drawers.

    None, too, where nobody stands at a till: an import trades what was paid long ago.
    Locks: none. Raises: DrawerNotOpen, DrawerUnclear, DrawerNeeded. Emits: DrawerOpened where one opens by itself.
    """
    desk = await repository.looked_up(tx)
    if asked is None and of_sale is None and tx.actor.user_id is None:
        return None
    drawer = rules.choose(desk, asked, of_sale, tx.actor.user_id)
    if drawer is None and desk.mode is DrawerMode.AUTOMATIC:
        opened = _open(tx, desk, DEFAULT_TILL, ZERO, automatic=True)
        return OpenDrawer(opened.id, opened.till, opened.opened_by)
    return drawer


async def choose_own(tx: Tx) -> OpenDrawer | None:
    """Return the drawer that whoever acts has opened, after ``look_up``; None where there is none, which is no matter.

    For money that is put in its place at a desk, long after it came. Locks: none. Raises: nothing. Emits: nothing.
    """
    return rules.own(await repository.looked_up(tx), tx.actor.user_id)


async def current(tx: Tx, asked: UUID | None = None) -> OpenDrawer | None:
    """Do as ``look_up`` and ``choose``, for who has no read that would take it along."""
    look_up(tx)
    return await choose(tx, asked)


def count(tx: Tx, drawer: OpenDrawer | None, movement: Movement) -> None:
    """Count money in the drawer that was chosen for it; without one nothing is counted.

    The totals are written with everything else at the end, so their row is held for one round trip. Where the drawer
    was counted since it was chosen, the transaction begins again and chooses anew.
    Locks: none. Raises: nothing. Emits: MoneyCounted; of cash of a payment nothing, because CashTaken names the drawer.
    """
    if drawer is not None and movement.amount:
        _count(tx, drawer.id, movement)


def _count(tx: Tx, drawer_id: UUID, movement: Movement) -> None:
    repository.insert_movement(tx, drawer_id, movement, business_day(tx.now), after_closing=False)
    repository.add_to_totals(tx, drawer_id, movement)
    if not movement.is_cash_of_payment:
        assert movement.source_id is not None, "money comes from somewhere"  # noqa: S101
        tx.emit(MoneyCounted(drawer_id, movement.source_id, movement.tender, movement.kind, movement.amount))


async def count_for_sale(tx: Tx, drawer_id: UUID | None, movement: Movement) -> None:
    """Count money that belongs to the drawer of a sale, or of a prompt for debts; once closed, it counts on none.

    Locks: none. Raises: nothing. Emits: MoneyCounted or MoneyAfterClosing.
    """
    if drawer_id is None or not movement.amount:
        return
    if await queries.is_open(tx, drawer_id):
        _count(tx, drawer_id, movement)
        return
    repository.insert_movement(tx, drawer_id, movement, business_day(tx.now), after_closing=True)
    assert movement.source_id is not None, "money comes from somewhere"  # noqa: S101
    tx.emit(MoneyAfterClosing(drawer_id, movement.source_id, movement.tender, movement.kind, movement.amount))


async def open_drawer(tx: Tx, till: str, opening_float: Decimal) -> DrawerView:
    """Open a drawer at a till, with the cash that is in it.

    Locks: none; of two who open one till, the second begins again. Raises: TillOccupied, TooManyDrawers.
    Emits: DrawerOpened.
    """
    repository.look_up(tx)
    desk = await repository.looked_up(tx)
    rules.may_open(desk, till)
    drawer = _open(tx, desk, till, opening_float, automatic=False)
    return await queries.get_view(tx, drawer.id)


def _open(tx: Tx, desk: Desk, till: str, opening_float: Decimal, *, automatic: bool) -> Drawer:
    drawer = Drawer(
        id=tx.new_id(),
        till=till,
        state=DrawerState.OPEN,
        opening_float=opening_float,
        business_day=rules.day_of(business_day(tx.now), desk.days_closed_until),
        opened_by=tx.actor.user_id,
        opened_at=tx.now,
        counted_by=None,
        counted_at=None,
        denominations=[],
        pieces=[],
        approved_by=None,
        reason="",
        closed_at=None,
        z_number=None,
    )
    repository.insert_drawer(tx, drawer)
    if opening_float:
        movement = Movement(Tender.CASH, MovementKind.FLOAT, opening_float, None)
        repository.insert_movement(tx, drawer.id, movement, business_day(tx.now), after_closing=False)
    tx.emit(DrawerOpened(drawer.id, till, opening_float, automatic))
    return drawer


async def move_cash(tx: Tx, drawer_id: UUID, wanted: CashMove) -> DrawerView:
    """Put cash into a drawer or take it out, with a reason; never more than should be there.

    Locks: DRAWER, DRAWER_TOTAL. Raises: DrawerNotFound, DrawerNotOpen, TooManyCashMoves, CashShort. Emits: CashMoved.
    """
    drawer = await _lock(tx, drawer_id)
    totals = await repository.lock_totals(tx, drawer_id)
    (cash,) = [total for total in totals if total.tender is Tender.CASH]
    after = rules.check_cash_move(drawer, cash, wanted, await queries.count_moves_by_hand(tx, drawer_id))
    purpose = rules.purpose_of(wanted)
    movement = Movement(Tender.CASH, wanted.kind, wanted.amount, None, wanted.reason, purpose)
    repository.insert_movement(tx, drawer_id, movement, business_day(tx.now), after_closing=False)
    repository.add_to_totals(tx, drawer_id, movement)
    tx.emit(CashMoved(drawer_id, wanted.kind, wanted.amount, wanted.reason, purpose, cash.expected, after))
    return await queries.get_view(tx, drawer_id)


async def count_drawer(tx: Tx, drawer_id: UUID, found: Count) -> DrawerView:
    """Write down what somebody found in a drawer: it takes no more money, and closes if little enough differs.

    Nothing is added up here, so it takes as long after ten sales as after fifty thousand.
    Locks: DRAWER, DRAWER_TOTAL, DRAWER_BOOK. Raises: DrawerNotFound, DrawerNotOpen, CountUnclear.
    Emits: DrawerCounted, DrawerClosed.
    """
    counted = rules.counted_of(found)
    drawer = await _lock(tx, drawer_id)
    state = rules.move(drawer, DrawerState.COUNTED)
    totals = await repository.lock_totals(tx, drawer_id)
    agreed = await queries.get_rules(tx)
    within = rules.is_within(totals, counted, agreed)
    pieces = sorted(found.pieces, reverse=True)
    after = replace(
        drawer,
        state=state,
        counted_by=tx.actor.user_id,
        counted_at=tx.now,
        denominations=[denomination for denomination, _ in pieces],
        pieces=[how_many for _, how_many in pieces],
    )
    found_totals = rules.with_count(totals, counted)
    if within:
        after = await _closed(tx, after, found_totals)
    repository.freeze_totals(tx, drawer_id, found_totals)
    repository.update_drawer(tx, after)
    tenders = [
        TenderCounted(total.tender, total.expected, counted[total.tender])
        for total in totals
        if total.tender in counted
    ]
    tx.emit(DrawerCounted(drawer_id, tuple(tenders), within))
    return await queries.get_view(tx, drawer_id)


async def approve_count(tx: Tx, drawer_id: UUID, reason: str) -> DrawerView:
    """Close a drawer although more differs than may: another person than who counted, with a reason.

    Where nobody else in the shop may, who counted does it alone, and the audit says so.
    Locks: DRAWER, DRAWER_BOOK. Raises: DrawerNotFound, DrawerNotCounted, OwnCount. Emits: DrawerClosed.
    """
    drawer = await _lock(tx, drawer_id)
    rules.move(drawer, DrawerState.CLOSED)
    if drawer.counted_by == tx.actor.user_id:
        members = await identity.list_members(tx, None, MEMBERS_MAX)
        if rules.others_who_may(members, tx.actor.user_id):
            raise OwnCount(drawer_id=drawer_id)
    approved = replace(drawer, approved_by=tx.actor.user_id, reason=reason)
    closed = await _closed(tx, approved, await queries.list_totals(tx, drawer_id))
    repository.update_drawer(tx, closed)
    return await queries.get_view(tx, drawer_id)


async def _closed(tx: Tx, drawer: Drawer, totals: Sequence[DrawerTotal]) -> Drawer:
    number = await repository.next_z_number(tx)
    closed = replace(
        drawer,
        state=rules.move(drawer, DrawerState.CLOSED),
        business_day=rules.day_of(drawer.business_day, number.days_closed_until),
        closed_at=tx.now,
        z_number=number.last_z_number,
    )
    repository.insert_report(tx, rules.report_of(closed, tx.new_id(), number.last_z_number, tx.now), totals)
    alone = closed.approved_by is not None and closed.approved_by == closed.counted_by
    tx.emit(DrawerClosed(closed.id, number.last_z_number, closed.reason, alone))
    return closed


async def close_day(tx: Tx, day: date) -> Report:
    """Write the report of a business day: the sum of its drawers' reports. Days are closed in order, each once.

    Whoever opens a drawer from now on opens it for the next day.
    Locks: DRAWER_BOOK. Raises: DayNotBegun, DayClosed, EarlierDayOpen, DrawersNotClosed, DayEmpty. Emits: DayReported.
    """
    number = await repository.next_z_number(tx)
    standing = await queries.get_day_standing(tx, day, number.days_closed_until)
    opened_at = rules.check_day(day, business_day(tx.now), number.days_closed_until, standing)
    head = ReportHead(
        id=tx.new_id(),
        number=number.last_z_number,
        business_day=day,
        drawer_id=None,
        till="",
        drawers=standing.reports,
        opened_by=None,
        opened_at=opened_at,
        counted_by=None,
        approved_by=None,
        reason="",
        created_at=tx.now,
    )
    repository.insert_report(tx, head, await queries.add_day_up(tx, day))
    repository.close_until(tx, day)
    tx.emit(DayReported(head.id, day, number.last_z_number, standing.reports))
    return await queries.get_report(tx, head.id)


async def change_rules(tx: Tx, agreed: DrawerRules) -> DrawerRules:
    """Say how drawers work in this shop.

    Locks: DRAWER_BOOK. Raises: nothing. Emits: DrawerRulesChanged where it differs.
    """
    before = await queries.get_rules(tx)
    await repository.write_rules(tx, agreed)
    if agreed != before:
        tx.emit(DrawerRulesChanged(tx.business_id, rules.told(before), rules.told(agreed)))
    return agreed


async def _lock(tx: Tx, drawer_id: UUID) -> Drawer:
    drawer = await repository.lock_drawer(tx, drawer_id)
    if drawer is None:
        raise DrawerNotFound(drawer_id=drawer_id)
    return drawer
