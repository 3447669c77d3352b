"""Reading what M-PESA says. Pure, and tolerant: items by name, numbers as text or number, anything may be missing.

Source: Safaricom's Daraja portal (Customer To Business, Transaction Status), recorded bodies where they differ, and
messages as they stood on phones in 2025 and 2026.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from payme.daraja import EAT, RECEIPT, amount_of, instant_of, read_object
from payme.kit.texts import printable
from payme.messages.errors import MessageNotUnderstood, UnreadableNotice
from payme.messages.types import ApiResult, C2bNotice, MessageKind, PhoneMessage

TEXT_MAX: Final = 300
NAME_MAX: Final = 120
REFERENCE_MAX: Final = 40
PHONE_MAX: Final = 100
MESSAGE_MAX: Final = 1000
"""Characters of a pasted text that are looked at; M-PESA's messages have about 250."""

_CODE: Final = re.compile(r"[\x21-\x7e]{1,32}")
_CONVERSATIONS: Final = ("ConversationID", "OriginatorConversationID")
_PARTY: Final = re.compile(r"\s*([0-9*+]+)\s*-?\s*(.*)")


# Bodies


def read_notice(body: bytes) -> C2bNotice:
    """Read a C2B confirmation or validation, whose body is the same. Raises UnreadableNotice unless it is one."""
    said = read_object(body)
    if "TransID" not in said or "TransAmount" not in said:
        raise UnreadableNotice("no TransID or no TransAmount")
    names = (_text(said.get(key), NAME_MAX) for key in ("FirstName", "MiddleName", "LastName"))
    receipt = _text(said.get("TransID"), TEXT_MAX).upper()
    return C2bNotice(
        shortcode=_text(said.get("BusinessShortCode"), TEXT_MAX),
        receipt=receipt if RECEIPT.fullmatch(receipt) else None,
        amount=_amount(said.get("TransAmount")),
        account_reference=_text(said.get("BillRefNumber"), REFERENCE_MAX),
        phone=_text(said.get("MSISDN"), PHONE_MAX),
        payer_name=" ".join(filter(None, names))[:NAME_MAX],
        paid_at=instant_of(said.get("TransTime")),
    )


def read_result(body: bytes) -> ApiResult:
    """Read the body posted to a ResultURL. Raises UnreadableNotice unless it has a Result with a ResultCode."""
    said = read_object(body).get("Result")
    if not isinstance(said, dict):
        raise UnreadableNotice("no Result")
    code = _text(said.get("ResultCode"), TEXT_MAX)
    if not _CODE.fullmatch(code):
        raise UnreadableNotice("no ResultCode")
    items = dict(_items(said.get("ResultParameters")))
    receipt = _text(items.get("receiptno"), TEXT_MAX).upper()
    credit, _ = _party(items.get("creditpartyname"))
    phone, name = _party(items.get("debitpartyname"))
    return ApiResult(
        code=code,
        text=_text(said.get("ResultDesc"), TEXT_MAX),
        receipt=receipt if RECEIPT.fullmatch(receipt) else None,
        amount=_amount(items.get("amount")),
        status=_text(items.get("transactionstatus"), TEXT_MAX),
        credit_party=credit,
        phone=phone,
        payer_name=name,
        paid_at=instant_of(items.get("finalisedtime")) or instant_of(items.get("initiatedtime")),
        reason_type=_text(items.get("reasontype"), TEXT_MAX),
        conversation_ids=tuple(filter(None, (_text(said.get(key), TEXT_MAX) for key in _CONVERSATIONS))),
        transaction_id=_text(said.get("TransactionID"), TEXT_MAX).upper(),
        original_receipt=_text(items.get("originaltransactionid"), TEXT_MAX).upper(),
    )


def _items(parameters: object) -> Iterator[tuple[str, object]]:
    """Yield items by name, whatever its case and spaces; the first of a name counts."""
    listed = parameters.get("ResultParameter") if isinstance(parameters, dict) else None
    seen = set()
    for item in listed if isinstance(listed, list) else [listed]:
        key = item.get("Key") if isinstance(item, dict) else None
        name = key.replace(" ", "").lower() if isinstance(key, str) else ""
        if isinstance(item, dict) and name and name not in seen:
            seen.add(name)
            yield name, item.get("Value")


def _party(value: object) -> tuple[str, str]:
    found = _PARTY.fullmatch(_text(value, TEXT_MAX))
    return (found[1][:PHONE_MAX], found[2][:NAME_MAX]) if found else ("", "")


