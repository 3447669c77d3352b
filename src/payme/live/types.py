"""Figures and words of live status."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SALES_MAX: Final = 100
PAYMENTS_MAX: Final = 100
"""How many of each a till is shown, the newest."""
RECENT_S: Final = 600
"""How long a till still sees a sale or a payment that ended (seconds)."""
NOTICE_IDS_MAX: Final = 50
"""Payments that one notice names; more, and it names only the business."""
UNCLAIMED_MAX: Final = 100
WAITING_S: Final = 86_400
"""How long a till is shown money that waits to be claimed (seconds); what waits longer stays in its list."""
LOOKS_AT_ONCE: Final = 3
"""Database sessions of a process that streams may use, so that sales always find one."""


class StreamEvent(StrEnum):
    """What a stream sends."""

    PAYMENT = "payment"
    """A payment, whole."""
    STATE = "state"
    """Everything a till shows."""
    CHANGE = "change"
    """What of it is new, has changed, or is gone."""
    END = "end"
    """Why nothing more comes; opening the stream again would be refused."""


class Crowd(StrEnum):
    """Who has too many streams open."""

    SESSION = "session"
    BUSINESS = "business"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Limits:
    """Streams at once in one process."""

    per_session: int = 8
    per_business: int = 100
    per_process: int = 1000


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a stream does what (seconds)."""

    heartbeat_s: float = 15.0
    look_s: float = 30.0
    """A look without a notice: it finds a session that ended, and what a lost notice would have told."""
    look_alone_s: float = 3.0
    """The same while nobody listens to notices."""
    rest_s: float = 0.1
    """Between two looks; what changes meanwhile is told together."""
    blind_s: float = 45.0
    """How long a stream stays open although the database cannot say whether it may."""
    try_again_s: float = 1.0
    """Between two looks while the database is away."""
