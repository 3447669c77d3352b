"""Words and figures of SMS."""

from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

QUIET_FROM: Final = time(20)
QUIET_UNTIL: Final = time(8)
"""From the one to the other, the shop's time, nobody is reminded of anything."""
REMINDED_EVERY: Final = timedelta(days=7)
"""Nobody is reminded twice in so long."""
FRESH: Final = timedelta(hours=24)
"""A reminder that did not leave in so long is not sent: what it says may be paid by now."""
SHOP_MAX: Final = 30
"""How much of a shop's name stands in a text, in characters."""
RECEIPTS_OF_SALE: Final = 3
"""How often the receipt of one sale is sent."""
RECEIPTS_OF_PHONE: Final = 5
"""How many receipts one number is sent by one business in 24 hours."""
A_DAY: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=60)
"""How long a message belongs to the worker that sends it; after that nobody knows what became of it."""
WAITS: Final = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
"""After which try what wait, where the provider was certainly not reached."""
PERIOD_MAX: Final = timedelta(days=366)
NO_COST: Final = Decimal("0.0000")
RESTORED: Final = "restored"
"""Why a message is withdrawn that waited when a backup was made: since then it may have left."""
CUT: Final = "…"
"""What stands in a kept text for what whoever holds it could use."""


class Language(StrEnum):
    """What our texts are written in (ISO 639-1)."""

    ENGLISH = "en"
    SWAHILI = "sw"


class SmsPurpose(StrEnum):
    """What a message is for."""

    RECEIPT = "receipt"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    ALERT = "alert"
    URGENT_ALERT = "urgent_alert"


REMINDERS: Final = frozenset({SmsPurpose.DUE_SOON, SmsPurpose.OVERDUE})
"""What nobody asked for in this moment: these heed quiet hours, the opt-out and once a week."""
BY_DAY: Final = REMINDERS | {SmsPurpose.ALERT}
"""What does not ring in quiet hours. An urgent alert does, because the shop's people chose so."""


class SmsState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


SMS_MOVES: Mapping[SmsState, frozenset[SmsState]] = MappingProxyType(
    {
        SmsState.QUEUED: frozenset({SmsState.SENDING, SmsState.WITHDRAWN}),
        SmsState.SENDING: frozenset({SmsState.QUEUED, SmsState.SENT, SmsState.FAILED, SmsState.UNKNOWN}),
        SmsState.UNKNOWN: frozenset({SmsState.SENT, SmsState.FAILED}),
        SmsState.SENT: frozenset(),
        SmsState.FAILED: frozenset(),
        SmsState.WITHDRAWN: frozenset(),
    }
)
"""The legal moves. Back to ``queued`` goes only what certainly did not leave; ``unknown`` is never sent again."""
