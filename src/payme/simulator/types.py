"""The words of the pretended M-Pesa: what a payer may do, and what may go wrong on the way."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

Clock = Callable[[], datetime]
"""Tells the present instant, with a time zone."""

Sleep = Callable[[float], Awaitable[None]]
"""Waits for a number of seconds."""

EAT = timezone(timedelta(hours=3), "EAT")
"""East Africa Time: every stamp Daraja writes is in it, without saying so."""


class Outcome(StrEnum):
    """How one prompt ends, or how one push is refused. Each has one script in `scenarios.py`."""

    PAID = "paid"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"
    WRONG_PIN = "wrong_pin"
    EXPIRED = "expired"
    PUSH_FAILED = "push_failed"
    RULE_LIMITED = "rule_limited"
    NOT_PERMITTED = "not_permitted"
    NO_OPERATOR = "no_operator"
    PIN_LOCKED = "pin_locked"
    UNKNOWN_CODE = "unknown_code"
    ASK = "ask"

    LATE = "late"
    LOST = "lost"
    DUPLICATE = "duplicate"
    EARLY = "early"
    CANCELLED_THEN_PAID = "cancelled_then_paid"

    WRONG_AMOUNT = "wrong_amount"
    WRONG_PHONE = "wrong_phone"
    NO_METADATA = "no_metadata"
    STRING_CODE = "string_code"
    MASKED_PHONE = "masked_phone"
    BALANCE_ITEM = "balance_item"
    FLOAT_AMOUNT = "float_amount"
    OLD_WORDING = "old_wording"

    QUERY_LIES = "query_lies"
    QUERY_STUCK = "query_stuck"

    SLOW_ANSWER = "slow_answer"
    RESET = "reset"
    TRUNCATED = "truncated"
    UNAVAILABLE = "unavailable"
    SPIKE_ARREST = "spike_arrest"
    BUSY = "busy"
    MAINTENANCE = "maintenance"
    PHONE_LOCKED = "phone_locked"
    NO_ICCID = "no_iccid"


class Answer(StrEnum):
    """How the HTTP request itself is answered. The first four leave a prompt running on the phone."""

    ACCEPTED = "accepted"
    SLOW = "slow"
    RESET = "reset"
    TRUNCATED = "truncated"
    UNAVAILABLE = "unavailable"
    SPIKE_ARREST = "spike_arrest"
    BUSY = "busy"
    MAINTENANCE = "maintenance"
    PHONE_LOCKED = "phone_locked"
    NO_ICCID = "no_iccid"


class Outage(StrEnum):
    """What every Daraja path answers while the whole of Daraja is down."""

    RESET = "reset"
    UNAVAILABLE = "unavailable"
    SPIKE_ARREST = "spike_arrest"
    BUSY = "busy"
    MAINTENANCE = "maintenance"


class Pace(StrEnum):
    """How long the payer takes."""

    INSTANT = "instant"
    ENTERS_PIN = "enters_pin"
    HESITATES = "hesitates"
    NEVER = "never"


class QueryMood(StrEnum):
    """How truthful the STK query is about a finished prompt."""

    HONEST = "honest"
    LIES = "lies"
    STUCK = "stuck"


class BalanceItem(StrEnum):
    """The optional Balance of a callback: absent (2026), without a value (2017 to 2019), or with one."""

    ABSENT = "absent"
    EMPTY = "empty"
    WITH_VALUE = "with_value"


class MsisdnForm(StrEnum):
    """How a C2B payload shows the payer's number; Safaricom has used all four."""

    PLAIN = "plain"
    MASKED = "masked"
    HASHED = "hashed"
    HASHED_MASKED = "hashed_masked"


class NamesShown(StrEnum):
    """Which of the payer's names a C2B payload carries; the others are missing keys."""

    ALL = "all"
    FIRST = "first"
    NONE = "none"


class ResponseType(StrEnum):
    """What happens to a C2B payment when the ValidationURL does not answer in time."""

    COMPLETED = "Completed"
    CANCELLED = "Cancelled"


class Origin(StrEnum):
    """How a payment began: a prompt, a person dialling, or Daraja's own C2B simulation."""

    PROMPT = "prompt"
    HAND = "hand"
    SIMULATED = "simulated"


class LetterKind(StrEnum):
    """What is sent to a merchant's address."""

    STK = "stk"
    VALIDATION = "validation"
    CONFIRMATION = "confirmation"
    RESULT = "result"
    TIMEOUT = "timeout"


class PromptState(StrEnum):
    """Where a prompt stands in truth. A failed prompt may still become paid; a paid one never moves."""

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"


class PayerAnswer(StrEnum):
    """What a person presses on the pretended phone."""

    PIN = "pin"
    WRONG_PIN = "wrong_pin"
    CANCEL = "cancel"
    IGNORE = "ignore"
