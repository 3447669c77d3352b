"""Refusals of reconciliation."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import NotFound


@dataclass(eq=False)
class InvariantUnknown(NotFound):
    """No invariant has this id."""

    code = "invariant_unknown"
    title = "There is no such invariant."
    advice = "Take one of the ids in known."
    invariant: str
    known: tuple[str, ...]


@dataclass(eq=False)
class RunNotFound(NotFound):
    """No such run in this business."""

    code = "run_not_found"
    title = "There is no such run."
    advice = "List the runs of the business and take an id from there; those of long ago are not kept."
    run_id: UUID
