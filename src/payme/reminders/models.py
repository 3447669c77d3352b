"""Rows of reminders, and who is reminded of what."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.sms import Language, SmsPurpose


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """Whether a shop reminds its customers, how many days ahead (0: never ahead), and in which language."""

    enabled: bool
    due_soon_days: int
    language: Language


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """The row."""

    enabled: bool
    due_soon_days: int


@dataclass(frozen=True, slots=True)
class Shop:
    """Who writes: name and number as they stand in a text, and the language for who chose none."""

    name: str
    phone: str | None
    language: Language


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one customer is told: an amount (KES) and the first day that it was, or is, due."""

    customer_id: UUID
    name: str
    phone: str = field(repr=False)
    purpose: SmsPurpose
    language: Language
    amount: Decimal
    day: date
    text: str = field(repr=False)
    segments: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """How many debtors are not reminded, for each reason."""

    no_phone: int = 0
    opted_out: int = 0
    reminded_lately: int = 0

    def __add__(self, other: "Skipped") -> "Skipped":
        """Add up."""
        return Skipped(
            self.no_phone + other.no_phone,
            self.opted_out + other.opted_out,
            self.reminded_lately + other.reminded_lately,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would be reminded, and how many would not."""

    reminders: tuple[Reminder, ...]
    skipped: Skipped


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent now; ``is_whole`` says whether nobody was left out for length."""

    plan: Plan
    cost: Decimal
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at some debtors did: how many were written to, and from which account the next look goes on."""

    queued: int
    skipped: Skipped
    next_id: UUID | None
