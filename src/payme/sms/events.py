"""Facts of SMS; the subject is the message. They never hold a number or a text: audit is for ever."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class SmsQueued(Event):
    """A message is to be sent."""

    purpose: str
    customer_id: UUID | None
    sale_id: UUID | None
    segments: int


@dataclass(frozen=True)
class SmsEnded(Event):
    """It is decided what became of a message: a lost answer may still be heard of later."""

    purpose: str
    before: str
    after: str
    cost: Decimal
    code: str


@dataclass(frozen=True)
class SmsPreferenceChanged(Event):
    """A customer wants messages otherwise; the subject is the customer."""

    language: str | None
    reminders: bool
    withdrawn: int
