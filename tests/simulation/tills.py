"""Tills: cashiers who sell for cash, ask for M-Pesa, cancel, press twice, and repeat what was not answered."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from random import Random
from typing import TypeVar, TypeVarTuple
from uuid import UUID

from payme import sales
from payme.credit import CreditTerms
from payme.identity import Role
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.transaction import Once, Tx
from payme.kit.errors import KeyInProgress, Refusal, Unavailable
from payme.payments import Payment
from payme.sales import Cancellation, DraftLine, SaleDraft
from payme.token_purchases import TokenPurchase
from tests.simulation.memory import heard, leads_to, tell_sale
from tests.simulation.network import NoReply
from tests.simulation.world import TERMS, SimShop, World

TRIES_MAX = 8
ZERO = Decimal("0.00")

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


def tell_payment(payment: Payment) -> StoredAnswer:
    """Answer with what a till needs of a payment."""
    return StoredAnswer(201, f"{payment.id} {payment.state}")


def tell_purchase(purchase: TokenPurchase) -> StoredAnswer:
    """Answer with what a buyer of tokens needs."""
    return StoredAnswer(201, f"{purchase.id} {purchase.tokens} {purchase.price}")


def tell_nothing(_: object) -> StoredAnswer:
    """Answer that it was done."""
    return StoredAnswer(201, "done")


class Client:
    """Somebody in a shop who sends commands under keys and repeats them until they are answered."""

    def __init__(self, world: World, shop: SimShop, name: str, role: Role = Role.CASHIER) -> None:
        """Choose by a source of randomness that is the client's own."""
        self.world = world
        self.shop = shop
        self.name = name
        self.role = role
        self.choice: Random = world.randomness(name)
        self._keys = 0

    def refused(self, reply: StoredAnswer | Refusal | None) -> None:
        """Count a refusal."""
        if isinstance(reply, Refusal):
            self.world.counts[f"refused {reply.code}"] += 1

    def new_key(self) -> str:
        """Make a key for a new command."""
        self._keys += 1
        return f"key-{self.name}-{self._keys}"

    async def command(
        self,
        tell: Callable[[Result], StoredAnswer],
        work: Callable[[Tx, *Args], Awaitable[Result]],
        *args: *Args,
        key: str | None = None,
    ) -> StoredAnswer | Refusal | None:
        """Send a command until it is answered or refused; None where the client gave up and knows nothing."""
        sent = key or self.new_key()
        once = Once(sent, hashlib.sha256(f"{work.__name__}{args!r}".encode()).digest(), tell)
        scope = self.shop.scope(self.role, sent)
        for attempt in range(TRIES_MAX):
            reply = await self.world.network.request(
                self.name, lambda: self.world.database.transact_once(scope, once, work, *args)
            )
            if isinstance(reply, StoredAnswer):
                self.world.counts["replayed"] += reply.replayed
                self.world.judge.told(f"{self.shop.business_id}/{sent}", reply.body)
                return reply
            if not isinstance(reply, NoReply | Unavailable | KeyInProgress):
                return reply
            self.world.counts["sent again"] += 1
            await self.world.scheduler.sleep(self.choice.uniform(0.01, 0.5) * 2**attempt)
        self.world.counts["gave up"] += 1
        return None

    async def look(self, sale_id: UUID) -> StoredAnswer | None:
        """Read a sale."""
        scope = self.shop.scope(self.role, f"look-{self.name}")

        async def handle() -> StoredAnswer:
            return tell_sale(await self.world.database.transact(scope, sales.get_sale_view, sale_id))

        reply = await self.world.network.request(self.name, handle)
        return reply if isinstance(reply, StoredAnswer) else None


