"""The client against a gateway that answers, refuses, lies and dies."""

import asyncio
import base64
import json
import logging
from dataclasses import replace

import httpx
import pytest

from payme.daraja.services import BODY_MAX
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from payme.mpesa import (
    DarajaClient,
    MpesaAccount,
    PushAccepted,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryPending,
    QueryResult,
    QueryUnknown,
)
from tests.mpesa.conftest import wired
from tests.mpesa.gateway import (
    CHECKOUT_ID,
    FIREWALL,
    PUSH,
    QUERY,
    SPIKE,
    STALE_TOKEN,
    TOKEN,
    Answer,
    Fault,
    Gateway,
    Http,
    accepted,
    envelope,
    result,
)


async def test_a_prompt_is_ordered_as_daraja_documents_it(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    answer = await daraja.push(account, order)

    assert answer == PushAccepted(
        "2654-4b64-97ff-b827b542881d3130", CHECKOUT_ID, "Success. Request accepted for processing"
    )
    login = gateway.last(TOKEN)
    assert login.headers["authorization"] == "Basic " + base64.b64encode(b"the-key:the-secret").decode()
    sent = gateway.last(PUSH)
    assert sent.headers["authorization"] == "Bearer c9SQxWWhmdVRlyh0zh8gZDTkubVF"
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.body) == {
        "BusinessShortCode": "174379",
        "Password": base64.b64encode(b"174379the-passkey20261123003005").decode(),
        "Timestamp": "20261123003005",
        "TransactionType": "CustomerPayBillOnline",
        "Amount": 300,
        "PartyA": "254722000111",
        "PartyB": "174379",
        "PhoneNumber": "254722000111",
        "CallBackURL": "https://shop.example/callbacks/hush-hush",
        "AccountReference": "K7Q2M9",
        "TransactionDesc": "Sale K7Q2M9",
    }


async def test_a_question_is_asked_as_daraja_documents_it(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount
) -> None:
    gateway.next(QUERY, result("1032", "Request cancelled by user"))

    assert await daraja.query(account, CHECKOUT_ID) == QueryResult("1032", "Request cancelled by user")
    assert json.loads(gateway.last(QUERY).body) == {
        "BusinessShortCode": "174379",
        "Password": base64.b64encode(b"174379the-passkey20261123003005").decode(),
        "Timestamp": "20261123003005",
        "CheckoutRequestID": CHECKOUT_ID,
    }


@pytest.mark.parametrize(
    "lost",
    [
        Fault.RESET,
        Fault.CLOSED,
        Fault.SILENCE,
        Fault.TRICKLE,
        Fault.TRUNCATED,
        FIREWALL,
        Http(200, b"<html>Sign in to the network</html>", "text/html"),
        Http(200, b'{"MerchantRequestID":"2654-4b64', "application/json"),
        Http(200, b" " * (BODY_MAX + 1)),
        Http(307, b"", location=PUSH),
        envelope(500, "500.001.1001", ""),
    ],
)
async def test_a_push_whose_answer_is_lost_is_unknown_and_never_sent_again(
    hasty: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, lost: Answer
) -> None:
    gateway.next(PUSH, lost)

    answer = await hasty.push(account, order)

    assert isinstance(answer, PushUnknown), answer
    assert gateway.times(PUSH) == 1


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (SPIKE, "policies.ratelimit.SpikeArrestViolation"),
        (envelope(500, "500.001.1001", "Merchant does not exist"), "500.001.1001"),
        (envelope(500, "500.003.02", "System is busy. Please try again in few minutes."), "500.003.02"),
        (Http(403, b"Request unsuccessful. Incapsula incident ID: 1", "text/html"), "http_403"),
    ],
)
async def test_a_push_that_was_turned_away_is_refused(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, refusal: Answer, code: str
) -> None:
    gateway.next(PUSH, refusal)

    answer = await daraja.push(account, order)

    assert isinstance(answer, PushRefused), answer
    assert answer.code == code
    assert answer.advice
    assert gateway.times(PUSH) == 1


async def test_a_host_that_cannot_be_reached_was_never_asked(
    daraja: DarajaClient, account: MpesaAccount, order: PushOrder, unused_tcp_port: int
) -> None:
    away = replace(account, base_url=f"http://127.0.0.1:{unused_tcp_port}")

    answer = await daraja.push(away, order)

    assert isinstance(answer, PushRefused)
    assert answer.code == "connect_failed"
    assert isinstance(await daraja.query(away, CHECKOUT_ID), QueryUnknown)


