"""The client and the pretended Daraja, two readings of the same documents, over real HTTP."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI, Request

from payme.daraja import Wire
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams, SystemClock
from payme.mpesa import (
    DarajaClient,
    MpesaAccount,
    Outcome,
    PushAccepted,
    PushAnswer,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryResult,
    StkResult,
    TransactionType,
    outcome_of,
    read_callback,
)
from payme.simulator import Merchant, SimulatorConfig, create_simulator
from tests.simulator.shop import served

PATIENCE_S = 20


class LeapingClock(SystemClock):
    """The machine's clock, ahead by as long as the tests say they waited."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead

    def leap(self) -> None:
        """Wait as long as a line is spared after it was used too often."""
        self.ahead += timedelta(seconds=15)


@dataclass
class Till:
    """A shop's side: it orders prompts and opens the callbacks that come for each phone."""

    url: str
    daraja: DarajaClient
    account: MpesaAccount
    director: httpx.AsyncClient
    clock: LeapingClock
    came: defaultdict[str, "asyncio.Queue[bytes]"] = field(default_factory=lambda: defaultdict(asyncio.Queue))

    async def push(self, last_digits: str) -> PushAnswer:
        self.clock.leap()
        phone = f"25472200{last_digits}"
        url = f"{self.url}/callbacks/{last_digits}"
        return await self.daraja.push(self.account, PushOrder(Decimal(300), phone, "K7Q2M9", "Sale K7Q2M9", url))

    async def result(self, last_digits: str) -> StkResult:
        async with asyncio.timeout(PATIENCE_S):
            return read_callback(await self.came[last_digits].get())


@pytest.fixture(scope="module")
async def till(app_pool: AsyncpgPool) -> AsyncIterator[Till]:
    merchant = Merchant()
    letters = FastAPI(openapi_url=None)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(letters))
        base_url = await stack.enter_async_context(
            served(create_simulator(SimulatorConfig(seed=1, fast=True, merchants=(merchant,))))
        )
        director = await stack.enter_async_context(httpx.AsyncClient(base_url=base_url, trust_env=False))
        clock = LeapingClock()
        books = Database(app_pool, Seams(clock=clock), record=lambda _: None, jobs=PgQueuerJobs())
        wire = Wire(httpx.AsyncClient(trust_env=False), books)
        stack.push_async_callback(wire.aclose)
        daraja = DarajaClient(wire)
        account = MpesaAccount(
            base_url,
            merchant.consumer_key,
            merchant.consumer_secret,
            merchant.shortcode,
            merchant.passkey,
            merchant.shortcode,
            TransactionType.PAYBILL,
        )
        shop = Till(url, daraja, account, director, clock)

        @letters.post("/callbacks/{phone}")
        async def take(phone: str, request: Request) -> None:
            shop.came[phone].put_nowait(await request.body())

        yield shop


@pytest.mark.parametrize(
    ("phone", "code", "outcome"),
    [
        ("0000", "0", Outcome.PAID),
        ("0001", "1", Outcome.FAILED),
        ("0003", "SFC_IC0003", Outcome.FAILED),
        ("0017", "17", Outcome.FAILED),
        ("1019", "1019", Outcome.FAILED),
        ("1032", "1032", Outcome.FAILED),
        ("1037", "1037", Outcome.FAILED),
        ("2001", "2001", Outcome.FAILED),
        ("2028", "2028", Outcome.FAILED),
        ("8006", "8006", Outcome.FAILED),
        ("7777", "7777", Outcome.UNDECIDED),
        ("9014", "0", Outcome.PAID),
        ("9016", "0", Outcome.PAID),
        ("9017", "0", Outcome.PAID),
    ],
)
async def test_what_the_payer_does_is_what_the_callback_says(
    till: Till, phone: str, code: str, outcome: Outcome
) -> None:
    accepted = await till.push(phone)
    assert isinstance(accepted, PushAccepted), accepted

    told = await till.result(phone)

    assert (told.code, outcome_of(told.code)) == (code, outcome)
    assert told.checkout_request_id == accepted.checkout_request_id
    assert told.merchant_request_id == accepted.merchant_request_id
    assert (told.amount == Decimal(300)) is told.succeeded
    assert (told.receipt is not None) is told.succeeded
    assert (told.paid_at is not None) is told.succeeded
    assert told.phone == (f"25472200{phone}" if told.succeeded else None)


async def test_a_question_about_a_finished_prompt_is_answered(till: Till) -> None:
    accepted = await till.push("1032")
    assert isinstance(accepted, PushAccepted)
    await till.result("1032")

    answer = await till.daraja.query(till.account, accepted.checkout_request_id)

    assert isinstance(answer, QueryResult), answer
    assert answer.code == "1032"


@pytest.mark.parametrize("phone", ["9032", "9033"])
async def test_a_payment_whose_answer_was_lost_still_reports_by_callback(till: Till, phone: str) -> None:
    assert isinstance(await till.push(phone), PushUnknown)
    assert (await till.result(phone)).succeeded
    assert till.came[phone].empty()


@pytest.mark.parametrize("phone", ["9035", "9036", "9037", "9038", "9039"])
async def test_what_the_gateway_turns_away_is_refused(till: Till, phone: str) -> None:
    assert isinstance(await till.push(phone), PushRefused)


async def test_a_firewall_page_leaves_the_push_unknown(till: Till) -> None:
    assert isinstance(await till.push("9034"), PushUnknown)


async def test_tokens_revoked_at_noon_are_not_noticed_in_the_shop(till: Till) -> None:
    assert isinstance(await till.push("4001"), PushAccepted)
    assert (await till.director.delete("/simulator/tokens")).is_success
    assert isinstance(await till.push("4002"), PushAccepted)
