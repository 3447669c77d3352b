"""A shop and the pretended M-PESA on real sockets, in one time that passes only when the test says so."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar
from uuid import UUID

import httpx

from payme.app.assembly import account_of
from payme.c2b import request_c2b
from payme.c2b.jobs import C2bDesk, register_c2b
from payme.daraja import Wire
from payme.daraja.services import TIMEOUT_S
from payme.inquiries.jobs import InquiryDesk, check_payment
from payme.inquiries.queries import find_inquiry
from payme.kit.db.transaction import Database
from payme.kit.seams import SystemClock
from payme.kit.secrets import given_keys
from payme.mpesa import DarajaClient, MpesaAccount, TransactionType
from payme.payment_configs import Environment, Strongbox
from payme.payments import Accounts, Collector, Payment, Terms, get_payment
from payme.payments.jobs import PushDesk, submit_payment
from payme.settlement.jobs import drain_callbacks
from payme.shortcodes import ShortcodeClient
from payme.simulator import Fault, Merchant, SimulatorConfig, create_simulator
from tests.simulator.shop import served
from tests.support.daraja import DEADLINE_S, UNLIMITED
from tests.support.shops import SECRET_KEYS, Shop, make_shop

PATIENCE_S = 10.0
ANSWERED_WITHIN_S = 5.0
"""In virtual time: longer than Daraja takes to answer, and shorter than anybody takes to enter a PIN."""
RETRIED_WITHIN_S = 60.0
"""In virtual time: longer than three questions take at the pace of a line."""
_shortcodes = count(8_000_000)
Result = TypeVar("Result")


class VirtualClock(SystemClock):
    """Time that passes only when told to, in order, for everybody who has this clock."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self.waiting = 0
        """How many of the shop's side wait."""
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """The virtual instant."""
        return self.at

    def reset(self) -> None:
        """Come back to the machine's time; whoever still slept is forgotten."""
        self.at = datetime.now(UTC)
        self._sleepers.clear()

    async def sleep(self, seconds: float) -> None:
        """Wait for virtual seconds, on the shop's side."""
        self.waiting += 1
        try:
            await self.sleep_unseen(seconds)
        finally:
            self.waiting -= 1

    async def sleep_unseen(self, seconds: float) -> None:
        """Wait for virtual seconds, on M-PESA's side, which the shop knows nothing of."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.at + timedelta(seconds=seconds), next(self._order), woken))
        await woken

    def next_at(self) -> datetime | None:
        """When the next sleeper is due."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def wake_next(self) -> None:
        """Go to the instant of the next sleeper, and wake it."""
        due, _, woken = heapq.heappop(self._sleepers)
        self.at = max(self.at, due)
        woken.set_result(None)

    def go_to(self, at: datetime) -> None:
        """Go on to an instant at which nobody is due."""
        self.at = max(self.at, at)


