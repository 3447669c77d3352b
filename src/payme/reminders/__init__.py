"""Reminders: who is told by SMS of what is due or overdue, if the shop wants it and the customer lets it."""

from payme.reminders.errors import RemindersOff
from payme.reminders.events import CustomersReminded, ReminderSettingsChanged
from payme.reminders.models import Plan, Preview, Reminder, ReminderSettings, Skipped
from payme.reminders.queries import get_settings
from payme.reminders.services import change_settings, get_preference, preview, remind_now, set_preference

__all__ = [
    "CustomersReminded",
    "Plan",
    "Preview",
    "Reminder",
    "ReminderSettings",
    "ReminderSettingsChanged",
    "RemindersOff",
    "Skipped",
    "change_settings",
    "get_preference",
    "get_settings",
    "preview",
    "remind_now",
    "set_preference",
]