async def test_the_daraja_that_vanishes_after_giving_a_token_was_not_asked(
    gateway: Gateway, account: MpesaAccount, order: PushOrder, books: Database
) -> None:
    limits = httpx.Limits(max_keepalive_connections=0)
    async with wired(books, http=httpx.AsyncClient(trust_env=False, limits=limits)) as wire:
        client = DarajaClient(wire)
        await client.push(account, order)
        assert gateway.server is not None
        gateway.server.close()
        await gateway.server.wait_closed()

        answer = await client.push(account, order)

        assert isinstance(answer, PushRefused)
        assert answer.code == "connect_failed"
        assert isinstance(await client.query(account, CHECKOUT_ID), QueryUnknown)


@pytest.mark.parametrize("base_url", ["", "ftp://daraja", "http://[daraja"])
async def test_an_address_that_is_none_is_refused(
    daraja: DarajaClient, account: MpesaAccount, order: PushOrder, base_url: str
) -> None:
    answer = await daraja.push(replace(account, base_url=base_url), order)

    assert isinstance(answer, PushRefused)
    assert answer.code == "connect_failed"


async def test_more_pushes_than_connections_are_refused_not_lost(
    gateway: Gateway, account: MpesaAccount, order: PushOrder, books: Database
) -> None:
    http = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=1))
    async with wired(books, timeout_s=0.8, http=http) as wire:
        client = DarajaClient(wire)
        await client.push(account, order)
        gateway.next(PUSH, Fault.SILENCE)

        answers = await asyncio.gather(*(client.push(account, order) for _ in range(8)))

        assert [type(answer) for answer in answers].count(PushUnknown) == 1
        assert {answer.code for answer in answers if isinstance(answer, PushRefused)} == {"too_many_at_once"}
        assert isinstance(await client.push(account, order), PushAccepted)  # our own crowd says nothing about the host


# Questions


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (result("4999", "The transaction is still under processing"), QueryPending),
        (envelope(500, "500.001.1001", "The transaction is being processed"), QueryPending),
        (envelope(200, "500.001.1001", ""), QueryPending),
        (envelope(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID"), QueryUnknown),
        (envelope(500, "500.001.1001", "The transaction does not Exist"), QueryUnknown),
        (SPIKE, QueryUnknown),
        (FIREWALL, QueryUnknown),
        (Fault.RESET, QueryUnknown),
        (Fault.SILENCE, QueryUnknown),
        (Fault.TRUNCATED, QueryUnknown),
        (result("0", "Processed.", checkout_id="ws_CO_another"), QueryUnknown),
    ],
)
async def test_an_answer_that_proves_nothing_is_never_a_failure(
    hasty: DarajaClient, gateway: Gateway, account: MpesaAccount, answer: Answer, expected: type
) -> None:
    gateway.usual[QUERY] = answer

    assert type(await hasty.query(account, CHECKOUT_ID)) is expected
    no_answer_came = isinstance(answer, Fault) or answer is FIREWALL
    assert gateway.times(QUERY) == (3 if no_answer_came else 1)


# Seams and secrets


class Crash(Exception):
    """The process dies here."""


class CrashAt:
    """Dies at one point."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def point(self, name: str) -> None:
        if name == self.name:
            raise Crash


@pytest.mark.parametrize(("point", "pushes"), [("before_push", 0), ("after_push", 1)])
async def test_a_crash_around_a_push_finds_it_unsent_before_and_sent_after(
    gateway: Gateway, account: MpesaAccount, order: PushOrder, app_pool: AsyncpgPool, point: str, pushes: int
) -> None:
    seams = Seams(chaos=CrashAt(point))
    async with wired(Database(app_pool, seams, record=lambda _: None, jobs=PgQueuerJobs())) as wire:
        with pytest.raises(Crash):
            await DarajaClient(wire).push(account, order)
    assert gateway.times(PUSH) == pushes


async def test_no_secret_is_shown_or_logged(
    daraja: DarajaClient,
    gateway: Gateway,
    account: MpesaAccount,
    order: PushOrder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.next(PUSH, accepted(), Fault.RESET, STALE_TOKEN, STALE_TOKEN, SPIKE)
    answers = [await daraja.push(account, order) for _ in range(4)]

    shown = repr([account, order, answers]) + str([account, order])
    payme_said = "".join(record.getMessage() for record in caplog.records if record.name.startswith("payme"))
    for secret in ("the-key", "the-secret", "the-passkey", "hush-hush", "254722000111", "c9SQxWW"):
        assert secret not in shown
        assert secret not in payme_said
        assert not any(secret in record.getMessage() for record in caplog.records if record.levelno >= logging.INFO)
