"""Words of reconciliation."""

from enum import StrEnum

WHOLE = "whole"
NIGHTLY = "nightly"


class RunKind(StrEnum):
    """What a run asks."""

    CHANGES = "changes"
    FULL = "full"


class RunState(StrEnum):
    """How far a run came."""

    RUNNING = "running"
    DONE = "done"
    ABANDONED = "abandoned"