def _text(value: object, length_max: int) -> str:
    """Write a JSON text or number as text that is safe to store and show; anything else is empty."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < 10**20 and value == int(value):
        value = int(value)  # 0.0 means 0
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    if isinstance(value, int) and abs(value) > 10**20:
        return ""
    shown = printable(str(value))
    return " ".join(shown.split())[:length_max]


def _amount(value: object) -> Decimal | None:
    """Read shillings exactly, with commas between thousands or without."""
    return amount_of(_text(value, TEXT_MAX).replace(",", ""))


# What payers type


_CODE_LENGTH: Final = 12
_NUMBER_LENGTH: Final = 9


def payment_code(typed: str) -> str | None:
    """Return the account reference that a payer meant, if it may be the code of a payment.

    The code is Crockford's base32: case, spaces and hyphens say nothing, O is 0, I and L are 1.
    """
    compact = re.sub(r"[^0-9A-Z]", "", typed.upper()).translate(str.maketrans("OIL", "011"))
    return compact if len(compact) == _CODE_LENGTH and "U" not in compact else None


def receipt_number(typed: str) -> int | None:
    """Return the number of the sale that a payer meant, if one was: 1024, #1024, "Receipt 1O24", "sale no. 1024"."""
    compact = re.sub(r"[^0-9A-Z]", "", typed.upper())
    compact = re.sub(r"^(RECEIPT|SALE|INVOICE|INV|ACC|ACCOUNT|S|R)?(NUMBER|NO|NR|N)?(?=[0-9OIL])", "", compact)
    digits = compact.translate(str.maketrans("OIL", "011"))
    is_number = digits.isdecimal() and digits.isascii() and any(sign.isdigit() for sign in compact)
    number = int(digits) if is_number and len(digits) <= _NUMBER_LENGTH else 0
    return number or None


# Messages on phones


_BEGIN: Final = re.compile(r"\b([A-Z0-9]{10})\b[\s.,:;-]*(?:CONFIRMED|IMETHIBITISHWA)")
_MONEY: Final = re.compile(r"\bK(?:SHS?|ES)\.?\s*([0-9][0-9,]*(?:\.[0-9]{1,2})?)")
_DATE: Final = re.compile(
    r"\b([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]((?:20)?[0-9]{2})\s*(?:AT|SAA)?\s*([0-9]{1,2}):([0-9]{2})\s*(AM|PM)?"
)
_SHOPS: Final = re.compile(r"\b(?:RECEIVED|UMEPOKEA|IMEPOKELEWA|ZIMEPOKELEWA|UMEPATA)\b")
_PAYERS: Final = re.compile(
    r"\b(?:SENT TO|PAID TO|UMELIPA|IMETUMWA KWA|ZIMETUMWA KWA|IMELIPWA KWA|ZIMELIPWA KWA|UMETUMA)\b"
)
_OTHER: Final = re.compile(
    r"\b(?:REVERS\w*|UMERUDISHWA|IMERUDISHWA|WITHDRAW\w*|TOA PESA|AIRTIME|FULIZA M-?PESA AMOUNT IS|FAILED|IMEFELI)\b"
)
_ACCOUNT: Final = re.compile(
    r"\b(?:FOR ACCOUNT(?: NUMBER)?|ACCOUNT NUMBER|KWA AKAUNTI(?: (?:NAMBARI|NAMBA|YA))?|AKAUNTI NAMBARI)\s+"
    r"(.{1,20}?)\s*(?=\bON\b|\bTAREHE\b|\bNEW\b|\bBAKI\b|\bSALIO\b|[.,]|$)"
)
_PAYER: Final = re.compile(
    r"(?:RECEIVED FROM|FROM|KUTOKA KWA)\s+(?:[0-9*+]{9,15}\s*-?\s*)?([^0-9.]{2,60}?)\s*"
    r"(?=[0-9*+]{9,15}|\.|\bON\b|\bTAREHE\b|\bACCOUNT\b|\bNEW\b|\bAKAUNTI\b|$)"
)
_NOON: Final = 12


def read_message(text: str) -> PhoneMessage:
    """Read a message of M-PESA that somebody pasted: the payer's or the shop's own, of a till or a paybill.

    It may be in English or Swahili; case, spaces and line breaks say nothing. Raises MessageNotUnderstood.
    """
    said = " ".join(text[:MESSAGE_MAX].split()).upper()
    begun = _BEGIN.search(said)
    if begun is None or begun[1].isdecimal():
        raise MessageNotUnderstood(missing="receipt number")
    rest = said[begun.end() :]
    other = _OTHER.search(rest)
    shops, payers = _SHOPS.search(rest), _PAYERS.search(rest)
    told = shops or payers
    if told is None or (other is not None and other.start() < told.start()):
        raise MessageNotUnderstood(missing="payment")
    money = _MONEY.search(rest)
    amount = _amount(money[1]) if money else None
    if amount is None:
        raise MessageNotUnderstood(missing="amount")
    account, payer = _ACCOUNT.search(rest), _PAYER.search(rest) if shops else None
    return PhoneMessage(
        kind=MessageKind.SHOPS if shops else MessageKind.PAYERS,
        receipt=begun[1],
        amount=amount,
        paid_at=_when(_DATE.search(rest)),
        payer_name=_text(payer[1], NAME_MAX) if payer else "",
        account_reference=_text(account[1], REFERENCE_MAX) if account else "",
    )


def _when(found: re.Match[str] | None) -> datetime | None:
    if found is None:
        return None
    day, month, year, hour, minute = (int(found[place]) for place in range(1, 6))
    if found[6]:
        hour = hour % _NOON + (_NOON if found[6] == "PM" else 0)
    try:
        return datetime(year % 100 + 2000, month, day, hour, minute, tzinfo=EAT).astimezone(UTC)
    except ValueError:
        return None
