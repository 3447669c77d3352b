"""What is refused about adjustments."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, Forbidden, NotFound


@dataclass(eq=False)
class AdjustmentNotFound(NotFound):
    """No such adjustment in this business."""

    code = "adjustment_not_found"
    title = "There is no such adjustment."
    advice = "Read the list of adjustments again."
    adjustment_id: UUID


@dataclass(eq=False)
class AdjustmentAsked(Conflict):
    """Somebody asked for the same already."""

    code = "adjustment_asked"
    title = "Somebody asked already that this difference be put right."
    advice = "Decide on that request, or let whoever asked withdraw it."
    adjustment_id: UUID


@dataclass(eq=False)
class AdjustmentNotMovable(Conflict):
    """The adjustment was decided on or withdrawn."""

    code = "adjustment_not_movable"
    title = "This adjustment is not waiting any more."
    advice = "Read it again; somebody else may have been quicker."
    adjustment_id: UUID
    state: str
    wanted: str


@dataclass(eq=False)
class OwnAdjustment(Forbidden):
    """Who asked may not decide."""

    code = "own_adjustment"
    title = "Somebody else must decide on an adjustment that you asked for."
    advice = "Let the owner or another manager look at it."
    adjustment_id: UUID


@dataclass(eq=False)
class NotYourAdjustment(Forbidden):
    """A request is withdrawn by who made it."""

    code = "not_your_adjustment"
    title = "Somebody else asked for this adjustment."
    advice = "Let them withdraw it, or reject it."
    adjustment_id: UUID
