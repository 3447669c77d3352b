"""What drawers refuses."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, Forbidden, Invalid, NotFound


@dataclass(eq=False)
class DrawerNotFound(NotFound):
    """No such drawer in this business."""

    code = "drawer_not_found"
    title = "There is no such drawer."
    advice = "Read the list of drawers again."
    drawer_id: UUID


@dataclass(eq=False)
class DrawerNeeded(Conflict):
    """This shop takes no money without an open drawer."""

    code = "drawer_needed"
    title = "No cash drawer is open."
    advice = "Open a drawer with the cash that is in it, then send the same again."


@dataclass(eq=False)
class DrawerUnclear(Conflict):
    """Several drawers are open and none is this person's."""

    code = "drawer_unclear"
    title = "Several cash drawers are open, and none of them is yours."
    advice = "Name the drawer that the money goes into, or open one of your own."
    tills: list[str]
    drawer_ids: list[UUID]


@dataclass(eq=False)
class DrawerNotOpen(Conflict):
    """Money goes only into a drawer that is open."""

    code = "drawer_not_open"
    title = "This drawer is not open any more."
    advice = "Open a new drawer, or name another one that is open."
    drawer_id: UUID


@dataclass(eq=False)
class TillOccupied(Conflict):
    """One drawer at a time is open at a till."""

    code = "till_occupied"
    title = "A drawer is open at this till already."
    advice = "Count and close it first, or open yours under another till's name."
    till: str
    drawer_id: UUID


@dataclass(eq=False)
class TooManyDrawers(Conflict):
    """More drawers are open than a shop has tills."""

    code = "too_many_drawers"
    title = "Too many drawers are open."
    advice = "Count and close those that are not used any more."
    most: int


@dataclass(eq=False)
class CashShort(Conflict):
    """More is taken out than should be in the drawer."""

    code = "cash_short"
    title = "There should be less cash in the drawer than that."
    advice = "Take out at most what should be there; if more is there, count the drawer."
    wanted: Decimal
    expected: Decimal


@dataclass(eq=False)
class TooManyCashMoves(Conflict):
    """Cash went in and out of this drawer by hand more often than can be looked through."""

    code = "too_many_cash_moves"
    title = "Cash was moved by hand too often in this drawer."
    advice = "Count and close the drawer, and open a new one."
    most: int


@dataclass(eq=False)
class DrawerNotCounted(Conflict):
    """Only a drawer that was counted waits to be approved."""

    code = "drawer_not_counted"
    title = "This drawer does not wait for approval."
    advice = "Read the drawer again; it may be open still, or closed already."
    drawer_id: UUID
    state: str


@dataclass(eq=False)
class ReportNotFound(NotFound):
    """No such report in this business."""

    code = "report_not_found"
    title = "There is no such report."
    advice = "Read the list of reports again."
    report_id: UUID


@dataclass(eq=False)
class DayNotBegun(Invalid):
    """A day that has not come yet cannot be closed."""

    code = "day_not_begun"
    title = "This day has not begun."
    advice = "Close today, or a day before it."
    business_day: date


@dataclass(eq=False)
class DayClosed(Conflict):
    """The report of this day, or of a later one, is written."""

    code = "day_closed"
    title = "This day is closed already."
    advice = "Read its report; drawers that are opened now belong to the next day."
    business_day: date
    closed_until: date


@dataclass(eq=False)
class DayEmpty(Conflict):
    """No drawer was closed on this day."""

    code = "day_empty"
    title = "No drawer was closed on this day."
    advice = "Count a drawer first; a day without drawers has nothing to report."
    business_day: date


@dataclass(eq=False)
class EarlierDayOpen(Conflict):
    """Days are closed in order."""

    code = "earlier_day_open"
    title = "An earlier day is not closed yet."
    advice = "Close that day first."
    business_day: date


@dataclass(eq=False)
class DrawersNotClosed(Conflict):
    """A day is closed when all of its drawers are."""

    code = "drawers_not_closed"
    title = "Drawers of this day are not closed."
    advice = "Count each of them, and approve what differs; then close the day."
    drawer_ids: list[UUID]


@dataclass(eq=False)
class OwnCount(Forbidden):
    """Who counted may not approve what is missing."""

    code = "own_count"
    title = "Somebody else must approve a count of yours that differs."
    advice = "Let another manager or the owner look at it."
    drawer_id: UUID


@dataclass(eq=False)
class CountUnclear(Invalid):
    """A note or coin stands in the count twice, or is none of Kenya's."""

    code = "count_unclear"
    title = "The count names a note or coin twice, or one that there is not."
    advice = "Count each of them once: 1000, 500, 200, 100, 50, 40, 20, 10, 5, 1 and 0.50."
    denomination: Decimal
