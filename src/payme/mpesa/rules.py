"""Daraja's wire format, read and written: what is sent, and what an answer proves. Pure.

The one question behind every decision about a push: can the prompt be on the customer's phone? If that cannot be ruled
out the answer is unknown, because a second prompt may charge twice. If it is ruled out the answer is refused, because a
customer waits.

Source: Safaricom's Daraja portal (M-Pesa Express, M-Pesa Express Query, Authorization), and recorded answers where they
differ.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Final

from payme.kit.money import AMOUNT_MAX, CENT, ZERO
from payme.mpesa.errors import UnreadableCallback
from payme.mpesa.models import Exchange, Lost, NoToken, NotSent, Reply, Token, Unsent
from payme.mpesa.types import (
    RESULT_CODES,
    MpesaAccount,
    Outcome,
    PushAccepted,
    PushAnswer,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryAnswer,
    QueryPending,
    QueryResult,
    QueryUnknown,
    StkResult,
)

EAT: Final = timezone(timedelta(hours=3), "EAT")
"""East Africa Time, which has no summer time."""

TOKEN_LIFE_MAX_S: Final = 86_400
REFRESH_EARLY_S: Final = 120
TEXT_MAX: Final = 300

_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
_CODE: Final = re.compile(r"[\x21-\x7e]{1,32}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")
_RECEIPT: Final = re.compile(r"[A-Z0-9]{6,20}")
_PHONE_SENT: Final = re.compile(r"[\x20-\x7e]{1,40}")
_STAMP: Final = re.compile(r"20[0-9]{12}")
_SHILLINGS: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")

_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_SERVER_ERROR: Final = 500
_SUCCESS: Final = range(200, 300)
# A gateway that answers with one of these turned the request away at the door. Not here, and so unknown: 408 and 499,
# which a proxy may say while the request is already being worked on, and 409, which nothing on record explains.
_TURNED_AWAY: Final = frozenset({_BAD_REQUEST, _UNAUTHORIZED, 403, 404, 405, 406, 411, 413, 414, 415, 429})
_TURNED_AWAY_CODES: Final = ("400.", "401.", "403.", "404.", "405.")
_RATE_LIMIT: Final = "policies.ratelimit."
_TOO_MUCH_CODES: Final = frozenset({"500.003.02", "500.003.03"})
_MIXED_CODES: Final = frozenset({"500.001.1001", "500.001.001"})
"""One code with many meanings; only the text tells them apart. The second is the portal's misprint of the first."""
_NO_PROMPT_TEXTS: Final = (
    "wrong credentials",
    "merchant does not exist",
    "unable to lock subscriber",
    "no iccid found",
)
_MAINTENANCE: Final = "under maintenance"
_TOKEN_CODES: Final = ("404.001.03", "401.")

_ADVICE: Final = (
    ("invalid phonenumber", "Check the customer's phone number."),
    ("invalid partya", "Check the customer's phone number."),
    ("no iccid", "This number cannot be asked by M-PESA. Check it, or take another number or cash."),
    ("invalid amount", "M-PESA takes whole shillings from 1 to 250,000 at once."),
    ("unable to lock", "The phone has another M-PESA request open. Let the customer end it, wait a minute, ask again."),
    ("wrong credentials", "Ask the owner to check shortcode and passkey in the M-Pesa settings. Take cash meanwhile."),
    (
        "merchant does not exist",
        "Ask the owner to check the shortcode (for a till: the store number). Take cash meanwhile.",
    ),
    (_MAINTENANCE, "M-PESA is being serviced. Take cash, or try again later."),
    ("500.003.0", "M-PESA is busy. Wait a minute, then ask again."),
    ("ratelimit", "M-PESA is busy. Wait a minute, then ask again."),
    ("http_429", "M-PESA is busy. Wait a minute, then ask again."),
    ("consumer key", "Ask the owner to check consumer key and secret in the M-Pesa settings. Take cash meanwhile."),
    ("400.", "Ask the owner to check the M-Pesa settings. Take cash meanwhile."),
    ("401.", "Ask the owner to check that the M-Pesa keys belong to an app with M-Pesa Express. Take cash meanwhile."),
)
_TRY_AGAIN: Final = "The customer was not asked. Try again in a moment, or take cash."

