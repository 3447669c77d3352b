"""Pure decisions of drawers."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from payme.drawers.errors import (
    CashShort,
    CountUnclear,
    DrawerNeeded,
    DrawerNotCounted,
    DrawerNotOpen,
    DrawerUnclear,
    OwnCount,
    TillOccupied,
    TooManyCashMoves,
    TooManyDrawers,
)
from payme.drawers.models import CashMove, Count, Desk, Drawer, DrawerRules, DrawerTotal, OpenDrawer
from payme.drawers.types import (
    BY_HAND_MAX,
    DENOMINATIONS,
    MOVES,
    OPEN_MAX,
    DrawerMode,
    DrawerState,
    MovementKind,
    Tender,
)
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
    own = [drawer for drawer in desk.drawers if user_id is not None and drawer.opened_by == user_id]
    likely = own or [drawer for drawer in desk.drawers if drawer.id == of_sale]
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


def counted_of(count: Count) -> dict[Tender, Decimal]:
    """Add a count up by tender; what customers owe cannot be counted. Raises CountUnclear."""
    seen: set[Decimal] = set()
    for denomination, _ in count.pieces:
        if denomination in seen or denomination not in DENOMINATIONS:
            raise CountUnclear(denomination=denomination)
        seen.add(denomination)
    cash = sum((denomination * pieces for denomination, pieces in count.pieces), ZERO)
    return {Tender.CASH: cash, Tender.MPESA: count.mpesa}


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


def check_approver(drawer: Drawer, user_id: UUID | None) -> None:
    """Raise OwnCount where who counted would approve."""
    if drawer.counted_by == user_id:
        raise OwnCount(drawer_id=drawer.id)


def told(agreed: DrawerRules) -> tuple[str, ...]:
    """Write the settings down for the audit."""
    return (
        agreed.mode,
        f"cash {agreed.cash_percent} % or {agreed.cash_allowance}",
        f"mpesa {agreed.mpesa_percent} % or {agreed.mpesa_allowance}",
    )
