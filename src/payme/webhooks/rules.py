"""Decisions of webhooks: what is news, how it is signed, where it may be sent, when it is tried again."""

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from uuid import UUID

from pydantic_core import to_json

from payme.credit import CreditMoved, EntryKind
from payme.kit.events import Event
from payme.kit.secrets import Keyring
from payme.money import MoneyReceived
from payme.payments import CashTaken, PaymentMoved, PaymentRequested, PaymentState
from payme.sales import SaleCancelled, SaleCompleted, SaleOpened, SaleReturned, SaleVoided
from payme.settlement import LateMoney, Overpaid
from payme.webhooks.errors import AddressRefused, EndpointNotMovable, TooManyEndpoints
from payme.webhooks.models import Claimed, Endpoint, Fact, News, Target
from payme.webhooks.types import (
    ENDPOINT_MOVES,
    ENDPOINTS_MAX,
    URL_MAX,
    WAITS,
    EndpointState,
    EventType,
)

SECRET_PREFIX = "whsec_"  # noqa: S105  not a secret: what every secret begins with
_HTTPS, _HTTP = 443, 80
_DIGITS_MAX = 9
_MOVED = {
    PaymentState.SUCCEEDED: EventType.PAYMENT_SUCCEEDED,
    PaymentState.FAILED: EventType.PAYMENT_FAILED,
    PaymentState.EXPIRED: EventType.PAYMENT_EXPIRED,
}
_OWED = {EntryKind.SALE: EventType.DEBT_OPENED, EntryKind.REPAYMENT: EventType.DEBT_REPAID}
# What Python calls global on some versions: assignments of protocols, and addresses that stand for an IPv4 one, which
# could be private (NAT64, 6to4 and its relays, Teredo).
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


def news_of(events: Sequence[Event]) -> list[News]:
    """Return what a transaction's events are to the outside: ids, amounts and words, never a name or a telephone."""
    received = [event for event in events if isinstance(event, MoneyReceived)]
    money = received[0] if len(received) == 1 else None
    return [news for event in events if (news := _of_sale(event) or _of_money(event, money)) is not None]


def _of_sale(event: Event) -> News | None:
    data: dict[str, Fact]
    match event:
        case SaleOpened() | SaleCompleted():
            kind = EventType.SALE_OPENED if isinstance(event, SaleOpened) else EventType.SALE_COMPLETED
            data = {"sale_id": str(event.subject_id), "number": event.number, "total": f"{event.total:.2f}"}
        case SaleReturned():
            kind, data = EventType.SALE_RETURNED, {"sale_id": str(event.subject_id), "number": event.number}
            data |= {"return_id": str(event.return_id), "amount": f"{event.amount:.2f}", "state": str(event.state)}
        case SaleCancelled() | SaleVoided():
            kind = EventType.SALE_CANCELLED if isinstance(event, SaleCancelled) else EventType.SALE_VOIDED
            data = {"sale_id": str(event.subject_id), "number": event.number}
            data |= {"cash_returned": f"{event.cash_returned:.2f}", "mpesa_released": f"{event.mpesa_released:.2f}"}
        case CreditMoved() if EntryKind(event.kind) in _OWED:
            kind, data = _OWED[EntryKind(event.kind)], _owed(event)
        case _:
            return None
    return News(kind, data)


def _of_money(event: Event, money: MoneyReceived | None) -> News | None:
    data: dict[str, Fact]
    match event:
        case PaymentRequested():
            kind, data = EventType.PAYMENT_REQUESTED, _payment(event.subject_id, event.sale_id, "mpesa")
            data |= {"amount": f"{event.amount:.2f}", "account_reference": event.account_reference}
        case CashTaken():
            kind, data = EventType.PAYMENT_SUCCEEDED, _payment(event.subject_id, event.sale_id, "cash")
            data["amount"] = f"{event.amount:.2f}"
        case PaymentMoved() if PaymentState(event.after) in _MOVED:
            kind, data = _MOVED[PaymentState(event.after)], _payment(event.subject_id, event.sale_id, "mpesa")
            data |= _paid_with(event, money)
        case MoneyReceived():
            kind, data = EventType.MONEY_RECEIVED, {"money_in_id": str(event.subject_id), "receipt": event.receipt}
            data |= {"amount": f"{event.amount:.2f}", "shortcode": event.shortcode}
        case LateMoney() | Overpaid():
            kind = EventType.MONEY_LATE if isinstance(event, LateMoney) else EventType.MONEY_OVERPAID
            data = {"money_in_id": str(event.subject_id), "sale_id": str(event.sale_id)}
            data["amount"] = f"{event.amount:.2f}"
        case _:
            return None
    return News(kind, data)


def _payment(payment_id: UUID, sale_id: UUID | None, method: str) -> dict[str, Fact]:
    return {"payment_id": str(payment_id), "sale_id": None if sale_id is None else str(sale_id), "method": method}


def _paid_with(event: PaymentMoved, money: MoneyReceived | None) -> dict[str, Fact]:
    if money is None or event.after != PaymentState.SUCCEEDED:
        return {}
    return {"amount": f"{money.amount:.2f}", "receipt": money.receipt}