class CountedLetters(httpx.AsyncBaseTransport):
    """Carries the simulator's letters over the network, and knows how many are on their way."""

    def __init__(self) -> None:
        self.on_their_way = 0
        self._network = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=100))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.on_their_way += 1
        try:
            response = await self._network.handle_async_request(request)
            await response.aread()
            return response
        finally:
            self.on_their_way -= 1

    async def aclose(self) -> None:
        await self._network.aclose()

    async def delivered(self) -> None:
        """Wait until nobody writes a letter and none is on its way."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for _ in range(50):
                    await asyncio.sleep(0)
                if not self.on_their_way:
                    return
                await asyncio.sleep(0.001)


@dataclass
class Counter:
    """A shop with the pretended M-PESA across the counter."""

    shop: Shop
    clock: VirtualClock
    letters: CountedLetters
    director: httpx.AsyncClient
    wire: Wire
    platform: MpesaAccount
    door_url: str

    @property
    def _accounts(self) -> Accounts:
        urls = dict.fromkeys(Environment, self.platform.base_url)
        return Accounts(self.platform, Strongbox(given_keys(SECRET_KEYS), urls))

    @property
    def terms(self) -> Terms:
        """On which prompts are sent."""
        collector = Collector(self.platform.shortcode, self.platform.base_url, None, "37605544")
        return Terms(DEADLINE_S, self._accounts.strongbox.base_urls, UNLIMITED, collector)

    async def registers(self) -> None:
        """Let the shop be told of every payment to its paybill."""
        assert self.shop.paybill is not None
        desk = C2bDesk(self.shop.database, ShortcodeClient(self.wire), self._accounts.strongbox, self.door_url)
        await self.shop.transact(request_c2b, self.shop.paybill.id, False)
        address = {"business_id": str(self.shop.business_id), "config_id": str(self.shop.paybill.id)}
        await self._during(register_c2b(desk, address))

    async def meets(self, fault: Fault, times: int | None = None) -> None:
        """Switch a fault on."""
        rule = {"faults": [fault], "times": times}
        (await self.director.post("/simulator/fault-rules", json=rule)).raise_for_status()

    async def paid_prompts(self) -> list[str]:
        """Tell which prompts were truly paid, whatever the shop was told."""
        prompts = (await self.director.get("/simulator/ledger")).raise_for_status().json()["prompts"]
        return [str(prompt["checkout_request_id"]) for prompt in prompts if prompt["state"] == "paid"]

    async def tells_again(self, checkout_request_id: str) -> None:
        """Let the callback of a prompt come once more, as it should have been, and be applied."""
        path = f"/simulator/prompts/{checkout_request_id}/callbacks"
        (await self.director.post(path, json={"copies": 1})).raise_for_status()
        await self._settles()

    async def count_strikes(self, fault: Fault) -> int:
        """Count how often a fault has struck."""
        listed = (await self.director.get("/simulator/faults")).raise_for_status().json()
        return int(next(row["strikes"] for row in listed if row["fault"] == fault))

    async def submits(self, payment_id: UUID) -> None:
        """Let the job send the push, and what comes meanwhile be applied."""
        desk = PushDesk(self.shop.database, DarajaClient(self.wire), self._accounts, self.door_url)
        await self._during(submit_payment(desk, self._address(payment_id)))
        await self._settles()

    async def payment(self, payment_id: UUID) -> Payment:
        return await self.shop.transact(get_payment, payment_id)

    async def passes_until(self, payment: Payment, after_s: float) -> None:
        """Let time pass until so many seconds after a payment was wanted: letters come, and the payment is visited."""
        until = payment.created_at + timedelta(seconds=after_s)
        while True:
            visit_at, letter_at = await self._next_visit(payment), self.clock.next_at()
            at = min((at for at in (visit_at, letter_at) if at is not None), default=until)
            if at > until:
                break
            if letter_at is not None and letter_at == at:
                self.clock.wake_next()
            elif visit_at is None:
                break
            else:
                self.clock.go_to(at)
                await self._visits(payment)
            await self._settles()
        self.clock.go_to(until)

    async def _settles(self) -> None:
        await self.letters.delivered()
        while await drain_callbacks(self.shop.database):
            pass

    async def _next_visit(self, payment: Payment) -> datetime | None:
        inquiry = await self.shop.transact(find_inquiry, payment.id)
        return payment.created_at + timedelta(seconds=15) if inquiry is None else inquiry.next_at

    async def _visits(self, payment: Payment) -> None:
        desk = InquiryDesk(self.shop.database, DarajaClient(self.wire), account_of(self._accounts))
        await self._during(check_payment(desk, self._address(payment.id)), RETRIED_WITHIN_S, is_answered_in_time=False)

    def _address(self, payment_id: UUID) -> dict[str, str]:
        return {"business_id": str(self.shop.business_id), "payment_id": str(payment_id)}

    async def _during(
        self, work: Awaitable[Result], up_to_s: float = ANSWERED_WITHIN_S, *, is_answered_in_time: bool = True
    ) -> Result:
        """Do a job that talks to M-PESA, and let the time pass that it waits for there, up to so many seconds.

        A question is answered at once: while one is open time passes only where the shop itself waits.
        """
        task, until = asyncio.ensure_future(work), self.clock.now() + timedelta(seconds=up_to_s)
        async with asyncio.timeout(PATIENCE_S):
            while not task.done():
                await asyncio.wait({task}, timeout=0.01)
                next_at = self.clock.next_at()
                is_over_to_time = is_answered_in_time or self.clock.waiting > 0
                if not task.done() and is_over_to_time and next_at is not None and next_at <= until:
                    self.clock.wake_next()
        return task.result()


@asynccontextmanager
async def counter_of(
    books: Database, clock: VirtualClock, door_url: str, seed: int, timeout_s: float = TIMEOUT_S
) -> AsyncIterator[Counter]:
    """Open a shop in these books, which have this clock, and a pretended M-PESA for it and for the platform."""
    shop = await make_shop(books)
    assert shop.paybill is not None
    platform, letters = Merchant(str(next(_shortcodes)), "passkey"), CountedLetters()
    merchants = (platform, Merchant(shop.paybill.shortcode, "a passkey of a test"))
    simulator = create_simulator(
        SimulatorConfig(seed=seed, merchants=merchants), clock=clock.now, sleep=clock.sleep_unseen, transport=letters
    )
    async with AsyncExitStack() as stack:
        base_url = await stack.enter_async_context(served(simulator))
        director = await stack.enter_async_context(httpx.AsyncClient(base_url=base_url, trust_env=False))
        wire = Wire(httpx.AsyncClient(trust_env=False), books, timeout_s=timeout_s)
        stack.push_async_callback(wire.aclose)
        account = MpesaAccount(
            base_url,
            platform.consumer_key,
            platform.consumer_secret,
            platform.shortcode,
            platform.passkey,
            platform.party_b,
            TransactionType.PAYBILL,
        )
        yield Counter(shop, clock, letters, director, wire, account, door_url)
