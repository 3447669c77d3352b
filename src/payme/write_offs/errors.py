"""What is refused about giving debts up."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, Forbidden, NotFound


@dataclass(eq=False)
class WriteOffNotFound(NotFound):
    """No such write-off in this business."""

    code = "write_off_not_found"
    title = "There is no such write-off."
    advice = "Read the list of write-offs again."
    write_off_id: UUID


@dataclass(eq=False)
class WriteOffAsked(Conflict):
    """Somebody asked for the same already."""

    code = "write_off_asked"
    title = "Somebody asked already that this debt be given up."
    advice = "Decide on that request, or let whoever asked withdraw it."
    write_off_id: UUID


@dataclass(eq=False)
class WriteOffNotMovable(Conflict):
    """The write-off was decided on or withdrawn."""

    code = "write_off_not_movable"
    title = "This write-off is not waiting any more."
    advice = "Read it again; somebody else may have been quicker."
    write_off_id: UUID
    state: str
    wanted: str


@dataclass(eq=False)
class OwnWriteOff(Forbidden):
    """Who asked may not decide."""

    code = "own_write_off"
    title = "Somebody else must decide on a write-off that you asked for."
    advice = "Let the owner or another manager look at it."
    write_off_id: UUID


@dataclass(eq=False)
class NotYourWriteOff(Forbidden):
    """A request is withdrawn by who made it."""

    code = "not_your_write_off"
    title = "Somebody else asked for this write-off."
    advice = "Let them withdraw it, or reject it."
    write_off_id: UUID
