"""Pure decisions: who pays, when, with which receipt, and what the wire says about it. No I/O, no clock."""

import string
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import assert_never

from payme.simulator import scenarios
from payme.simulator.models import (
    Delivery,
    Merchant,
    Prompt,
    PushRequest,
    Result,
    Script,
    SimulatorConfig,
    Timeline,
)
from payme.simulator.types import EAT, Answer, BalanceItem, JsonObject, JsonValue, Outcome, Pace, PromptState, QueryMood

PROMPT_TEXT_MAX = 182
RECEIPTS_PER_DAY = 36**7
QUERY_SPIKE_INTERVAL_S = 12.0  # 5 a minute with a burst of 1: one in each 12 seconds
REORDERED_WITHIN_S = 60.0
QUERY_TOO_EARLY_S = 1.0
CHECKOUT_FRACTIONS = 1_000

TILL_FEE_SHARE = Decimal("0.0055")
TILL_FEE_FREE_TO = 200
TILL_FEE_MAX = Decimal("200.00")
PAYBILL_FEES = (
    (100, 0), (500, 5), (1_000, 10), (1_500, 15), (2_500, 20), (3_500, 25), (5_000, 34), (7_500, 45), (10_000, 55),
    (15_000, 70), (20_000, 90), (25_000, 100), (35_000, 120), (50_000, 150), (70_000, 180), (250_000, 250),
)  # fmt: skip

_BASE36 = string.digits + string.ascii_uppercase
_FIRST_YEAR = 2006
_STRIDE = 5**14  # shares no factor with 36, so that counting by it visits every receipt of a day once
_ACCEPTED = "Success. Request accepted for processing"


def outcome_by_phone(mix: Mapping[Outcome, int], default: Outcome, phone: str, rng: Random) -> Outcome:
    """Read the outcome off the number; a number outside the table follows the mix, or the default."""
    if phone == scenarios.SANDBOX_TEST_PHONE:
        return Outcome.NO_ANSWER
    named = scenarios.LAST_DIGITS.get(phone[-4:])
    if named is not None:
        return named
    if mix:
        return rng.choices(list(mix), weights=list(mix.values()))[0]
    return default


def outcome_forced(merchant: Merchant, push: PushRequest) -> Outcome | None:
    """Tell the outcome that a mistake in the request brings, found only once the prompt is out."""
    if push.transaction_type != merchant.transaction_type:
        return Outcome.NOT_PERMITTED
    if push.party_b != merchant.party_b:
        return Outcome.NO_OPERATOR
    if len(prompt_text(merchant, push)) > PROMPT_TEXT_MAX:
        return Outcome.PUSH_FAILED
    return None


def prompt_text(merchant: Merchant, push: PushRequest) -> str:
    """Write what the payer reads on the phone."""
    return f"Do you want to pay Ksh. {push.amount} to {merchant.name} Account no. {push.account_reference}? Enter PIN:"


def timeline(config: SimulatorConfig, script: Script, rng: Random) -> Timeline:
    """Draw how long everything takes, in real seconds.

    A PIN takes 8 to 17 s, a cancellation 13 to 27 s, a silent phone the life of the prompt; the callback follows
    within 12 s, or `late_after_s` later.
    """
    answer_s = config.slow_answer_after_s if script.answer is Answer.SLOW else rng.uniform(0.3, 2.0)
    match script.pace:
        case Pace.INSTANT:
            settle_s = 0.0 if script.before_answer else rng.uniform(0.1, 1.0)
        case Pace.ENTERS_PIN:
            settle_s = rng.uniform(8.0, 17.0)
        case Pace.HESITATES:
            settle_s = rng.uniform(13.0, 27.0)
        case Pace.NEVER:
            settle_s = config.prompt_life_s
        case _:
            assert_never(script.pace)
    callback_s = rng.uniform(0.0, 12.0)
    if script.reordered:
        callback_s = rng.uniform(0.0, REORDERED_WITHIN_S)
    if script.late_by_s is not None:
        callback_s = script.late_by_s
    callback_after_s = config.late_s if script.late else callback_s * config.time_scale
    return Timeline(
        answer_after_s=answer_s * config.time_scale,
        settle_after_s=config.ask_life_s if script.asks else settle_s * config.time_scale,
        callback_after_s=0.0 if script.before_answer else callback_after_s,
    )


def receipt_number(number: int, at: datetime, *, offset: int) -> str:
    """Make the receipt of the n-th payment: year, month and day in one character each, then seven that never repeat."""
    day = at.astimezone(EAT)
    year = string.ascii_uppercase[(day.year - _FIRST_YEAR) % 26]
    month = string.ascii_uppercase[day.month - 1]
    day_of_month = (string.digits[1:] + string.ascii_uppercase)[day.day - 1]
    return f"{year}{month}{day_of_month}{_base36((number * _STRIDE + offset) % RECEIPTS_PER_DAY, width=7)}"


