"""Where messages may be sent, and how they are signed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.money import MoneyReceived
from payme.payments import PaymentMoved, PaymentState
from payme.webhooks import rules
from payme.webhooks.errors import AddressRefused, EndpointNotMovable
from payme.webhooks.models import Endpoint, Target
from payme.webhooks.types import ENDPOINT_MOVES, EndpointState, EventType

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.0.171",
    "192.88.99.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:a00:1::", "2001:0:7f00:1::", "64:ff9b:1::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "196.201.214.200"]
BAD_URLS = [
    "http://books.example/", "ftp://books.example/", "file:///etc/passwd", "https://", "https:///x", "books.example",
    "https://user@books.example/", "https://user:pw@books.example/", "https://books.example/#part",
    "https://books.example:99999/", "https://books.example:x/", "https://bóoks.example/", "https://books.example/ x",
    "https://books.example\\@127.0.0.1/", "https://books.example/\n", "https://" + "b" * 600 + ".example/",
    "javascript:1", "https://[::1/",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_message_leaves_for_a_network_of_our_own(address: str) -> None:
    target = Target("books.example", 443, is_plain=False)
    with pytest.raises(AddressRefused):
        rules.address_to_use(target, [address], loopback_allowed=False)
    with pytest.raises(AddressRefused):
        rules.address_to_use(target, ["8.8.8.8", address], loopback_allowed=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_messages_leave_for_the_internet(address: str) -> None:
    assert rules.address_to_use(Target("b", 443, is_plain=False), [address], loopback_allowed=False) == address


@pytest.mark.parametrize("url", BAD_URLS)
def test_only_a_plain_https_address_is_taken(url: str) -> None:
    with pytest.raises(AddressRefused):
        rules.target_of(url, loopback_allowed=False)


def test_with_the_simulator_this_machine_may_be_told_and_only_this_one() -> None:
    target = rules.target_of("http://localhost:9000/x", loopback_allowed=True)
    assert target == Target("localhost", 9000, is_plain=True)
    assert rules.target_of("http://localhost/", loopback_allowed=True).port == 80
    assert rules.target_of("https://books.example/", loopback_allowed=True).port == 443
    assert rules.address_to_use(target, ["127.0.0.1"], loopback_allowed=True) == "127.0.0.1"
    assert rules.address_to_use(target, ["::1"], loopback_allowed=True) == "::1"
    for address in ("8.8.8.8", "10.0.0.1"):
        with pytest.raises(AddressRefused):
            rules.address_to_use(target, [address], loopback_allowed=True)
    with pytest.raises(AddressRefused):
        rules.address_to_use(Target("b", 443, is_plain=False), ["10.0.0.1"], loopback_allowed=True)
    with pytest.raises(AddressRefused):
        rules.address_to_use(target, [], loopback_allowed=True)


def test_private_addresses_are_private_however_they_are_written() -> None:
    assert not any(rules.is_public(ip_address(address.partition("%")[0])) for address in PRIVATE)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the specification's own documents: secret, id, timestamp and body with their known signature."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = '{"test": 2432232314}'
    known = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = rules.signed("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body, [secret])
    assert headers["webhook-signature"] == f"v1,{known}"


def test_moves_of_an_endpoint_are_those_of_the_table() -> None:
    for before in EndpointState:
        for after in EndpointState:
            endpoint = _endpoint(before)
            if after is before or after in ENDPOINT_MOVES[before]:
                assert rules.move(endpoint, after) is after
            else:
                with pytest.raises(EndpointNotMovable):
                    rules.move(endpoint, after)


def _endpoint(state: EndpointState) -> Endpoint:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return Endpoint(uuid4(), "https://b.example/", "", ["sale.opened"], state, None, None, None, at, at)


AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("120", 120),
        ("86400", 86_400),
        ("86401", 86_400),
        ("9" * 400, 86_400),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("\u0665", 0),  # a five, in Arabic
        ("Sun, 22 Nov 2026 10:31:00 GMT", 60),
        ("Sun, 22 Nov 2026 10:31:00 -0000", 60),
        ("Sun, 22 Nov 2026 10:29:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ],
)
def test_a_receiver_is_spared_as_long_as_it_says_and_never_for_more_than_a_day(said: str, seconds: int) -> None:
    assert rules.spared(said, AT) == timedelta(seconds=seconds)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d ([+-]\d{1,9}|GMT)"))
def test_whatever_a_receiver_says_it_is_spared_for_a_day_at_the_most(said: str) -> None:
    assert timedelta() <= rules.spared(said, AT) <= timedelta(days=1)


def test_a_wait_is_never_less_than_what_was_asked() -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    assert rules.wait_after(1, 100, minute) == minute
    assert rules.wait_after(4, 100, minute) == 2 * hour
    assert rules.wait_after(10, 100, minute) is None


def moved(after: PaymentState) -> PaymentMoved:
    return PaymentMoved(uuid4(), uuid4(), before=PaymentState.SUBMITTED, after=after, evidence="callback", note="")


@pytest.mark.parametrize(
    ("after", "type_"),
    [
        (PaymentState.SUCCEEDED, EventType.PAYMENT_SUCCEEDED),
        (PaymentState.FAILED, EventType.PAYMENT_FAILED),
        (PaymentState.EXPIRED, EventType.PAYMENT_EXPIRED),
    ],
)
def test_a_payment_that_ended_is_news_without_a_receipt_where_no_money_came(
    after: PaymentState, type_: EventType
) -> None:
    [news] = rules.news_of([moved(after)])

    assert news.type == type_
    assert set(news.data) == {"payment_id", "sale_id", "method"}


def test_a_payment_that_succeeded_by_money_names_its_receipt() -> None:
    money = MoneyReceived(uuid4(), "600996", "TKR1A2B3C4", Decimal("300.00"), "callback")

    telling, told = rules.news_of([moved(PaymentState.SUCCEEDED), money])

    assert (telling.data["amount"], telling.data["receipt"]) == ("300.00", "TKR1A2B3C4")
    assert told.type == EventType.MONEY_RECEIVED


def test_a_payment_that_failed_beside_money_names_none() -> None:
    money = MoneyReceived(uuid4(), "600996", "TKR1A2B3C4", Decimal("300.00"), "callback")

    [failed, _] = rules.news_of([moved(PaymentState.FAILED), money])

    assert "receipt" not in failed.data


def test_nothing_that_happened_is_no_news() -> None:
    assert rules.news_of([]) == []


def test_a_payment_that_is_still_under_way_is_no_news() -> None:
    assert rules.news_of([moved(PaymentState.UNKNOWN)]) == []
