"""Facts of issues; the subject is the issue."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class IssueOpened(Event):
    """A verification found that the books disagree."""

    kind: str
    about: UUID
    detail: str


@dataclass(frozen=True)
class IssueAcknowledged(Event):
    """Somebody is looking at it."""

    kind: str
    about: UUID


@dataclass(frozen=True)
class IssueResolved(Event):
    """It was put right."""

    kind: str
    about: UUID
    resolution: str


@dataclass(frozen=True)
class IssueAccepted(Event):
    """It is lived with."""

    kind: str
    about: UUID
    resolution: str


@dataclass(frozen=True)
class IssueSettled(Event):
    """What it was about is gone, and nobody had to close it."""

    kind: str
    about: UUID
    resolution: str


@dataclass(frozen=True)
class IssueTaken(Event):
    """A member takes care of it, or nobody does any more."""

    kind: str
    about: UUID
    owner_before: UUID | None
    owner_after: UUID | None


@dataclass(frozen=True)
class IssueSeverityChanged(Event):
    """A person says that it is worse, or less bad, than its kind."""

    kind: str
    about: UUID
    before: str
    after: str
    reason: str
