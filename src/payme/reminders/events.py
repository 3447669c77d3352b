"""Facts of reminders; the subject is the business."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class ReminderSettingsChanged(Event):
    """Whether and how customers are reminded was changed."""

    enabled_before: bool
    enabled: bool
    due_soon_days: int
    language: str


@dataclass(frozen=True)
class CustomersReminded(Event):
    """Reminders were written; so many debtors were not reminded, for each reason."""

    queued: int
    no_phone: int
    opted_out: int
    reminded_lately: int
