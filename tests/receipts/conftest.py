"""A shop on a pretended Daraja of its own, which is asked and which answers over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import SystemRandom
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from payme import payment_configs, receipts, sales
from payme.callbacks import Arrival, CallbackState
from payme.callbacks.repository import store_callback
from payme.callbacks.rules import new_callback
from payme.claims import paste_message
from payme.daraja import Wire
from payme.kit.db.ports import Connection, Job, JobQueue
from payme.kit.db.transaction import Database, Tx
from payme.money import Claim, get_claim
from payme.payment_configs import Environment, SecretField, Strongbox
from payme.receipts.jobs import ReceiptDesk, pull_money, pull_next, sweep_questions, verify_receipt
from payme.receipts.types import FIRST_S
from payme.sales import Sale
from payme.settlement import book_listed
from payme.shortcodes import ShortcodeClient
from payme.simulator import Merchant, SimulatorConfig, create_simulator
from tests.simulator.shop import PATIENCE_S, served
from tests.support.by_hand import message
from tests.support.daraja import PHONE, applies, callback_state, stores
from tests.support.database import in_time
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import BOX, Shop, make_shop, paybill_draft


class Door:
    """Where Daraja's answers arrive; they wait until the test takes them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.arrived: list[UUID] = []
        self.app = FastAPI(openapi_url=None)
        self.app.add_api_route("/callbacks/{secret}", self._take, methods=["POST"])

    async def _take(self, secret: str, request: Request) -> Response:
        arrival = Arrival(secret, await request.body(), "", "196.201.214.200")
        self.arrived.append(await stores(self.database, arrival))
        return Response('{"ResultCode":0,"ResultDesc":"Accepted"}')

    async def wait_for(self, count: int) -> list[UUID]:
        """All that arrived, as soon as there are so many."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.arrived) < count:  # noqa: ASYNC110  what we wait for happens behind a socket
                await asyncio.sleep(0.01)
        return self.arrived


async def applies_all(door: Door) -> None:
    """Leave nothing waiting: other tests look at every callback there is."""
    for callback_id in door.arrived:
        await applies(door.database, callback_id)


@dataclass
class NotedJobs:
    """A queue whose jobs the test runs."""

    noted: list[Job] = field(default_factory=list)

    async def enqueue(self, _: Connection, jobs: Sequence[Job]) -> None:
        self.noted += jobs


class Middling(SystemRandom):
    """Spreads what waits in the middle of its time, so that no test depends on whose turn is luckily late."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


class WorkerDied(Exception):
    """The worker died."""


@dataclass
class DiesAt:
    """Kills the worker at one point."""

    name: str

    async def point(self, name: str) -> None:
        if name == self.name:
            raise WorkerDied


