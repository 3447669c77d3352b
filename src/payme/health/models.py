"""What health is reckoned from, and what it is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from payme.health.types import PartName


@dataclass(frozen=True, slots=True)
class Figures:
    """How a business stands, as its books say; amounts in KES."""

    critical: int
    high: int
    medium: int
    low: int
    opened_at: datetime
    """When the business was opened."""
    asked_at: datetime | None
    """When its books were last asked whether they agree, all of them."""
    worker_at: datetime | None
    """When the worker, which asks, last said that it works."""
    payments_late: int
    callbacks_late: int
    money_waiting: int
    money_waiting_amount: Decimal
    money_oldest_at: datetime | None
    tokens: int
    tokens_owed: int
    tokens_used: int
    """In the last ``PACE_DAYS`` ended days that are kept."""
    kept_days: int
    drawers_late: int
    debts: Decimal
    debts_overdue: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a health: how many of its points, of what figure, and why."""

    name: PartName
    weight: int
    points: Decimal
    figure: str
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """How a business does: 0 is ill, 100 is well."""

    score: int
    capped: bool
    """Whether a critical issue keeps the number down."""
    at: datetime
    parts: list[Part]
