"""Rows of SMS, and what is carried."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.sms.types import Language, SmsPurpose, SmsState


@dataclass(frozen=True, slots=True)
class SmsDraft:
    """A message to be sent. ``secret`` is the part of the text that must not be kept readable, where there is one."""

    purpose: SmsPurpose
    language: Language
    phone: str
    text: str = field(repr=False)
    customer_id: UUID | None = None
    sale_id: UUID | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """One message. Number and text are None where the person was erased; ``cost`` is KES with four places."""

    id: UUID
    purpose: SmsPurpose
    language: Language
    customer_id: UUID | None
    sale_id: UUID | None
    phone: str | None
    text: str | None
    segments: int
    state: SmsState
    tries: int
    due_at: datetime
    taken_at: datetime | None
    ended_at: datetime | None
    provider: str
    provider_id: str
    cost: Decimal
    cost_is_estimated: bool
    code: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DueSms:
    """A message whose time has come, with what may speak against sending it."""

    id: UUID
    purpose: SmsPurpose
    state: SmsState
    phone: str | None
    text: str | None
    segments: int
    tries: int
    sealed_text: bytes | None = field(repr=False)
    key_version: str | None
    created_at: datetime
    opted_out: bool
    reminded_at: datetime | None
    """When the customer was last sent another reminder, or may have been: before a backup was restored."""


@dataclass(frozen=True, slots=True)
class LockedSms:
    """A message that is ours until the transaction ends."""

    id: UUID
    purpose: SmsPurpose
    state: SmsState
    segments: int
    tries: int


@dataclass(frozen=True, slots=True)
class SmsOrder:
    """A message ready to be handed to a provider."""

    message_id: UUID
    phone: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has the message. ``cost`` is KES; None where it did not say."""

    provider_id: str
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider does not send the message, and that is certain."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class NotReached:
    """The provider was certainly not told of the message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody knows whether the provider has the message."""

    reason: str


Outcome = Taken | Refused | NotReached | Lost
"""What became of handing over a message."""


@dataclass(frozen=True, slots=True)
class SmsMove:
    """Where a message goes, why, when it is due again, and what it cost (KES)."""

    state: SmsState
    code: str = ""
    note: str = ""
    due_at: datetime | None = None
    provider_id: str = ""
    cost: Decimal | None = None
    cost_is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class SmsPreference:
    """What a customer wants of messages; no language means the shop's."""

    customer_id: UUID
    language: Language | None
    opted_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class SmsFilter:
    """Which messages to list."""

    purpose: SmsPurpose | None = None
    state: SmsState | None = None
    customer_id: UUID | None = None
    sale_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SmsCost:
    """What the messages of one purpose cost in a period (KES), and how many they were."""

    purpose: SmsPurpose
    messages: int
    segments: int
    cost: Decimal
    estimated: Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the shop, both included."""

    from_day: date
    to_day: date


@dataclass(frozen=True, slots=True)
class SmsCosts:
    """What messages cost in a period, by purpose."""

    period: Period
    purposes: list[SmsCost]


@dataclass(frozen=True, slots=True)
class SmsPrice:
    """What is counted for a segment (KES) where the provider does not say."""

    per_segment: Decimal
