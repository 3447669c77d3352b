"""Rows of alerts, and what is sent."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.alerts.types import AlertState, AlertWord, Channel, PlatformState
from payme.issues import Severity
from payme.sms import Language


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Who is told of what. No severity means that nobody is told this way; no address means the owners' own."""

    email_at_least: Severity | None
    emails: list[str] = field(repr=False)
    sms_at_least: Severity | None
    phones: list[str] = field(repr=False)
    sms_at_night: bool
    """Whether what is critical may ring in the quiet hours."""
    an_hour: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Issues of one kind that are to be told by one channel; the severity is that of the worst."""

    channel: Channel
    word: AlertWord
    kind: str
    severity: Severity
    issue_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Lately:
    """The last alert of a channel, word and kind; ``is_open`` where more issues may be told with it."""

    id: UUID
    channel: Channel
    word: AlertWord
    kind: str
    is_open: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to be written."""

    id: UUID
    wanted: Wanted
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """What people were told, or are to be told, by one channel."""

    id: UUID
    channel: Channel
    word: AlertWord
    kind: str
    severity: Severity
    state: AlertState
    issues: int
    tries: int
    due_at: datetime
    left_at: datetime | None
    ended_at: datetime | None
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DueAlert:
    """An alert whose time has come, with how its issues stand now."""

    id: UUID
    channel: Channel
    word: AlertWord
    kind: str
    severity: Severity
    issues: int
    tries: int
    open_issues: int
    first_at: datetime
    named: list[UUID]


@dataclass(frozen=True, slots=True)
class Shop:
    """Who an alert is about and what its SMS are written in."""

    name: str
    language: Language


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail; the same ``id`` is the same mail, however often it is sent."""

    id: UUID
    to: tuple[str, ...] = field(repr=False)
    subject: str
    text: str
    at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The mail server has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The mail server does not take it, and will not."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The mail server was not reached, or nobody knows what it did; it is sent again under the same id."""

    reason: str


MailOutcome = Taken | Refused | NotTaken
"""What became of sending a mail."""


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """Alerts of one business that wait, and those that failed in a day."""

    waiting: int
    failed: int


@dataclass(frozen=True, slots=True)
class Look:
    """How the whole server does."""

    worker_at: datetime | None
    """When the worker last said that it works; None where it never ran."""
    backup_at: datetime | None
    callback_at: datetime | None
    """Since when the oldest callback waits to be applied."""
    broken: dict[str, int]
    """Rules of the whole database that did not hold when they were last asked, with how many rows broke each."""
    anchors_failing_since: datetime | None
    """Since when a place outside does not take the heads of the audit."""
    anchors_failing: str | None
    """Which places, and what they say."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong with the whole server."""

    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class PlatformAlert:
    """A trouble of which the operator is to be told."""

    what: str
    id: UUID
    detail: str
    state: PlatformState
    tries: int
    since: datetime
