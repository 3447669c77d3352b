"""Words of issues."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


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