_UNSENT_TEXT: Final[Mapping[Unsent, str]] = {
    Unsent.BREAKER_OPEN: "M-PESA has not been answering, so it is left alone for some seconds.",
    Unsent.CONNECT_FAILED: "M-PESA could not be reached.",
    Unsent.TOO_MANY_AT_ONCE: "Too many requests to M-PESA are under way.",
}


# What is sent


def timestamp(now: datetime) -> str:
    """Write an instant as Daraja does: fourteen digits in East Africa Time."""
    return now.astimezone(EAT).strftime("%Y%m%d%H%M%S")


def password(shortcode: str, passkey: str, stamp: str) -> str:
    """Make the password of one request; ``stamp`` must be the very Timestamp sent beside it."""
    return base64.b64encode(f"{shortcode}{passkey}{stamp}".encode()).decode()


def basic_auth(account: MpesaAccount) -> str:
    """Make the Authorization header that asks for a token."""
    return "Basic " + base64.b64encode(f"{account.consumer_key}:{account.consumer_secret}".encode()).decode()


def push_body(account: MpesaAccount, order: PushOrder, now: datetime) -> bytes:
    """Write the body of an STK push."""
    return _dump(
        {
            **_signed(account, now),
            "TransactionType": account.transaction_type.value,
            "Amount": int(order.amount),
            "PartyA": order.phone,
            "PartyB": account.party_b,
            "PhoneNumber": order.phone,
            "CallBackURL": order.callback_url,
            "AccountReference": order.account_reference,
            "TransactionDesc": order.description,
        }
    )


def query_body(account: MpesaAccount, checkout_request_id: str, now: datetime) -> bytes:
    """Write the body of an STK query; its password is fresh and need not be the push's."""
    return _dump({**_signed(account, now), "CheckoutRequestID": checkout_request_id})


def _signed(account: MpesaAccount, now: datetime) -> dict[str, str]:
    stamp = timestamp(now)
    return {
        "BusinessShortCode": account.shortcode,
        "Password": password(account.shortcode, account.passkey, stamp),
        "Timestamp": stamp,
    }


