"""What Daraja refuses before anything happens: the body, field by field, in Daraja's order and words. Pure."""

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from payme.simulator.errors import GatewayRefusal, bad_field, merchant_refusal
from payme.simulator.models import Merchant, PushRequest, QueryRequest
from payme.simulator.types import EAT

AMOUNT_MAX = 250_000
BODY_MAX_BYTES = 64 * 1024
FIELD_MAX = 1_000
TRANSACTION_TYPES = frozenset({"CustomerPayBillOnline", "CustomerBuyGoodsOnline"})

_SHORTCODE = re.compile(r"[0-9]{5,7}")
_TIMESTAMP = re.compile(r"[0-9]{14}")
_WHOLE = re.compile(r"[0-9]{1,12}")
_PHONE = re.compile(r"254[17][0-9]{8}")
_OTHER_NETWORKS = re.compile(r"254(73|75[0-6]|78[5-9]|77|10)[0-9]+")


def parse_body(content_type: str, body: bytes) -> Mapping[str, object]:
    """Read a JSON object. A form is refused as a bad shortcode, as Daraja does; anything else as a bad payload."""
    if "json" not in content_type.lower() and body[:1] not in {b"{", b"["}:
        raise bad_field("BusinessShortCode")
    try:
        parsed = json.loads(body) if len(body) <= BODY_MAX_BYTES else None
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise GatewayRefusal(400, "400.002.05", "Invalid Request Payload")
    return parsed


def read_push(body: Mapping[str, object], *, strict_callback_urls: bool) -> PushRequest:
    """Check every field of a push. Raises GatewayRefusal 400.002.02 naming the first bad one."""
    shortcode, password, timestamp = _read_credentials(body)
    transaction_type = text_of(body, "TransactionType")
    if transaction_type not in TRANSACTION_TYPES:
        raise bad_field("TransactionType")
    return PushRequest(
        shortcode=shortcode,
        password=password,
        timestamp=timestamp,
        transaction_type=transaction_type,
        amount=amount_of(body),
        party_a=_matching(body, "PartyA", _PHONE),
        party_b=_matching(body, "PartyB", _SHORTCODE),
        phone=_matching(body, "PhoneNumber", _PHONE),
        callback_url=_callback_url(body, strict=strict_callback_urls),
        account_reference=text_of(body, "AccountReference"),
        description=text_of(body, "TransactionDesc", called="Remarks"),
    )


def read_query(body: Mapping[str, object]) -> QueryRequest:
    """Check every field of an STK query. Raises GatewayRefusal 400.002.02 naming the first bad one."""
    shortcode, password, timestamp = _read_credentials(body)
    return QueryRequest(shortcode, password, timestamp, text_of(body, "CheckoutRequestID"))


def check_credentials(merchants: Mapping[str, Merchant], app: str, request: PushRequest | QueryRequest) -> Merchant:
    """Find the merchant and check the password it made. Raises GatewayRefusal 500.001.1001.

    A shortcode of another app does not exist for this one. The password must decode to exactly shortcode, passkey
    and the very timestamp sent beside it.
    """
    merchant = merchants.get(request.shortcode)
    if merchant is None or merchant.consumer_key != app:
        raise merchant_refusal("Merchant does not exist")
    try:
        decoded = base64.b64decode(request.password, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if decoded != f"{merchant.shortcode}{merchant.passkey}{request.timestamp}".encode():
        raise merchant_refusal("Wrong credentials")
    return merchant


def check_product(merchant: Merchant, request: PushRequest) -> None:
    """Refuse a paybill that sells goods as a till. The mirror mistake is found only after the PIN (see `rules`)."""
    if merchant.till is None and request.transaction_type != merchant.transaction_type:
        raise bad_field("TransactionType")


def check_network(phone: str) -> None:
    """Refuse a number of another network: the core finds no SIM card for it."""
    if _OTHER_NETWORKS.fullmatch(phone):
        raise merchant_refusal("[CBS - ] No ICCID found")


def is_usable_url(url: str, *, strict: bool) -> bool:
    """Whether letters can be sent there; a strict Daraja sends to public HTTPS addresses only."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"[<>\s]", url)
        return usable and (parts.port is None or parts.port > 0) and (not strict or is_public_url(url))
    except ValueError:
        return False


def is_public_url(url: str) -> bool:
    """Whether Daraja would accept this callback URL: HTTPS, a public host, in lower case. It need not resolve."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].partition(":")[0]
    if parts.scheme != "https" or host != host.lower() or "." not in host or host.endswith(".localhost"):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True


def _read_credentials(body: Mapping[str, object]) -> tuple[str, str, str]:
    shortcode = _matching(body, "BusinessShortCode", _SHORTCODE)
    password = text_of(body, "Password")
    timestamp = _matching(body, "Timestamp", _TIMESTAMP)
    try:
        datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=EAT)
    except ValueError:
        raise bad_field("Timestamp") from None
    return shortcode, password, timestamp


def text_of(body: Mapping[str, object], name: str, *, called: str | None = None) -> str:
    """Take a field as text; Daraja takes a JSON number or a string wherever digits are meant."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > FIELD_MAX:
        raise bad_field(called or name)
    return value


def one_of(body: Mapping[str, object], name: str, allowed: Collection[str]) -> str:
    """Take a field that has one of a few values. Raises GatewayRefusal 400.002.02."""
    value = text_of(body, name)
    if value not in allowed:
        raise bad_field(name)
    return value


def phone_of(body: Mapping[str, object], name: str) -> str:
    """Take a phone number in 12 digits. Raises GatewayRefusal 400.002.02."""
    return _matching(body, name, _PHONE)


def whole_of(body: Mapping[str, object], name: str) -> int:
    """Take a whole number that is not negative. Raises GatewayRefusal 400.002.02."""
    return int(_matching(body, name, _WHOLE))


def _matching(body: Mapping[str, object], name: str, pattern: re.Pattern[str]) -> str:
    text = text_of(body, name)
    if not pattern.fullmatch(text):
        raise bad_field(name)
    return text


def amount_of(body: Mapping[str, object]) -> int:
    """Take whole shillings within the limits of one payment. Raises GatewayRefusal 400.002.02."""
    amount = int(_matching(body, "Amount", _WHOLE))
    if not 1 <= amount <= AMOUNT_MAX:
        raise bad_field("Amount")
    return amount


def _callback_url(body: Mapping[str, object], *, strict: bool) -> str:
    url = text_of(body, "CallBackURL")
    if not is_usable_url(url, strict=strict):
        raise bad_field("CallBackURL")
    return url
