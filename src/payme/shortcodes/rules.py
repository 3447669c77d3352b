"""The wire format of the calls about a shortcode, written and read. Pure.

Source: Safaricom's Daraja portal (C2B, Transaction Status, Reversals, Pull Transactions), and recorded answers.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from payme.daraja import (
    EAT,
    ID,
    PHONE_SENT,
    RATE_LIMIT,
    RECEIPT,
    UNSENT_TEXT,
    Exchange,
    Lost,
    NoToken,
    NotSent,
    amount_of,
    clean,
    dump,
    error_of,
    is_success,
    matched,
    plain,
    read_object,
)
from payme.shortcodes.types import (
    Initiator,
    OrderAnswer,
    PullAnswer,
    Pulled,
    PulledMoney,
    Refused,
    ResultPaths,
    Taken,
    Unknown,
)

_DONE: Final = frozenset({"0", "00000000"})
_PULLED: Final = frozenset({"1000", "0"})
_NOTHING: Final = "1001"
_TURNED_AWAY: Final = ("400.", "401.", "403.", "404.", "405.", RATE_LIMIT)
_TOO_MUCH: Final = frozenset({"500.003.02", "500.003.03"})
_NO_PRODUCT: Final = "401.003.01"


def security_credential(password: str, certificate: bytes) -> str:
    """Seal an initiator's password with Safaricom's certificate in PEM: RSA, PKCS#1 v1.5, base64.

    Its dates are not looked at: the certificates that Safaricom hands out ended years ago.
    """
    key = load_pem_x509_certificate(certificate).public_key()
    assert isinstance(key, RSAPublicKey), "Safaricom's certificates hold RSA keys"  # noqa: S101
    return base64.b64encode(key.encrypt(password.encode(), PKCS1v15())).decode()


def register_body(shortcode: str, confirmation_url: str, validation_url: str) -> bytes:
    """Write where confirmations and validations go; a payment completes where validation does not answer."""
    return dump(
        {
            "ShortCode": shortcode,
            "ResponseType": "Completed",
            "ConfirmationURL": confirmation_url,
            "ValidationURL": validation_url,
        }
    )


def status_body(shortcode: str, initiator: Initiator, receipt: str, paths: ResultPaths) -> bytes:
    """Write a question about one receipt."""
    return dump(
        {
            "Initiator": initiator.name,
            "SecurityCredential": initiator.security_credential,
            "CommandID": "TransactionStatusQuery",
            "TransactionID": receipt,
            "PartyA": shortcode,
            "IdentifierType": "4",
            "ResultURL": paths.result_url,
            "QueueTimeOutURL": paths.timeout_url,
            "Remarks": "Status",
            "Occasion": "Status",
        }
    )


def reversal_body(shortcode: str, initiator: Initiator, receipt: str, amount: Decimal, paths: ResultPaths) -> bytes:
    """Write an order to give a payment back; one key is misspelt by Daraja."""
    return dump(
        {
            "Initiator": initiator.name,
            "SecurityCredential": initiator.security_credential,
            "CommandID": "TransactionReversal",
            "TransactionID": receipt,
            "Amount": str(int(amount)),
            "ReceiverParty": shortcode,
            "RecieverIdentifierType": "11",
            "ResultURL": paths.result_url,
            "QueueTimeOutURL": paths.timeout_url,
            "Remarks": "Payment reversal",
            "Occasion": "Reversal",
        }
    )


def pull_registration_body(shortcode: str, nominated_phone: str, callback_url: str) -> bytes:
    """Write the registration for pulling; the phone must be the one Safaricom knows of the organisation."""
    return dump(
        {
            "ShortCode": shortcode,
            "RequestType": "Pull",
            "NominatedNumber": nominated_phone,
            "CallBackURL": callback_url,
        }
    )


def pull_body(shortcode: str, start: datetime, end: datetime, offset: int) -> bytes:
    """Write a question for the payments of a time, which must lie within the last 48 hours."""
    return dump(
        {
            "ShortCode": shortcode,
            "StartDate": _written(start),
            "EndDate": _written(end),
            "OffSetValue": str(offset),
        }
    )


def _written(at: datetime) -> str:
    return at.astimezone(EAT).strftime("%Y-%m-%d %H:%M:%S")


def is_other_version(exchange: Exchange | NoToken) -> bool:
    """Say whether the app has the other version of this product."""
    if isinstance(exchange, NotSent | Lost | NoToken):
        return False
    code, _ = error_of(read_object(exchange.body)) or ("", "")
    return code == _NO_PRODUCT


def order_answer(exchange: Exchange | NoToken) -> OrderAnswer:
    """Say what became of an order. Undocumented answers are unknown, never refused."""
    said = _said(exchange)
    if isinstance(said, Refused | Unknown):
        return said
    code = plain(said.get("ResponseCode") or said.get("ResponseStatus") or said.get("Response Status"))
    if code not in _DONE | _PULLED | {_NOTHING}:  # 1001: registered before
        return Unknown(f"Daraja answered {code}")
    names = ("ConversationID", "OriginatorConversationID", "OriginatorCoversationID", "ResponseRefID")
    found = next(filter(None, (matched(ID, said.get(name)) for name in names)), "")
    return Taken(found)


def pull_answer(exchange: Exchange | NoToken) -> PullAnswer:
    """Read a page of payments; rows without a receipt are counted and left out."""
    said = _said(exchange)
    if isinstance(said, Refused | Unknown):
        return said
    code = plain(said.get("ResponseCode"))
    if code == _NOTHING:
        return Pulled((), 0)
    if code not in _PULLED:
        return Unknown(f"Daraja answered {code}")
    rows = [row for row in _flat(said.get("Response")) if isinstance(row, dict) and row]
    return Pulled(tuple(money for row in rows if (money := _money(row)) is not None), len(rows))


def _said(exchange: Exchange | NoToken) -> Mapping[str, object] | Refused | Unknown:
    match exchange:
        case NotSent(why, again_at):
            return Refused(why.value, UNSENT_TEXT[why], again_at)
        case NoToken(code, reason):
            return Refused(code, reason)
        case Lost(reason):
            return Unknown(reason)
    said = read_object(exchange.body)
    error = error_of(said)
    if error is not None:
        return Refused(*error) if _turned_away(*error) else Unknown(": ".join(error))
    return said if is_success(exchange.status) else Unknown(f"the answer cannot be read (HTTP {exchange.status})")


def _turned_away(code: str, text: str) -> bool:
    """Say whether an error rules out that the order was taken; a 500 code does only where its text is known to."""
    if code.startswith(_TURNED_AWAY) or code in _TOO_MUCH:
        return True
    return any(known in text.lower() for known in ("already registered", "under maintenance"))


def _flat(listed: object) -> list[object]:
    """Take a list of rows, or a list of lists of rows, as Daraja has it."""
    if not isinstance(listed, list):
        return []
    return [row for part in listed for row in (part if isinstance(part, list) else [part])]


def _money(row: Mapping[str, object]) -> PulledMoney | None:
    receipt = matched(RECEIPT, row.get("transactionId"))
    if receipt is None:
        return None
    return PulledMoney(
        receipt,
        amount_of(row.get("amount")),
        clean(row.get("billreference")),
        matched(PHONE_SENT, plain(row.get("msisdn"))) or "",
        _instant(row.get("trxDate")),
    )


def _instant(value: object) -> datetime | None:
    """Read a time that says Z and is, as far as is known, East Africa's."""
    try:
        written = datetime.fromisoformat(plain(value) or "")
    except ValueError:
        return None
    return written.replace(tzinfo=EAT).astimezone(UTC)
