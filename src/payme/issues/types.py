"""Words and figures of issues."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

NOTE_MAX: Final = 500
FIGURES_DAYS_MAX: Final = 366


class IssueState(StrEnum):
    """Where an issue stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ACCEPTED = "accepted"


ISSUE_MOVES: Mapping[IssueState, frozenset[IssueState]] = MappingProxyType(
    {
        IssueState.OPEN: frozenset({IssueState.ACKNOWLEDGED}),
        IssueState.ACKNOWLEDGED: frozenset({IssueState.RESOLVED, IssueState.ACCEPTED}),
        IssueState.RESOLVED: frozenset(),
        IssueState.ACCEPTED: frozenset(),
    }
)
"""A person's legal moves: they look first, then it is put right, or lived with. What settles the cause resolves it."""

STANDS_OPEN: Final = frozenset({IssueState.OPEN, IssueState.ACKNOWLEDGED})


class Severity(StrEnum):
    """How soon somebody must look; the order is the order."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


ESCALATES_AFTER: Mapping[Severity, timedelta] = MappingProxyType(
    {
        Severity.CRITICAL: timedelta(minutes=15),
        Severity.HIGH: timedelta(hours=2),
        Severity.MEDIUM: timedelta(hours=24),
    }
)
"""After which time without an acknowledgement people are told once more; of what is low they are not."""


RETOLD_AFTER: Final = timedelta(minutes=5)
"""Nobody is told twice of one issue in less, however late the first time was."""


class Told(StrEnum):
    """What the people of the business were told of an issue last."""

    NOTHING = "nothing"
    OPENED = "opened"
    ESCALATED = "escalated"
    ENDED = "ended"


class Step(StrEnum):
    """What was done with an issue after it was opened."""

    ACKNOWLEDGED = "acknowledged"
    TAKEN = "taken"
    SEVERITY = "severity"
    NOTED = "noted"
    RESOLVED = "resolved"
    ACCEPTED = "accepted"
    SETTLED = "settled"