@dataclass
class Market:
    """A shop with an open sale of KES 300, its customers, and Daraja."""

    shop: Shop
    desk: ReceiptDesk
    door: Door
    daraja: httpx.AsyncClient
    sale: Sale

    @property
    def shortcode(self) -> str:
        assert self.shop.paybill is not None
        return self.shop.paybill.shortcode

    async def dials(self, amount: int = 300, account: str = "", to: str = "", phone: str = PHONE) -> str:
        """A customer pays by hand; returns the receipt. Nobody tells the shop."""
        order = {"to": to or self.shortcode, "amount": amount, "phone": phone, "account": account}
        answer = await self.daraja.post("/simulator/payments", json=order)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["receipt"])

    async def breaks(self, *faults: str, times: int = 1) -> None:
        rule = {"faults": list(faults), "times": times}
        answer = await self.daraja.post("/simulator/fault-rules", json=rule)
        assert answer.status_code == 201, answer.text

    async def pastes(self, receipt: str, amount: str = "300.00", sale: Sale | None = None) -> Claim:
        return await self.shop.transact(paste_message, (sale or self.sale).id, message(receipt, amount))

    def desk_at(self, after_s: float, jobs: JobQueue | None = None) -> ReceiptDesk:
        """The desk so many seconds from now; ``jobs`` notes what it leaves to do, else the queue does."""
        books = in_time(self.shop.database, datetime.now(UTC) + timedelta(seconds=after_s))
        seams = replace(books.seams, randomness=Middling())
        books = Database(books._pool, seams, record=books._record, jobs=jobs or books._jobs)  # noqa: SLF001
        return replace(self.desk, database=books)

    async def asks(self, claim: Claim, after_s: float = FIRST_S) -> None:
        address = {"business_id": str(self.shop.business_id), "claim_id": str(claim.id)}
        await verify_receipt(self.desk_at(after_s), address)

    async def hears(self, count: int = 1) -> CallbackState:
        """Wait until so many answers came in all, and apply the last."""
        last = (await self.door.wait_for(count))[count - 1]
        return await self.applies(last)

    async def hears_changed(self, was: str, becomes: str, *, outside: bool = False) -> CallbackState:
        """Let the first answer arrive again, with other words in it, and apply that."""
        [first] = await self.door.wait_for(1)

        async def read(tx: Tx) -> tuple[bytes, bytes]:
            [row] = await tx.records("SELECT path_hash, body FROM callbacks WHERE id = $1", first)
            return row["path_hash"], row["body"]

        path_hash, body = await self.shop.transact(read)
        text = json.dumps(json.loads(body))
        assert was in text, text
        arrival = Arrival("", text.replace(was, becomes).encode(), "", "196.201.214.200", outside=outside)
        seams = self.shop.database.seams
        changed = replace(new_callback(arrival, seams.new_id(), seams.clock.now()), path_hash=path_hash)
        await store_callback(self.shop.database, changed)
        return await self.applies(changed.id)

    async def dies_at(self, name: str, claim: Claim) -> None:
        """Let the worker die at a point of its question."""
        database = in_time(self.shop.database, datetime.now(UTC) + timedelta(seconds=FIRST_S))
        database = Database(
            database._pool,  # noqa: SLF001
            replace(database.seams, chaos=DiesAt(name)),
            record=database._record,  # noqa: SLF001
            jobs=database._jobs,  # noqa: SLF001
        )
        address = {"business_id": str(self.shop.business_id), "claim_id": str(claim.id)}
        with pytest.raises(WorkerDied):
            await verify_receipt(replace(self.desk, database=database), address)

    async def applies(self, callback_id: UUID) -> CallbackState:
        await applies(self.shop.database, callback_id)
        return await callback_state(self.shop, callback_id)

    async def pulls(self, after_s: float = 1.0) -> int:
        """Pull, and let the jobs that this leaves run until there is none; returns how many payments were new."""
        jobs = NotedJobs()
        new = await pull_money(self.desk_at(after_s, jobs), self.shop.business_id)
        while jobs.noted:
            next_page = jobs.noted.pop()
            assert next_page.name == receipts.PULL_NEXT
            after_s += next_page.delay_s
            new += await pull_next(self.desk_at(after_s, jobs), next_page.payload)
        return new

    async def sweeps(self, after_s: float) -> int:
        return await sweep_questions(self.desk_at(after_s), self.shop.business_id)

    async def sale_now(self, sale: Sale | None = None) -> Sale:
        return await self.shop.transact(sales.get_sale, (sale or self.sale).id)

    async def claim_now(self, claim: Claim) -> Claim:
        found = await self.shop.transact(get_claim, claim.id)
        assert found is not None
        return found

    async def question(self, claim: Claim) -> receipts.Question | None:
        return await self.shop.transact(receipts.find_question, claim.id)

    async def another_sale(self, quantity: str = "2") -> Sale:
        return (await opens_sale(self.shop, (await has_stock(self.shop, name="Tea"), quantity))).sale

    async def issues(self) -> list[str]:
        return await self._read("SELECT kind AS value FROM reconciliation_issues WHERE business_id = $1 ORDER BY kind")

    async def books(self) -> list[tuple[str, Decimal]]:
        """Each receipt of money, and by what it was known first."""

        async def read(tx: Tx) -> list[tuple[str, Decimal]]:
            rows = await tx.records(
                "SELECT source, amount FROM money_in WHERE business_id = $1 ORDER BY created_at, id", tx.business_id
            )
            return [(row["source"], row["amount"]) for row in rows]

        return await self.shop.transact(read)

    async def _read(self, statement: str) -> list[str]:
        async def read(tx: Tx) -> list[str]:
            return [str(row["value"]) for row in await tx.records(statement, tx.business_id)]

        return await self.shop.transact(read)


OpenMarket = Callable[..., Awaitable[Market]]


@pytest.fixture
async def open_market(database: Database) -> AsyncIterator[OpenMarket]:
    """Open a shop whose paybill a Daraja of its own knows, with the initiator and number that the owner typed."""
    async with AsyncExitStack() as stack:

        async def opened(
            *,
            initiator: str | None = "testapi",
            pull_number: str | None = "254722000000",
            timeout_s: float = 60,
            a_minute: int = 1_000_000,
        ) -> Market:
            shop = await make_shop(database, paybill=False)
            draft = paybill_draft(initiator_name=initiator, pull_number=pull_number)
            if initiator is not None:
                secrets = {**draft.secrets, SecretField.INITIATOR_CREDENTIAL: "c2VhbGVk"}
                draft = replace(draft, secrets=secrets)
            merchant = Merchant(shortcode=draft.shortcode)
            other = Merchant(shortcode=str(int(draft.shortcode) + 5_000_000))
            config = SimulatorConfig(fast=True, merchants=(merchant, other), queue_timeout_s=timeout_s)
            url = await stack.enter_async_context(served(create_simulator(config)))
            box = Strongbox(BOX.keys, dict.fromkeys(Environment, url))
            shop = replace(shop, paybill=await shop.transact(payment_configs.add_config, draft, box))
            door = Door(database)
            stack.push_async_callback(applies_all, door)
            ours = await stack.enter_async_context(served(door.app))
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            wire = Wire(http, database, queries_per_minute=a_minute)
            stack.push_async_callback(wire.aclose)
            daraja = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False))
            sale = (await opens_sale(shop, (await has_stock(shop, price="150.00", quantity="10"), "2"))).sale
            desk = ReceiptDesk(database, ShortcodeClient(wire), box, ours, book_listed)
            return Market(shop, desk, door, daraja, sale)

        yield opened


@pytest.fixture
async def market(open_market: OpenMarket) -> Market:
    return await open_market()
