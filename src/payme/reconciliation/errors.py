"""Refusals of reconciliation."""

from dataclasses import dataclass

from payme.kit.errors import NotFound


@dataclass(eq=False)
class InvariantUnknown(NotFound):
    """No invariant has this id."""

    code = "invariant_unknown"
    title = "There is no such invariant."
    advice = "Take one of the ids in known."
    invariant: str
    known: tuple[str, ...]
