"""Rows of issues."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payme.issues.types import IssueState


@dataclass(frozen=True, slots=True)
class Issue:
    """One disagreement, or one thing that a person must look at; ``subject_id`` is what it is about."""

    id: UUID
    kind: str
    state: IssueState
    subject_id: UUID
    facts: dict[str, object]
    resolution: str
    times_seen: int
    last_seen_at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue that is to be opened unless one of its kind stands open for its subject."""

    kind: str
    subject_id: UUID
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class Settled:
    """What an issue of a kind was about is put right."""

    kind: str
    subject_id: UUID
    resolution: str


@dataclass(frozen=True, slots=True)
class OpenIssues:
    """Issues of one kind that nobody has closed."""

    kind: str
    count: int
