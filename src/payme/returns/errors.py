"""What returns and voids refuse."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from payme.kit.errors import Conflict, Forbidden, NotFound


@dataclass(eq=False)
class ReturnNotFound(NotFound):
    """No such return in this business."""

    code = "return_not_found"
    title = "There is no such return."
    advice = "Read the list of returns again."
    return_id: UUID


@dataclass(eq=False)
class VoidNotFound(NotFound):
    """No such void in this business."""

    code = "void_not_found"
    title = "There is no such void."
    advice = "Read the list of voids again."
    void_id: UUID


@dataclass(eq=False)
class SaleNotVoidable(Conflict):
    """Only a completed sale of which nothing came back can be voided."""

    code = "sale_not_voidable"
    title = "This sale cannot be voided."
    advice = "Cancel a sale that is still open; of a sale with returns, take the rest back as a return."
    sale_id: UUID
    state: str


@dataclass(eq=False)
class VoidTooLate(Conflict):
    """A sale is voided on the shop's day on which it was completed, so that an ended day never changes."""

    code = "void_too_late"
    title = "This sale is of another day and cannot be voided any more."
    advice = "Take the goods back as a return; it counts on today."
    sale_id: UUID
    completed_on: date
    today: date


@dataclass(eq=False)
class VoidAsked(Conflict):
    """Somebody asked for it already, and nobody has decided yet."""

    code = "void_asked"
    title = "Somebody asked to void this sale already."
    advice = "Let somebody else approve or reject it, or withdraw it first."
    void_id: UUID


@dataclass(eq=False)
class VoidNotMovable(Conflict):
    """The void is decided."""

    code = "void_not_movable"
    title = "This void is decided already."
    advice = "Read the void again; somebody else may have been quicker."
    void_id: UUID
    state: str
    wanted: str


@dataclass(eq=False)
class OwnVoid(Forbidden):
    """Who asked for a void may not decide on it."""

    code = "own_void"
    title = "Somebody else must decide on a void that you asked for."
    advice = "Let the owner or another manager look at it; an owner may set a higher limit for voids by one person."
    void_id: UUID


@dataclass(eq=False)
class NotYourVoid(Forbidden):
    """A request is withdrawn by who made it."""

    code = "not_your_void"
    title = "Somebody else asked for this void."
    advice = "Let them withdraw it, or reject it."
    void_id: UUID
