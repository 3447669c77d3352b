"""Rows and figures of push limits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from payme.push_limits.types import Counted


@dataclass(frozen=True, slots=True)
class PushLimits:
    """How many pushes are let through: in ten minutes, and for a phone also in a day.

    0 for a cashier or a business is no limit. ``key`` gives the secret under which phones are hashed; it lies outside
    of the database, and whoever changes it starts all counts anew.
    """

    per_phone: int
    per_phone_a_day: int
    per_cashier: int
    per_business: int
    key: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``pushes`` in any stretch of time as long as ``within``."""

    pushes: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Counter:
    """What a push is counted under, and what it may reach."""

    counted: Counted
    key: bytes = field(repr=False)
    limits: tuple[Limit, ...]

    @property
    def remembers(self) -> timedelta:
        """How long a push matters here."""
        return max(limit.within for limit in self.limits)


@dataclass(frozen=True, slots=True)
class PushCount:
    """The pushes that matter under one key, oldest first, with the one that is being counted."""

    key: bytes = field(repr=False)
    pushed_at: list[datetime]
