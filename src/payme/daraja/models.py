"""What passes between us and the wire: exchanges, access tokens, and how a line stands."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Unsent(StrEnum):
    """Why a request never left."""

    BREAKER_OPEN = "breaker_open"
    PACED = "paced"
    BOOKS_AWAY = "books_away"
    CONNECT_FAILED = "connect_failed"
    TOO_MANY_AT_ONCE = "too_many_at_once"


class Health(StrEnum):
    """What the end of a call says about the line."""

    WELL = "well"
    ILL = "ill"


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer; ``retry_after_s`` is what it asks to be spared."""

    status: int
    body: bytes = field(repr=False)
    retry_after_s: int | None = None


@dataclass(frozen=True)
class NotSent:
    """Not one byte of the request left this machine; ``again_at`` is when it may be tried, where that is known."""

    why: Unsent
    again_at: datetime | None = None


@dataclass(frozen=True)
class Lost:
    """The request may have arrived; its answer did not, or not whole."""

    reason: str


@dataclass(frozen=True)
class NoToken:
    """No access token could be had, so the request that needed it was not made.

    ``health`` is ILL where nothing answered, WELL where Daraja refused.
    """

    code: str
    reason: str
    health: Health


Exchange = Reply | NotSent | Lost


@dataclass(frozen=True)
class Token:
    """An access token, opaque, to be replaced from ``refresh_at`` and useless from ``expires_at``."""

    value: str = field(repr=False)
    refresh_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a line stands for one kind of call.

    The breaker is closed while ``open_until`` is None, open until that instant, half-open after it; a probe is under
    way until ``probe_until``. ``era`` counts the changes between these, so that the end of a call of an earlier era
    changes nothing. ``not_before`` is when the next call of the kind may go.
    """

    failures: int
    open_until: datetime | None
    probe_until: datetime | None
    era: int
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call may go. A probe is the one call that finds out whether the line is well again."""

    era: int
    failures: int
    is_probe: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A call may not go before ``until``."""

    why: Unsent
    until: datetime
