"""Everything the product would otherwise reach for: time, randomness and the points where a fault may strike.

They are handed in, so that a simulation can own them. Production uses ``Seams()``.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Protocol
from uuid import UUID

from payme.kit.ids import uuid7


class Clock(Protocol):
    """Time, and waiting."""

    def now(self) -> datetime:
        """Return the instant, with time zone UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the instant, with time zone UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)


class Chaos(Protocol):
    """Named points at which a test may crash, delay or reorder; nothing in production."""

    async def point(self, name: str) -> None:
        """Pass the point called ``name``."""
        ...


class Calm:
    """No chaos."""

    async def point(self, name: str) -> None:
        """Pass without a fault."""


@dataclass(frozen=True)
class Seams:
    """The outside that every transaction and job is given."""

    clock: Clock = field(default_factory=SystemClock)
    randomness: Random = field(default_factory=SystemRandom)
    chaos: Chaos = field(default_factory=Calm)

    def new_id(self) -> UUID:
        """Make a UUIDv7 of now."""
        return uuid7(self.clock.now(), self.randomness)

    def new_bytes(self, count: int) -> bytes:
        """Make random bytes, for the nonces and keys of encryption."""
        return self.randomness.getrandbits(8 * count).to_bytes(count, "big")

    def new_secret(self) -> str:
        """Make 256 random bits as 43 URL-safe characters, for session tokens and callback paths."""
        if isinstance(self.randomness, SystemRandom):
            return secrets.token_urlsafe(32)
        return f"{self.randomness.getrandbits(256):064x}"
