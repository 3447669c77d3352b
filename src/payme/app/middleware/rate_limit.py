"""How often one caller may call: a token bucket each, in the memory of this process, bounded.

A bucket is one number, the instant at which it will be full again (GCRA), so it costs nothing while it rests.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

CALLERS_MAX: Final = 50_000
RECEIPTS_PER_S: Final = 5
RECEIPTS_BURST: Final = 60
"""Looks at addresses of receipts; the customers of a mobile network share few addresses."""


class RateLimit:
    """Buckets of one size, one for each key."""

    def __init__(self, rate_per_s: float, burst: int, *, callers_max: int = CALLERS_MAX) -> None:
        """Let each key through ``rate_per_s`` times a second, and ``burst`` times at once."""
        self._interval_s = 1 / rate_per_s
        self._depth_s = burst / rate_per_s
        self._full_at: dict[str | bytes, float] = {}
        self._callers_max = callers_max

    def __contains__(self, key: str | bytes) -> bool:
        """Say whether the key has a bucket now."""
        return key in self._full_at

    def __len__(self) -> int:
        """Count the buckets that are remembered."""
        return len(self._full_at)

    def wait_s(self, key: str | bytes, now: float) -> float:
        """Take one from the bucket and return 0, or return in how many seconds there will be one to take."""
        full_at = max(self._full_at.get(key, now), now) + self._interval_s
        if full_at - now > self._depth_s:
            return full_at - now - self._depth_s
        if key not in self._full_at and len(self._full_at) >= self._callers_max:
            self._forget(now)
        self._full_at[key] = full_at
        return 0.0

    def _forget(self, now: float) -> None:
        """Make room: full buckets go, and if all are in use the tenth that came first."""
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        if len(self._full_at) >= self._callers_max:
            for key in list(islice(self._full_at, max(1, self._callers_max // 10))):
                del self._full_at[key]


@dataclass(frozen=True)
class Limits:
    """The buckets of the product.

    A session has buckets of its own only after one of its requests was answered well: until then the address pays,
    so that inventing tokens does not buy more requests.
    """

    sessions: RateLimit
    addresses: RateLimit
    sign_ins: RateLimit
    callbacks: RateLimit
    receipts: RateLimit
    timer: Callable[[], float]

    def wait_for_callback_s(self, address: str) -> float:
        """Count a callback."""
        return self.callbacks.wait_s(address, self.timer())

    def wait_for_sign_in_s(self, address: str) -> float:
        """Count a sign-in or a sign-up."""
        return self.sign_ins.wait_s(address, self.timer())

    def wait_for_receipt_s(self, address: str) -> float:
        """Count a look at the address of a receipt; whoever guesses at them is slowed down."""
        return self.receipts.wait_s(address, self.timer())

    def wait_for_request_s(self, address: str, session: bytes | None) -> float:
        """Count any other request."""
        if session is not None and session in self.sessions:
            return self.sessions.wait_s(session, self.timer())
        return self.addresses.wait_s(address, self.timer())

    def remember(self, session: bytes) -> None:
        """Give a session that proved real its own buckets."""
        if session not in self.sessions:
            self.sessions.wait_s(session, self.timer())


def session_key(authorization: bytes, cookie: bytes) -> bytes | None:
    """Return the hash of what a caller signs in with, or None; the token itself is not kept."""
    given = authorization or cookie
    return hashlib.blake2b(given, digest_size=16).digest() if given else None
