"""Words and figures of alerts."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

PEOPLE_MAX: Final = 5
"""Addresses, and numbers, that a business can have told."""
AN_HOUR_MAX: Final = 60
AN_HOUR: Final = 10
"""Alerts an hour and channel where nobody chose."""
WINDOW: Final = timedelta(minutes=10)
"""Of one kind people are told once in so long: what is opened meanwhile waits and is told together."""
HOUR: Final = timedelta(hours=1)
HELD: Final = timedelta(minutes=5)
"""When it is looked again whether an hour has room for an alert."""
LEASE: Final = timedelta(seconds=60)
"""How long an alert belongs to the worker that sends it; after that it is sent again, under the same id."""
WAITS: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""After which try what wait, where a mail server did not take an alert."""
RESTORED: Final = "restored"
"""Why an alert is withdrawn that waited when a backup was made: since then it may have left."""
AT_ONCE: Final = 100
"""Issues of which one transaction tells."""
NAMED: Final = 10
"""How many of its issues an alert names; of the others it has the number."""
LINE_MAX: Final = 900
"""How long a line of an e-mail is at the most, in octets; RFC 5322, 2.1.1 allows 998."""


class Channel(StrEnum):
    """How people are told."""

    EMAIL = "email"
    SMS = "sms"


class AlertWord(StrEnum):
    """What people are told of issues."""

    OPENED = "opened"
    ESCALATED = "escalated"


class AlertState(StrEnum):
    """Where an alert stands."""

    WAITING = "waiting"
    SENT = "sent"
    HANDED_OVER = "handed_over"
    """It stands among the SMS, which say what became of it."""
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    """Nobody was to be told any more, or there was nobody."""


class Part(StrEnum):
    """What says that it still works."""

    WORKER = "worker"
    BACKUP = "backup"


class PlatformState(StrEnum):
    """Where a trouble of the whole server stands."""

    WAITING = "waiting"
    TOLD = "told"
    OVER = "over"


WATCH_EVERY_S: Final = 30.0
SILENT_AFTER: Final = timedelta(minutes=5)
"""After so long without a beat the worker counts as silent, and a callback as left lying."""
ANCHORS_FAILING_AFTER: Final = timedelta(hours=6)
BACKUP_OLD_AFTER: Final = timedelta(hours=26)
TOLD_AGAIN: Final = timedelta(days=1)
