"""What callbacks refuses."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, NotFound, Unavailable


@dataclass(eq=False)
class CallbackNotFound(NotFound):
    """No such callback in this business."""

    code = "callback_not_found"
    title = "There is no such callback."
    advice = "Check the callback's id in the list of callbacks."
    callback_id: UUID


@dataclass(eq=False)
class CallbackNotMovable(Conflict):
    """What is wanted of the callback is not possible in its state."""

    code = "callback_not_movable"
    title = "This callback is not in a state that allows this."
    advice = "Read it again: dead ones can be replayed, quarantined ones applied or rejected."
    callback_id: UUID
    state: str
    wanted: str


@dataclass(eq=False)
class CallbackNotKept(Unavailable):
    """Neither the database nor the disk could take a callback."""

    code = "callback_not_kept"
    title = "The callback could not be kept."
    advice = "Send it again later; whoever runs this server must look at its database and its disk."
