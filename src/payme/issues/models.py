"""Rows of issues."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payme.issues.types import IssueState, Severity, Step, Told


@dataclass(frozen=True, slots=True)
class Issue:
    """One disagreement, or one thing that a person must look at; ``subject_id`` is what it is about."""

    id: UUID
    kind: str
    severity: Severity
    state: IssueState
    subject_id: UUID
    facts: dict[str, object]
    resolution: str
    owner_id: UUID | None
    """The member who takes care of it."""
    times_seen: int
    last_seen_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    closed_by: UUID | None
    """None also where it closed by itself."""
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
    """Issues of one kind and severity that nobody has closed, and for how long one waits to be acknowledged."""

    kind: str
    severity: Severity
    count: int
    unseen_age_s: float
    """Of the oldest that nobody acknowledged; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class IssueKind:
    """What is known of a kind before any issue of it: how bad it is, what it says, and the page that says what to do.

    ``sentence`` and ``sentence_sw`` are in the shop's words, English and Swahili; ``runbook`` is a file of
    docs/runbooks without its ending.
    """

    severity: Severity
    runbook: str
    sentence: str
    sentence_sw: str


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Which issues to list."""

    state: IssueState | None = None
    is_open: bool | None = None
    severity: Severity | None = None
    kind: str | None = None
    owner_id: UUID | None = None
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that was done with an issue; ``before`` and ``after`` where something changed."""

    id: UUID
    step: Step
    actor_id: UUID | None
    actor: str
    note: str
    before: str
    after: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewStep:
    """One thing that is being done with an issue."""

    step: Step
    note: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class SeverityFigures:
    """How issues of one severity fared that were opened in a period; the times are medians and ninth deciles."""

    severity: Severity
    opened: int
    acknowledged: int
    resolved: int
    accepted: int
    settled: int
    """Of the resolved those that closed by themselves."""
    open_now: int
    acknowledge_s: float | None
    acknowledge_slow_s: float | None
    close_s: float | None
    close_slow_s: float | None


@dataclass(frozen=True, slots=True)
class IssueFigures:
    """How issues fared that were opened since an instant."""

    since: datetime
    severities: list[SeverityFigures]


@dataclass(frozen=True, slots=True)
class Untold:
    """An issue of which people are to be told: what it is now, and what they were told last."""

    id: UUID
    kind: str
    severity: Severity
    state: IssueState
    subject_id: UUID
    resolution: str
    told: Told
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told of an issue now, in order, and when it is looked at again."""

    issue: Untold
    words: tuple[Told, ...]
    told: Told
    due_at: datetime | None
