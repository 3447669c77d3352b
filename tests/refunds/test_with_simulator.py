"""The whole way: a job orders a reversal from the pretended Daraja over HTTP, which posts its result to the paths."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import httpx
import pytest
from fastapi import FastAPI, Request

from payme.callbacks import Arrival, CallbackState
from payme.daraja import Wire
from payme.kit.db.transaction import Database
from payme.money import find_by_receipt
from payme.payment_configs import Environment, SecretField, Strongbox, add_config
from payme.refunds import Refund, RefundState
from payme.refunds.jobs import RefundDesk, reverse_refund
from payme.shortcodes import ShortcodeClient
from payme.simulator import Fault, FaultRule, Merchant, SimulatorConfig, create_simulator
from tests.refunds.conftest import Till
from tests.simulator.shop import served
from tests.support.by_hand import notice, registers
from tests.support.daraja import applies, callback_state, stores
from tests.support.shops import BOX, make_shop, paybill_draft


@dataclass
class Mail:
    """What Daraja posted to the shop, by the secret of the path."""

    letters: "asyncio.Queue[tuple[str, bytes]]" = field(default_factory=asyncio.Queue)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/callbacks/{secret}")
        async def take(secret: str, request: Request) -> dict[str, str]:
            await self.letters.put((secret, await request.body()))
            return {}

        return app


@dataclass
class Line:
    """A till, a Daraja, and the mail between them."""

    till: Till
    daraja: httpx.AsyncClient
    mail: Mail
    desk: RefundDesk

    async def refund(self) -> Refund:
        """A customer paid by hand at the pretended M-PESA; the refund is agreed on."""
        shortcode = self.till.safaricom.shortcode
        for amount in (500, 300):  # a reversal needs a balance, and M-PESA kept its charge
            paid = {"phone": "254722000123", "to": shortcode, "amount": amount, "account": ""}
            dialled = await self.daraja.post("/simulator/payments", json=paid)
        receipt = dialled.json()["receipt"]
        assert await self.till.safaricom.confirms(notice(receipt)) is CallbackState.APPLIED
        money = await self.till.shop.transact(find_by_receipt, receipt)
        assert money is not None
        return await self.till.agreed(money)

    async def reversed_amount(self) -> int:
        """What M-PESA gave back, by its own ledger."""
        told = (await self.daraja.get("/simulator/payments")).json()
        return int(told["totals"]["reversed_amount"])

    async def orders(self, refund: Refund) -> None:
        attempt = await self.till.orders_reversal(refund, sends=False)
        await reverse_refund(self.desk, self.till.address(attempt))

    async def hears(self) -> CallbackState:
        secret, body = await asyncio.wait_for(self.mail.letters.get(), 20)
        callback_id = await stores(self.till.shop.database, Arrival(secret, body, "", "196.201.214.200"))
        await applies(self.till.shop.database, callback_id)
        return await callback_state(self.till.shop, callback_id)


@pytest.fixture
def faults() -> tuple[FaultRule, ...]:
    return ()


@pytest.fixture
async def line(database: Database, faults: tuple[FaultRule, ...]) -> AsyncIterator[Line]:
    shop = await make_shop(database, paybill=False)
    draft = paybill_draft(initiator_name="testapi")
    credential = b64encode(b"x" * 256).decode()
    draft = replace(draft, secrets={**draft.secrets, SecretField.INITIATOR_CREDENTIAL: credential})
    await shop.transact(add_config, draft, BOX)
    till, mail = Till(shop, await registers(shop)), Mail()
    config = SimulatorConfig(
        seed=int(draft.shortcode), fast=True, merchants=(Merchant(shortcode=draft.shortcode),), faults=faults
    )
    async with (
        served(mail.app()) as ours,
        served(create_simulator(config)) as theirs,
        httpx.AsyncClient(base_url=theirs, trust_env=False) as daraja,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        wire = Wire(http, database, timeout_s=5)
        box = Strongbox(BOX.keys, dict.fromkeys(Environment, theirs))
        yield Line(till, daraja, mail, RefundDesk(database, ShortcodeClient(wire), box, ours))
        await wire.aclose()


async def test_the_customer_has_the_money_again(line: Line) -> None:
    refund = await line.refund()

    await line.orders(refund)
    assert await line.hears() is CallbackState.APPLIED

    assert await line.till.state(refund) is RefundState.PAID
    assert await line.reversed_amount() == 300


async def test_what_was_reversed_before_is_not_reversed_twice(line: Line) -> None:
    refund = await line.refund()
    await line.orders(refund)
    lost = await asyncio.wait_for(line.mail.letters.get(), 20)  # the result of the first order never arrives
    [attempt] = await line.till.attempts(refund)
    await line.till.waits_no_longer(attempt)
    assert await line.till.state(refund) is RefundState.UNKNOWN

    await line.orders(refund)
    assert await line.hears() is CallbackState.APPLIED  # R000001
    assert await line.till.state(refund) is RefundState.PAID
    assert "already_reversed" in await line.till.issues()
    assert await line.reversed_amount() == 300

    await line.mail.letters.put(lost)  # and comes after all
    assert await line.hears() is CallbackState.DUPLICATE


@pytest.mark.parametrize("faults", [(FaultRule((Fault.QUEUE_TIMEOUT,)),)])
async def test_a_queue_timeout_and_then_the_late_result(line: Line) -> None:
    refund = await line.refund()

    await line.orders(refund)
    assert await line.hears() is CallbackState.APPLIED
    assert await line.till.state(refund) is RefundState.UNKNOWN
    assert await line.hears() is CallbackState.APPLIED
    assert await line.till.state(refund) is RefundState.PAID
