"""Daraja's wire format, read and written: what is sent, and what an answer proves. Pure.

The one question behind every decision about a push: can the prompt be on the customer's phone? If that cannot be ruled
out the answer is unknown, because a second prompt may charge twice. If it is ruled out the answer is refused, because a
customer waits.

Source: Safaricom's Daraja portal (M-Pesa Express, M-Pesa Express Query, Authorization), and recorded answers where they
differ.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from payme.daraja import (
    CODE,
    ID,
    PHONE_SENT,
    RATE_LIMIT,
    RECEIPT,
    UNSENT_TEXT,
    Exchange,
    Lost,
    NoToken,
    NotSent,
    Unsent,
    amount_of,
    clean,
    dump,
    error_of,
    instant_of,
    is_success,
    matched,
    plain,
    read_object,
    timestamp,
)
from payme.mpesa.errors import UnreadableCallback
from payme.mpesa.types import (
    RESULT_CODES,
    MpesaAccount,
    NotAsked,
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

_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
# A gateway that answers with one of these turned the request away at the door. Not here, and so unknown: 408 and 499,
# which a proxy may say while the request is already being worked on, and 409, which nothing on record explains.
_TURNED_AWAY: Final = frozenset({_BAD_REQUEST, _UNAUTHORIZED, 403, 404, 405, 406, 411, 413, 414, 415, 429})
_TURNED_AWAY_CODES: Final = ("400.", "401.", "403.", "404.", "405.")
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
_HELD: Final = frozenset({Unsent.BREAKER_OPEN, Unsent.PACED, Unsent.BOOKS_AWAY})

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


# What is sent


def password(shortcode: str, passkey: str, stamp: str) -> str:
    """Make the password of one request; ``stamp`` must be the very Timestamp sent beside it."""
    return base64.b64encode(f"{shortcode}{passkey}{stamp}".encode()).decode()


def push_body(account: MpesaAccount, order: PushOrder, now: datetime) -> bytes:
    """Write the body of an STK push."""
    return dump(
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
    return dump({**_signed(account, now), "CheckoutRequestID": checkout_request_id})


def _signed(account: MpesaAccount, now: datetime) -> dict[str, str]:
    stamp = timestamp(now)
    return {
        "BusinessShortCode": account.shortcode,
        "Password": password(account.shortcode, account.passkey, stamp),
        "Timestamp": stamp,
    }


# What an answer proves


def push_answer(exchange: Exchange | NoToken) -> PushAnswer:
    """Say what became of an order for a prompt. Undocumented answers are unknown, never refused."""
    match exchange:
        case NotSent(why):
            return PushRefused(why.value, UNSENT_TEXT[why], _TRY_AGAIN)
        case NoToken(code, reason):
            return PushRefused(code, reason, _advice(code, reason))
        case Lost(reason):
            return PushUnknown(reason)
    return _push_reply(exchange.status, read_object(exchange.body))


def _push_reply(status: int, said: Mapping[str, object]) -> PushAnswer:
    checkout_id = matched(ID, said.get("CheckoutRequestID"))
    error = error_of(said)
    if error is None and checkout_id and is_success(status) and plain(said.get("ResponseCode")) == "0":
        text = said.get("CustomerMessage") or said.get("ResponseDescription")
        return PushAccepted(matched(ID, said.get("MerchantRequestID")) or "", checkout_id, clean(text))
    if checkout_id:  # the order has a number of Daraja's: it was taken in, whatever else the answer says
        return PushUnknown(f"Daraja numbered the order and did not accept it (HTTP {status})")
    code, text = error or (f"http_{status}", f"Daraja's gateway refused the request (HTTP {status}).")
    if _turned_away(status, code, text):
        return PushRefused(code, text, _advice(code, text))
    return PushUnknown(f"Daraja answered {code}: {text}" if error else f"the answer cannot be read (HTTP {status})")


def _turned_away(status: int, code: str, text: str) -> bool:
    """Say whether this answer rules out a prompt on the phone. A 500 code is judged by its text, not by its status."""
    lowered = text.lower()
    if code in _TOO_MUCH_CODES or code.startswith((*_TURNED_AWAY_CODES, RATE_LIMIT)) or _MAINTENANCE in lowered:
        return True
    if code in _MIXED_CODES:
        return any(known in lowered for known in _NO_PROMPT_TEXTS)
    return status in _TURNED_AWAY and not code.startswith("500.")


def query_answer(exchange: Exchange | NoToken, checkout_request_id: str) -> QueryAnswer:
    """Say what Daraja knows of a prompt. Only a result code about this very prompt is a result."""
    match exchange:
        case NotSent(why, again_at):
            return NotAsked(UNSENT_TEXT[why], again_at) if why in _HELD else QueryUnknown(UNSENT_TEXT[why])
        case NoToken(_, reason) | Lost(reason):
            return QueryUnknown(reason)
    return _query_reply(exchange.status, read_object(exchange.body), checkout_request_id)


def _query_reply(status: int, said: Mapping[str, object], asked: str) -> QueryAnswer:
    error = error_of(said)
    if error is not None:
        code, text = error
        # The same code comes at random for prompts long finished, so even "being processed" only means: ask again.
        if code in _MIXED_CODES and (not text or "being processed" in text.lower()):
            return QueryPending(f"Daraja answered {code}: {text or 'no text'}")
        return QueryUnknown(f"Daraja answered {code}: {text}")
    result = matched(CODE, plain(said.get("ResultCode")))
    if not is_success(status) or plain(said.get("ResponseCode")) != "0" or result is None:
        return QueryUnknown(f"the answer holds no result (HTTP {status})")
    if said.get("CheckoutRequestID", asked) != asked:
        return QueryUnknown("the answer is about another prompt")
    text = clean(said.get("ResultDesc"))
    return QueryPending(text) if result == "4999" else QueryResult(result, text)


def advise(code: str, text: str) -> str:
    """Say what a shopkeeper can do about a push that was refused."""
    return _advice(code, text)


def _advice(code: str, text: str) -> str:
    seen = f"{code} {text}".lower()
    return next((advice for sign, advice in _ADVICE if sign in seen), _TRY_AGAIN)


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
    said = read_object(body)
    for key in ("Body", "stkCallback"):
        inner = said.get(key)
        if not isinstance(inner, dict):
            raise UnreadableCallback(f"no {key}")
        said = inner
    checkout_id = matched(ID, said.get("CheckoutRequestID"))
    if checkout_id is None:
        raise UnreadableCallback("no CheckoutRequestID")
    code = matched(CODE, plain(said.get("ResultCode")))
    if code is None:
        raise UnreadableCallback("no ResultCode")
    items = _items(said.get("CallbackMetadata"))
    return StkResult(
        checkout_request_id=checkout_id,
        merchant_request_id=matched(ID, said.get("MerchantRequestID")) or "",
        code=code,
        text=clean(said.get("ResultDesc")),
        amount=amount_of(items.get("Amount")),
        receipt=matched(RECEIPT, items.get("MpesaReceiptNumber")),
        phone=matched(PHONE_SENT, plain(items.get("PhoneNumber"))),
        paid_at=instant_of(items.get("TransactionDate")),
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
