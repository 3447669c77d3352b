"""Alerts: people are told of issues by e-mail and SMS, systems by webhooks, once, and many together as one."""

from payme.alerts.errors import NobodyToTell
from payme.alerts.events import AlertSettingsChanged
from payme.alerts.models import Alert, AlertFigures, AlertSettings, Mail, MailOutcome, NotTaken, Refused, Taken
from payme.alerts.queries import count_waiting, get_settings, list_alerts
from payme.alerts.services import (
    MailConsole,
    Mailer,
    MailFile,
    Smtp,
    SmtpAccount,
    beat,
    change_settings,
    read_gauges,
    withdraw_restored,
)
from payme.alerts.types import AlertState, AlertWord, Channel, Part

__all__ = [
    "Alert",
    "AlertFigures",
    "AlertSettings",
    "AlertSettingsChanged",
    "AlertState",
    "AlertWord",
    "Channel",
    "Mail",
    "MailConsole",
    "MailFile",
    "MailOutcome",
    "Mailer",
    "NobodyToTell",
    "NotTaken",
    "Part",
    "Refused",
    "Smtp",
    "SmtpAccount",
    "Taken",
    "beat",
    "change_settings",
    "count_waiting",
    "get_settings",
    "list_alerts",
    "read_gauges",
    "withdraw_restored",
]
