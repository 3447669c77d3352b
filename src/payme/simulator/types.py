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
    UNKNOWN_TEXT = "unknown_text"
    BAD_DEBT = "bad_debt"
    ASK = "ask"

    LATE = "late"
    LOST = "lost"
    DUPLICATE = "duplicate"
    EARLY = "early"
    CANCELLED_THEN_PAID = "cancelled_then_paid"
    PAID_TWICE = "paid_twice"
    PAID_THEN_FAILED = "paid_then_failed"
    FORGED = "forged"

    WRONG_AMOUNT = "wrong_amount"
    WRONG_PHONE = "wrong_phone"
    NO_METADATA = "no_metadata"
    STRING_CODE = "string_code"
    MASKED_PHONE = "masked_phone"
    BALANCE_ITEM = "balance_item"
    FLOAT_AMOUNT = "float_amount"
    OLD_WORDING = "old_wording"
    WRONG_SHORTCODE = "wrong_shortcode"
    FLOOD = "flood"

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
    """How the HTTP request itself is answered. The first four come after the work is done; the others refuse it."""

    ACCEPTED = "accepted"
    SLOW = "slow"
    RESET = "reset"
    TRUNCATED = "truncated"
    CUT = "cut"
    HTML = "html"
    SERVER_ERROR = "server_error"
    QUOTA = "quota"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a kind of answer
    WRONG_PRODUCT = "wrong_product"
    UNAVAILABLE = "unavailable"
    SPIKE_ARREST = "spike_arrest"
    BUSY = "busy"
    MAINTENANCE = "maintenance"
    PHONE_LOCKED = "phone_locked"
    NO_ICCID = "no_iccid"


class Stage(StrEnum):
    """Where a fault strikes: each request draws its faults stage by stage."""

    TOKEN = "token"  # noqa: S105 - a place in the conversation
    REQUEST = "request"
    PAYER = "payer"
    CALLBACK = "callback"
    MOOD = "mood"
    QUERY = "query"
    CONFIRMATION = "confirmation"
    RESULT = "result"


class Fault(StrEnum):
    """What can be switched on. `faults.py` says of each where it strikes and what it does."""

    TOKEN_DOWN = "token_down"  # noqa: S105 - a fault
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a fault
    WRONG_PRODUCT = "wrong_product"

    CONNECTION_RESET = "connection_reset"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    HTML = "html"
    SPIKE_ARREST = "spike_arrest"
    QUOTA = "quota"
    BUSY = "busy"
    MAINTENANCE = "maintenance"
    PHONE_LOCKED = "phone_locked"
    NO_ICCID = "no_iccid"
    ANSWER_LOST = "answer_lost"
    ANSWER_TRUNCATED = "answer_truncated"
    ANSWER_SLOW = "answer_slow"

    INSUFFICIENT_BALANCE = "insufficient_balance"
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"
    WRONG_PIN = "wrong_pin"
    EXPIRED = "expired"
    PUSH_FAILED = "push_failed"
    RULE_LIMITED = "rule_limited"
    PIN_LOCKED = "pin_locked"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_TEXT = "unknown_text"
    PAID_AFTER_CANCEL = "paid_after_cancel"
    PAID_TWICE = "paid_twice"
    PAID_THEN_FAILED = "paid_then_failed"

    CALLBACK_LOST = "callback_lost"
    CALLBACK_DOUBLED = "callback_doubled"
    CALLBACK_FLOOD = "callback_flood"
    CALLBACK_REORDERED = "callback_reordered"
    CALLBACK_EARLY = "callback_early"
    CALLBACK_AFTER_C2B = "callback_after_c2b"
    CALLBACK_LATE = "callback_late"
    CALLBACK_LATE_HOUR = "callback_late_hour"
    CALLBACK_LATE_DAYS = "callback_late_days"
    CALLBACK_FORGED = "callback_forged"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_PHONE = "wrong_phone"
    WRONG_SHORTCODE = "wrong_shortcode"
    NO_METADATA = "no_metadata"
    STRING_CODE = "string_code"
    MASKED_PHONE = "masked_phone"
    FLOAT_AMOUNT = "float_amount"
    BALANCE_ITEM = "balance_item"
    OLD_WORDING = "old_wording"

    QUERY_LIES = "query_lies"
    QUERY_STUCK = "query_stuck"
    QUERY_FLAKY = "query_flaky"

    CONFIRMATION_LOST = "confirmation_lost"
    CONFIRMATION_DOUBLED = "confirmation_doubled"
    CONFIRMATION_LATE = "confirmation_late"

    RESULT_LOST = "result_lost"
    RESULT_DOUBLED = "result_doubled"
    RESULT_LATE = "result_late"
    QUEUE_TIMEOUT = "queue_timeout"


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


class After(StrEnum):
    """What happens to a prompt once it has ended."""

    NOTHING = "nothing"
    PAID_LATE = "paid_late"
    PAID_AGAIN = "paid_again"
    SAID_TO_FAIL = "said_to_fail"


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


class DateForm(StrEnum):
    """How the portal writes days on a statement; both have been seen."""

    DAY_FIRST = "day_first"
    YEAR_FIRST = "year_first"
