"""What passes between the client and the wire: exchanges, access tokens, and the breaker of one host."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

BREAKER_FAILURES_MAX: Final = 5
BREAKER_OPEN_S: Final = 20


class Unsent(StrEnum):
    """Why a request never left."""

    BREAKER_OPEN = "breaker_open"
    CONNECT_FAILED = "connect_failed"
    TOO_MANY_AT_ONCE = "too_many_at_once"


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class NotSent:
    """Not one byte of the request left this machine."""

    why: Unsent


@dataclass(frozen=True)
class Lost:
    """The request may have arrived; its answer did not, or not whole."""

    reason: str


@dataclass(frozen=True)
class NoToken:
    """No access token could be had, so the request that needed it was not made."""

    code: str
    reason: str


Exchange = Reply | NotSent | Lost


@dataclass(frozen=True)
class Token:
    """An access token, opaque, to be replaced from ``refresh_at`` and useless from ``expires_at``."""

    value: str = field(repr=False)
    refresh_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Breaker:
    """Whether one Daraja host is asked at all.

    Closed while ``open_until`` is None, open until that instant, half-open after it.
    ``era`` counts the changes between these, so that the end of a request of an earlier era changes nothing.
    """

    failures: int = 0
    open_until: datetime | None = None
    probing: bool = False
    era: int = 0

    def admit(self, now: datetime) -> "Breaker | None":
        """Let a request pass, or return None. Half-open lets one probe pass at a time."""
        if self.open_until is None:
            return self
        if now < self.open_until or self.probing:
            return None
        return replace(self, probing=True)

    def record(self, admitted: "Breaker", *, outage: bool | None, now: datetime) -> "Breaker":
        """Note how a request ended; ``outage`` is None if it was given up before anything could be learned."""
        if self.era != admitted.era:
            return self
        if outage is None:
            return replace(self, probing=False)
        if not outage:
            return Breaker(era=self.era + 1) if admitted.probing else replace(self, failures=0)
        if admitted.probing or self.failures + 1 >= BREAKER_FAILURES_MAX:
            return Breaker(open_until=now + timedelta(seconds=BREAKER_OPEN_S), era=self.era + 1)
        return replace(self, failures=self.failures + 1)