def forged_receipt(rng: Random) -> str:
    """Make up ten characters that look like a receipt; Z is no year M-PESA has seen."""
    return "Z" + "".join(rng.choices(_BASE36, k=9))


def checkout_request_id(at: datetime, phone: str, *, fraction: int) -> str:
    """`ws_CO_`, the East African date and time, three digits of fraction, the last nine digits of the phone."""
    return f"ws_CO_{at.astimezone(EAT):%d%m%Y%H%M%S}{fraction % CHECKOUT_FRACTIONS:03}{phone[-9:]}"


def request_id(number: int, rng: Random) -> str:
    """Make the id of a request in the present style: hex 4-4-4-12 glued to a counter."""
    digits = f"{rng.getrandbits(96):024x}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}{number}"


def conversation_id(at: datetime, rng: Random) -> str:
    """`AG_`, the East African date, 20 hex digits."""
    return f"AG_{at.astimezone(EAT):%Y%m%d}_{rng.getrandbits(80):020x}"


def fee(merchant: Merchant, amount: int) -> Decimal:
    """Tell what M-PESA keeps of a payment: of a till 0.55 %, free to KES 200; of a paybill by bands of the amount.

    Bands of the tariff that the business pays; nobody's own contract is known here.
    """
    if merchant.till is None:
        return Decimal(next(charge for limit, charge in PAYBILL_FEES if amount <= limit)).quantize(Decimal("0.01"))
    if amount <= TILL_FEE_FREE_TO:
        return Decimal("0.00")
    return min((amount * TILL_FEE_SHARE).quantize(Decimal("0.01"), ROUND_HALF_UP), TILL_FEE_MAX)


def access_token(rng: Random) -> str:
    """28 letters and digits."""
    return "".join(rng.choices(string.ascii_letters + string.digits, k=28))


def push_answer(prompt: Prompt) -> JsonObject:
    """Say that the prompt is on its way."""
    return {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_request_id,
        "ResponseCode": "0",
        "ResponseDescription": _ACCEPTED,
        "CustomerMessage": _ACCEPTED,
    }


def query_answer(prompt: Prompt, code: int | str, desc: str) -> JsonObject:
    """Say how the prompt stands. ResultCode is a string here, and there is never a receipt."""
    return {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successfully",
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_request_id,
        "ResultCode": str(code),
        "ResultDesc": desc,
    }


def queried_result(prompt: Prompt, *, mood: QueryMood, age_s: float, stuck_s: float) -> Result | None:
    """Tell what the query claims about a prompt: its result, a lie, or None for still processing."""
    if prompt.state is PromptState.WAITING or prompt.result is None:
        return None
    if mood is QueryMood.STUCK and age_s < stuck_s:
        return None
    if mood is QueryMood.LIES and prompt.state is PromptState.PAID:
        return scenarios.CANCELLED
    return prompt.result


def callback_body(prompt: Prompt, result: Result, delivery: Delivery) -> JsonObject:
    """Write the callback. Only a success carries metadata; only an alphanumeric ResultCode is a string."""
    desc = f"[STK_CB - ]{result.callback_desc}" if delivery.old_wording else result.callback_desc
    callback: JsonObject = {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_request_id,
        "ResultCode": str(result.code) if delivery.string_code else result.code,
        "ResultDesc": desc,
    }
    if result.is_paid and not delivery.without_metadata:
        callback["CallbackMetadata"] = {"Item": _metadata(prompt, delivery)}
    return {"Body": {"stkCallback": callback}}


def neighbour(number: str) -> str:
    """Give another number: the last digit is one more."""
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def _metadata(prompt: Prompt, delivery: Delivery) -> list[JsonValue]:
    amount = prompt.push.amount + delivery.amount_off_by
    phone = prompt.push.phone
    if delivery.wrong_phone:
        phone = neighbour(phone)
    settled_at = (prompt.settled_at or prompt.accepted_at).astimezone(EAT)
    balance: dict[BalanceItem, list[JsonValue]] = {
        BalanceItem.ABSENT: [],
        BalanceItem.EMPTY: [{"Name": "Balance"}],
        BalanceItem.WITH_VALUE: [{"Name": "Balance", "Value": "{Amount={CurrencyCode=KES, BasicAmount=9520.00}}"}],
    }
    return [
        {"Name": "Amount", "Value": float(amount) if delivery.float_amount else amount},
        {"Name": "MpesaReceiptNumber", "Value": prompt.receipt},
        *balance[delivery.balance],
        {"Name": "TransactionDate", "Value": int(f"{settled_at:%Y%m%d%H%M%S}")},
        {"Name": "PhoneNumber", "Value": f"{phone[:6]}***{phone[-3:]}" if delivery.masked_phone else int(phone)},
    ]


def _base36(number: int, *, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return digits