async def beside(client: Client, *doings: Callable[[], Awaitable[object]]) -> None:
    """Let several do something at once."""

    def in_silence(doing: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            await doing()

        return do

    tasks = [client.world.scheduler.spawn(f"{client.name}-beside", in_silence(doing)) for doing in doings]
    for task in tasks:
        await client.world.scheduler.join(task)


@dataclass(frozen=True)
class Market:
    """What kind of day a seed has."""

    journeys: int
    pause_s: float
    cash: int
    phone: int
    both: int


MARKETS = (
    Market(journeys=3, pause_s=20.0, cash=4, phone=6, both=2),
    Market(journeys=2, pause_s=5.0, cash=0, phone=6, both=2),
    Market(journeys=7, pause_s=0.02, cash=9, phone=0, both=1),
)
"""An ordinary day, one on which everybody pays by phone, and a rush."""


class SimTill(Client):
    """One cashier's till."""

    drawer: UUID | None = None
    """The drawer that is named for cash, where the cashier keeps one."""

    async def trade(self, market: Market) -> None:
        """Serve customers, one after the other."""
        kinds = [self.sells_for_cash, self.sells_on_the_phone, self.sells_for_both]
        for _ in range(market.journeys):
            await self.world.scheduler.sleep(self.choice.uniform(0.0, market.pause_s))
            await self.choice.choices(kinds, [market.cash, market.phone, market.both])[0]()

    def _draft(self, cash: str, *, weighed: bool) -> tuple[SaleDraft, Decimal]:
        lines, total = [], ZERO
        for product in self.choice.sample(self.shop.products, self.choice.choice([1, 1, 2])):
            quantity = Decimal(self.choice.choice(["0.250", "1.500"] if weighed else ["1", "2", "3"]))
            lines.append(DraftLine(product.id, quantity, None, ZERO))
            total += (quantity * product.selling_price).quantize(Decimal("0.01"))
        tendered = {"none": None, "part": Decimal(20), "all": total + self.choice.choice([0, 50])}[cash]
        return SaleDraft(tuple(lines), tendered, "", drawer_id=self.drawer), total

    async def _open(
        self, cash: str, *, weighed: bool = False, customer_id: UUID | None = None, credit: CreditTerms | None = None
    ) -> UUID | None:
        draft, _ = self._draft(cash, weighed=weighed)
        key = self.new_key()
        note = f"{self.shop.business_id}/{key}"
        keyed = replace(draft, note=note, customer_id=customer_id, credit=credit)
        reply = await self.command(partial(tell_sale, drawer_id=self.drawer), sales.open_sale, keyed, key=key)
        return self._acknowledged(reply)

    def _acknowledged(self, reply: StoredAnswer | Refusal | None) -> UUID | None:
        """Note what the till was told of a sale."""
        if not isinstance(reply, StoredAnswer):
            self.refused(reply)
            return None
        said = heard(reply)
        sale_id = UUID(said["id"])
        known = self.world.judge.acknowledged.sales
        if leads_to(known.setdefault(sale_id, "open"), said["state"]):
            known[sale_id] = said["state"]
        if sale_id not in self.shop.sales:
            self.shop.sales.append(sale_id)
        return sale_id

    async def sells_for_cash(self) -> None:
        """One request, one transaction."""
        await self._open("all", weighed=self.choice.random() < 0.5)

    async def sells_for_both(self) -> None:
        """Part of the money in cash, the rest later."""
        sale_id = await self._open("part")
        if sale_id is not None:
            ways = [self._pays_rest_in_cash, self._collects, self._cancels, self._two_at_once]
            await self.choice.choice(ways)(sale_id)

    async def sells_on_the_phone(self) -> None:
        """Ring up, then ask the customer's phone."""
        sale_id = await self._open("none")
        if sale_id is not None:
            await self._collects(sale_id)

    async def _collects(self, sale_id: UUID) -> None:
        if not await self._asks(sale_id):
            return
        ending = self.choice.choices(
            [
                self._waits,
                self._presses_twice,
                self._cancels,
                self._pays_rest_in_cash,
                self._two_at_once,
                self._walks_away,
            ],
            [8, 2, 2, 2, 2, 1],
        )[0]
        await self.world.scheduler.sleep(self.choice.choice([0.0, 3.0, 15.0]))
        await ending(sale_id)

    async def _asks(self, sale_id: UUID) -> bool:
        phone = f"2547{self.choice.randrange(10**8):08d}"
        amount = Decimal(self.choice.choice([10, 30])) if self.choice.random() < 0.15 else None
        reply = await self.command(tell_payment, sales.ask_mpesa, sale_id, phone, amount, TERMS)
        self.refused(reply)
        return isinstance(reply, StoredAnswer)

    async def _presses_twice(self, sale_id: UUID) -> None:
        await self._asks(sale_id)
        await self._waits(sale_id)

    async def _two_at_once(self, sale_id: UUID) -> None:
        """Two people at two screens do something with one sale."""
        ways = [self._pays_rest_in_cash, self._cancels, self._asks]
        mine, theirs = self.choice.sample(ways, 2)

        async def colleague() -> None:
            await theirs(sale_id)

        other = self.world.scheduler.spawn(f"{self.name}-colleague", colleague)
        await mine(sale_id)
        await self.world.scheduler.join(other)

    async def _walks_away(self, sale_id: UUID) -> None:
        """The customer leaves; the sale stays open."""

    async def _pays_rest_in_cash(self, sale_id: UUID) -> None:
        tell = partial(tell_sale, drawer_id=self.drawer)
        self._acknowledged(await self.command(tell, sales.take_cash, sale_id, Decimal(2_000), self.drawer))

    async def _cancels(self, sale_id: UUID) -> None:
        even_if_paying = self.choice.random() < 0.7
        cancellation = Cancellation("changed their mind", even_if_paying, self.drawer)
        for _ in range(self.choice.choice([1, 1, 2])):
            self._acknowledged(await self.command(tell_sale, sales.cancel_sale, sale_id, cancellation))

    async def _waits(self, sale_id: UUID) -> None:
        """Look a few times; where nothing came in the end ask again, take cash, cancel or leave it."""
        for pause_s in (20.0, 60.0, 60.0):
            await self.world.scheduler.sleep(pause_s)
            reply = await self.look(sale_id)
            self._acknowledged(reply)
            if reply is not None and heard(reply)["state"] != "open":
                return
        await self.choice.choice([self._asks_again, self._pays_rest_in_cash, self._cancels, self._walks_away])(sale_id)

    async def _asks_again(self, sale_id: UUID) -> None:
        if await self._asks(sale_id):
            await self.world.scheduler.sleep(90.0)
            self._acknowledged(await self.look(sale_id))