def _owed(event: CreditMoved) -> dict[str, Fact]:
    """Say what a sale or a repayment did to what a customer owes."""
    data: dict[str, Fact] = {"credit_account_id": str(event.subject_id)}
    if event.sale_id is not None:
        data["sale_id"] = str(event.sale_id)
    else:
        data["credit_payment_id"] = str(event.credit_payment_id)
        data["to_customer_credit"] = f"{event.credit_after - event.credit_before:.2f}"
    data["amount"] = f"{abs(event.due_after - event.due_before):.2f}"
    return data | {"balance_due": f"{event.due_after:.2f}"}


def payload(news: News, business_id: UUID, at: datetime) -> str:
    """Write the body of a message, as the Standard Webhooks specification has it."""
    data = {"business_id": str(business_id), **news.data}
    return to_json({"type": news.type.value, "timestamp": at.isoformat(), "data": data}).decode()


def new_secret(randomness: str) -> str:
    """Return a secret of 256 bits in the form of the specification, made of what is random."""
    return SECRET_PREFIX + base64.b64encode(hashlib.sha256(randomness.encode()).digest()).decode()


def about(business_id: UUID, endpoint_id: UUID) -> bytes:
    """Return what a sealed secret is bound to."""
    return f"webhook_endpoints {business_id} {endpoint_id}".encode()


def open_secrets(ring: Keyring, business_id: UUID, claimed: Claimed, at: datetime) -> list[str]:
    """Return the secrets that sign now, the newest first; raises SecretUnreadable."""
    binding = about(business_id, claimed.endpoint_id)
    secrets = [ring.open(claimed.secret, binding, claimed.key_version)]
    if claimed.old_secret is not None and claimed.old_version and claimed.old_until and at < claimed.old_until:
        secrets.append(ring.open(claimed.old_secret, binding, claimed.old_version))
    return secrets


def headers(message_id: UUID, at: datetime, body: str, secrets: Iterable[str]) -> dict[str, str]:
    """Return what identifies and signs a message that leaves now."""
    return signed(f"msg_{message_id.hex}", str(int(at.timestamp())), body, secrets)


def signed(identifier: str, timestamp: str, body: str, secrets: Iterable[str]) -> dict[str, str]:
    """Return the headers of the Standard Webhooks specification: a signature for each secret, with spaces between."""
    content = f"{identifier}.{timestamp}.{body}".encode()
    signatures = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        signatures.append("v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode())
    return {"webhook-id": identifier, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def target_of(url: str, *, loopback_allowed: bool) -> Target:
    """Return where a URL leads; raises AddressRefused for what is not a plain https address.

    http is for a receiver on this machine, where such are allowed at all.
    """
    if len(url) > URL_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused("it is not a URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("it is not a URL") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback_allowed):
        raise AddressRefused("it does not begin with https://")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("it must have a host, and neither a user nor a fragment")
    is_plain = parts.scheme == "http"
    return Target(parts.hostname, port or (_HTTP if is_plain else _HTTPS), is_plain)


def address_to_use(target: Target, addresses: Sequence[str], *, loopback_allowed: bool) -> str:
    """Return the address to connect to; raises AddressRefused where any of them leads into a network of our own."""
    if not addresses:
        raise AddressRefused("its name is not known")
    for address in addresses:
        ip = ip_address(address.partition("%")[0])
        if loopback_allowed and ip.is_loopback:
            continue
        if target.is_plain:
            raise AddressRefused("http is only for this machine")
        if not is_public(ip):
            raise AddressRefused("it leads into a private network")
    return addresses[0]


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Say whether an address is one of the public internet, and no other address in disguise."""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        return is_public(ip.ipv4_mapped)
    if any(ip in network for network in _NOT_PUBLIC) or (isinstance(ip, IPv6Address) and ip.is_site_local):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def wait_after(tries: int, percent: int, spared: timedelta = timedelta()) -> timedelta | None:
    """Return how long to wait after so many tries, ``percent`` of the plan (100 is the plan); None after the last.

    It is never less than what the receiver asked to be ``spared``.
    """
    return max(WAITS[tries - 1] * percent / 100, spared) if tries <= len(WAITS) else None


def spared(retry_after: str, at: datetime) -> timedelta:
    """Return how long a receiver asks to be sent nothing: seconds or a date (RFC 9110, 10.2.3), at most ``WAITS[-1]``.

    Nothing where it asks for nothing, or for what cannot be read.
    """
    try:
        if retry_after.isascii() and retry_after.isdigit():
            asked = timedelta(seconds=int(retry_after[:_DIGITS_MAX]))
        else:
            date = parsedate_to_datetime(retry_after)
            asked = (date if date.tzinfo else date.replace(tzinfo=UTC)) - at
    except ValueError:
        return timedelta()
    return max(timedelta(), min(asked, WAITS[-1]))


def may_add(endpoints: Collection[Endpoint]) -> None:
    """Raise TooManyEndpoints at the limit."""
    if len(endpoints) >= ENDPOINTS_MAX:
        raise TooManyEndpoints(ENDPOINTS_MAX)


def move(endpoint: Endpoint, target: EndpointState) -> EndpointState:
    """Return the state after a move; raises EndpointNotMovable. Staying is no move."""
    if target is not endpoint.state and target not in ENDPOINT_MOVES[endpoint.state]:
        raise EndpointNotMovable(endpoint.id, endpoint.state, target)
    return target
