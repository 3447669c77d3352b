"""SMS: what customers are sent on their telephones, once, in quiet hours nothing unasked, and what it cost."""

from payme.sms.errors import PeriodTooLong, SmsNotFound, TooManyReceipts
from payme.sms.events import SmsEnded, SmsPreferenceChanged, SmsQueued
from payme.sms.models import (
    SmsDraft,
    SmsFilter,
    SmsMessage,
    SmsPreference,
    SmsPrice,
)
from payme.sms.queries import (
    get_language,
    get_message,
    list_held,
    list_messages,
    preferences_of,
    reminded_since,
)
from payme.sms.rules import estimated, language_of, may_leave_at, receipt_text, reminder_text, segments
from payme.sms.schemas import CostOut, HeldSmsOut, QueuedSmsOut, SmsOut
from payme.sms.services import (
    AfricasTalking,
    AfricasTalkingAccount,
    Carrier,
    Console,
    Outbox,
    Terms,
    forget_person,
    join_preferences,
    may_send_receipt,
    queue_message,
    set_language,
    set_preference,
    withdraw_reminders,
)
from payme.sms.types import REMINDED_EVERY, Language, SmsPurpose, SmsState

__all__ = [
    "REMINDED_EVERY",
    "AfricasTalking",
    "AfricasTalkingAccount",
    "Carrier",
    "Console",
    "CostOut",
    "HeldSmsOut",
    "Language",
    "Outbox",
    "PeriodTooLong",
    "QueuedSmsOut",
    "SmsDraft",
    "SmsEnded",
    "SmsFilter",
    "SmsMessage",
    "SmsNotFound",
    "SmsOut",
    "SmsPreference",
    "SmsPreferenceChanged",
    "SmsPrice",
    "SmsPurpose",
    "SmsQueued",
    "SmsState",
    "Terms",
    "TooManyReceipts",
    "estimated",
    "forget_person",
    "get_language",
    "get_message",
    "join_preferences",
    "language_of",
    "list_held",
    "list_messages",
    "may_leave_at",
    "may_send_receipt",
    "preferences_of",
    "queue_message",
    "receipt_text",
    "reminded_since",
    "reminder_text",
    "segments",
    "set_language",
    "set_preference",
    "withdraw_reminders",
]
