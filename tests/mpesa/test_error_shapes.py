"""Daraja says no in shapes of its own, of its gateway's and of what stands before that; each is understood everywhere.

An order that may have been taken is unknown, one that was turned away is refused. A question is asked again where
nobody answered, and proves nothing else. Without a token nothing is sent.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from payme.daraja import Wire
from payme.mpesa import (
    DarajaClient,
    MpesaAccount,
    NotAsked,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryPending,
    QueryUnknown,
)
from payme.shortcodes import Initiator, Refused, ResultPaths, ShortcodeClient, Unknown
from payme.shortcodes.services import PULL_PATH, REVERSAL_PATH, STATUS_PATH
from tests.mpesa.gateway import (
    CHECKOUT_ID,
    FIREWALL,
    PUSH,
    QUERY,
    SOAP_FAULT,
    SPIKE,
    TOKEN,
    Answer,
    Fault,
    Gateway,
    Http,
    ShopClock,
    as_json,
    envelope,
)

HTML = b"<html><head>Request unsuccessful. Incapsula incident ID: 0-0</head></html>"


@dataclass(frozen=True)
class Shape:
    """An answer, and what it means for an order and for a question; how often a question is asked then."""

    answer: Answer
    push: type = PushUnknown
    query: type = QueryUnknown
    order: type = Unknown
    times: int = 1


SHAPES: Mapping[str, Shape] = {
    "envelope": Shape(envelope(400, "400.002.02", "Bad Request - Invalid PhoneNumber"), PushRefused, order=Refused),
    "envelope, busy": Shape(envelope(500, "500.003.02", "System is busy."), PushRefused, order=Refused),
    "envelope, at work": Shape(envelope(500, "500.001.1001", "The transaction is being processed"), query=QueryPending),
    "envelope, at work, 200": Shape(envelope(200, "500.001.1001", ""), query=QueryPending),
    "envelope, no text": Shape(envelope(500, "500.003.1001", None)),
    "envelope, maintenance": Shape(
        envelope(503, "00.002.1001", "Service is currently under maintenance."), PushRefused, order=Refused
    ),
    "fault": Shape(SPIKE, PushRefused, order=Refused),
    "fault, server": Shape(
        as_json(500, fault={"faultstring": "No route", "detail": {"errorcode": "messaging.adaptors.http"}}), times=3
    ),
    "fault, of text": Shape(as_json(500, fault="?"), times=3),
    "soap": Shape(SOAP_FAULT, times=3),
    "html": Shape(FIREWALL, times=3),
    "html, 403": Shape(Http(403, HTML, "text/html"), PushRefused),
    "html, 200": Shape(Http(200, HTML, "text/html")),
    "nothing": Shape(Http(400), PushRefused),
    "nothing, 500": Shape(Http(500), times=3),
    "a list": Shape(Http(200, b"[]")),
    "half of one": Shape(Fault.TRUNCATED, times=3),
}
"""Daraja's envelope, Apigee's fault, what the firewall and the SOAP behind them say, and OAuth's empty no."""
PATHS = ResultPaths("https://shop.example/r", "https://shop.example/t")
OPERATOR = Initiator("apiop37", "sealed")
ORDERS = frozenset({PUSH, REVERSAL_PATH})


@pytest.mark.parametrize("path", [PUSH, QUERY, STATUS_PATH, PULL_PATH, REVERSAL_PATH])
@pytest.mark.parametrize("shape", list(SHAPES))
async def test_every_shape_of_an_error_is_understood_by_every_call(
    wire: Wire, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock, shape: str, path: str
) -> None:
    daraja, shortcode, access = DarajaClient(wire), ShortcodeClient(wire), account.access
    now, expected = clock.now(), SHAPES[shape]
    calls: dict[str, tuple[Callable[[], Awaitable[object]], type]] = {
        PUSH: (lambda: daraja.push(account, order), expected.push),
        QUERY: (lambda: daraja.query(account, CHECKOUT_ID), expected.query),
        STATUS_PATH: (lambda: shortcode.ask_status(access, OPERATOR, "UKM31H462N", PATHS), expected.order),
        PULL_PATH: (lambda: shortcode.pull(access, now - timedelta(hours=1), now, 0), expected.order),
        REVERSAL_PATH: (
            lambda: shortcode.reverse(access, OPERATOR, "UKM31H462N", Decimal(200), PATHS),
            expected.order,
        ),
    }
    call, kind = calls[path]
    gateway.usual[path] = expected.answer

    assert type(await call()) is kind

    assert gateway.times(path) == (1 if path in ORDERS else expected.times)


@pytest.mark.parametrize("shape", list(SHAPES))
async def test_without_a_token_every_shape_is_a_refusal_and_nothing_is_sent(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, shape: str
) -> None:
    gateway.usual[TOKEN] = SHAPES[shape].answer

    assert type(await daraja.push(account, order)) is PushRefused
    assert isinstance(await daraja.query(account, CHECKOUT_ID), QueryUnknown | NotAsked)

    assert (gateway.times(PUSH), gateway.times(QUERY)) == (0, 0)