def _dump(body: Mapping[str, str | int]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


# What an answer proves


def push_answer(exchange: Exchange | NoToken) -> PushAnswer:
    """Say what became of an order for a prompt. Undocumented answers are unknown, never refused."""
    match exchange:
        case NotSent(why):
            return PushRefused(why.value, _UNSENT_TEXT[why], _TRY_AGAIN)
        case NoToken(code, reason):
            return PushRefused(code, reason, _advice(code, reason))
        case Lost(reason):
            return PushUnknown(reason)
    return _push_reply(exchange.status, _object(exchange.body))


def _push_reply(status: int, said: Mapping[str, object]) -> PushAnswer:
    checkout_id = _matched(_ID, said.get("CheckoutRequestID"))
    error = _error(said)
    if error is None and checkout_id and status in _SUCCESS and _plain(said.get("ResponseCode")) == "0":
        text = said.get("CustomerMessage") or said.get("ResponseDescription")
        return PushAccepted(_matched(_ID, said.get("MerchantRequestID")) or "", checkout_id, _clean(text))
    if checkout_id:  # the order has a number of Daraja's: it was taken in, whatever else the answer says
        return PushUnknown(f"Daraja numbered the order and did not accept it (HTTP {status})")
    code, text = error or (f"http_{status}", f"Daraja's gateway refused the request (HTTP {status}).")
    if _turned_away(status, code, text):
        return PushRefused(code, text, _advice(code, text))
    return PushUnknown(f"Daraja answered {code}: {text}" if error else f"the answer cannot be read (HTTP {status})")


def _turned_away(status: int, code: str, text: str) -> bool:
    """Say whether this answer rules out a prompt on the phone. A 500 code is judged by its text, not by its status."""
    lowered = text.lower()
    if code in _TOO_MUCH_CODES or code.startswith((*_TURNED_AWAY_CODES, _RATE_LIMIT)) or _MAINTENANCE in lowered:
        return True
    if code in _MIXED_CODES:
        return any(known in lowered for known in _NO_PROMPT_TEXTS)
    return status in _TURNED_AWAY and not code.startswith("500.")


def query_answer(exchange: Exchange | NoToken, checkout_request_id: str) -> QueryAnswer:
    """Say what Daraja knows of a prompt. Only a result code about this very prompt is a result."""
    match exchange:
        case NotSent(why):
            return QueryUnknown(_UNSENT_TEXT[why])
        case NoToken(_, reason) | Lost(reason):
            return QueryUnknown(reason)
    return _query_reply(exchange.status, _object(exchange.body), checkout_request_id)


def _query_reply(status: int, said: Mapping[str, object], asked: str) -> QueryAnswer:
    error = _error(said)
    if error is not None:
        code, text = error
        # The same code comes at random for prompts long finished, so even "being processed" only means: ask again.
        if code in _MIXED_CODES and (not text or "being processed" in text.lower()):
            return QueryPending(f"Daraja answered {code}: {text or 'no text'}")
        return QueryUnknown(f"Daraja answered {code}: {text}")
    result = _matched(_CODE, _plain(said.get("ResultCode")))
    if status not in _SUCCESS or _plain(said.get("ResponseCode")) != "0" or result is None:
        return QueryUnknown(f"the answer holds no result (HTTP {status})")
    if said.get("CheckoutRequestID", asked) != asked:
        return QueryUnknown("the answer is about another prompt")
    text = _clean(said.get("ResultDesc"))
    return QueryPending(text) if result == "4999" else QueryResult(result, text)


def token_answer(exchange: Exchange, now: datetime) -> Token | NoToken:
    """Read the answer to a request for a token.

    ``expires_in`` is seconds, as text or number; if it cannot be read the token serves once.
    """
    match exchange:
        case NotSent(why):
            return NoToken(why.value, _UNSENT_TEXT[why])
        case Lost(reason):
            return NoToken("no_token", f"M-PESA gave no access token: {reason}")
    status, body = exchange.status, exchange.body
    said = _object(body)
    value = _matched(_TOKEN, said.get("access_token"))
    if status in _SUCCESS and value is not None:
        seconds = _matched(_SECONDS, _plain(said.get("expires_in"))) or "0"
        life_s = min(int(seconds), TOKEN_LIFE_MAX_S)
        early_s = min(REFRESH_EARLY_S, life_s / 4)
        return Token(value, now + timedelta(seconds=life_s - early_s), now + timedelta(seconds=life_s))
    if status == _BAD_REQUEST and not body.strip():  # how Daraja says that it does not know this key and secret
        return NoToken("no_token", "M-PESA does not accept the consumer key and secret.")
    code, text = _error(said) or ("no_token", f"the answer cannot be read (HTTP {status})")
    return NoToken(code, f"M-PESA gave no access token: {text}")


def is_token_refused(exchange: Exchange) -> bool:
    """Say whether the gateway turned the request away because of its token, before Daraja saw it."""
    if not isinstance(exchange, Reply):
        return False
    said = _object(exchange.body)
    code, _ = _error(said) or ("", "")
    if "CheckoutRequestID" in said:
        return False
    return code.startswith(_TOKEN_CODES) or (exchange.status == _UNAUTHORIZED and not code.startswith("500."))


def is_outage(exchange: Exchange) -> bool:
    """Say whether this exchange speaks against the health of the host: no answer, or a 5xx that is none of Daraja's."""
    if isinstance(exchange, Lost):
        return True
    if isinstance(exchange, NotSent):
        return exchange.why is Unsent.CONNECT_FAILED
    code, _ = _error(_object(exchange.body)) or ("", "")
    return exchange.status >= _SERVER_ERROR and not (code[:1].isdigit() or code.startswith(_RATE_LIMIT))


def _advice(code: str, text: str) -> str:
    seen = f"{code} {text}".lower()
    return next((advice for sign, advice in _ADVICE if sign in seen), _TRY_AGAIN)


def _error(said: Mapping[str, object]) -> tuple[str, str] | None:
    """Find the code and text of an error, in Daraja's envelope or in the fault of its Apigee gateway."""
    if "errorCode" in said:
        return _matched(_CODE, _plain(said["errorCode"])) or "no_code", _clean(said.get("errorMessage"))
    fault = said.get("fault")
    if isinstance(fault, dict):
        detail = fault.get("detail")
        code = detail.get("errorcode") if isinstance(detail, dict) else None
        return _matched(_ID, code) or "fault", _clean(fault.get("faultstring"))
    return None


# Results


def outcome_of(code: str) -> Outcome:
    """Say what a result code proves. A code nobody has documented is undecided: it alone must not fail a payment."""
    known = RESULT_CODES.get(code)
    return known.outcome if known else Outcome.UNDECIDED


def explain(code: str) -> str:
    """Say a result code in a shopkeeper's words."""
    known = RESULT_CODES.get(code)
    if known:
        return known.words
    return f"M-PESA answered {code}, whose meaning is not on record. Check with the customer before you ask again."


def read_callback(body: bytes) -> StkResult:
    """Read the body Daraja posts to a CallBackURL.

    Items are found by name: their number and order have changed over the years. An item that is missing or makes no
    sense is None. Nothing is ever a float.
    Raises UnreadableCallback unless the body is an STK callback with a CheckoutRequestID and a ResultCode.
    """
    said = _object(body)
    for key in ("Body", "stkCallback"):
        inner = said.get(key)
        if not isinstance(inner, dict):
            raise UnreadableCallback(f"no {key}")
        said = inner
    checkout_id = _matched(_ID, said.get("CheckoutRequestID"))
    if checkout_id is None:
        raise UnreadableCallback("no CheckoutRequestID")
    code = _matched(_CODE, _plain(said.get("ResultCode")))
    if code is None:
        raise UnreadableCallback("no ResultCode")
    items = _items(said.get("CallbackMetadata"))
    return StkResult(
        checkout_request_id=checkout_id,
        merchant_request_id=_matched(_ID, said.get("MerchantRequestID")) or "",
        code=code,
        text=_clean(said.get("ResultDesc")),
        amount=_amount(items.get("Amount")),
        receipt=_matched(_RECEIPT, items.get("MpesaReceiptNumber")),
        phone=_matched(_PHONE_SENT, _plain(items.get("PhoneNumber"))),
        paid_at=_instant(items.get("TransactionDate")),
    )


def _items(metadata: object) -> Mapping[str, object]:
    listed = metadata.get("Item") if isinstance(metadata, dict) else None
    items: dict[str, object] = {}
    for item in listed if isinstance(listed, list) else []:
        name = item.get("Name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        if name in items and items[name] != item.get("Value"):
            raise UnreadableCallback("an item comes twice with different values")
        items[name] = item.get("Value")
    return items


def _amount(value: object) -> Decimal | None:
    """Read shillings exactly; None unless more than nothing, within bounds and without parts of a cent."""
    text = _matched(_SHILLINGS, _plain(value))
    if text is None:
        return None
    amount = Decimal(text)
    in_cents = amount.quantize(CENT)
    return in_cents if in_cents == amount and ZERO < amount <= AMOUNT_MAX else None


def _instant(value: object) -> datetime | None:
    stamp = _matched(_STAMP, _plain(value))
    if stamp is None:
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=EAT).astimezone(UTC)
    except ValueError:
        return None


# JSON


def _object(body: bytes) -> Mapping[str, object]:
    """Read a JSON object without ever making a float; anything else reads as an empty one."""
    try:
        said = json.loads(body, parse_float=Decimal, parse_constant=str)
    except (ValueError, InvalidOperation, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _plain(value: object) -> str | None:
    """Write a JSON text or number as text: codes, amounts, dates and phones come as either, and 0.0 means 0."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Decimal):
        return str(int(value)) if value.is_finite() and abs(value) < 10**20 and value == int(value) else str(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _matched(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _clean(value: object) -> str:
    """Make a text of Daraja's safe to store and show: bounded, and neither control characters nor halves of one."""
    text = value if isinstance(value, str) else ""
    return "".join(letter if letter.isprintable() else " " for letter in text[:TEXT_MAX]).strip()
