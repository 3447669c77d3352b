"""Everybody else: who receives deliveries and grants tokens, a forger of callbacks, a thief of other shops' sales."""

import json
from decimal import Decimal
from uuid import UUID

from payme import sales, stock, token_purchases, wallet
from payme.identity import Role
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.transaction import Once, Scope
from payme.kit.errors import NotFound
from payme.sales import Cancellation
from payme.stock import DeliveryDraft, DeliveryLine
from tests.simulation.daraja import Prompt, failure_body, success_body
from tests.simulation.memory import tell_delivery, tell_sale
from tests.simulation.network import NoReply
from tests.simulation.oracles import PACKAGES
from tests.simulation.scheduler import Violation
from tests.simulation.tills import Client, tell_nothing, tell_payment, tell_purchase
from tests.simulation.world import TERMS, SimShop, World


class Receiver(Client):
    """A manager who takes deliveries in."""

    async def receives(self, deliveries: int) -> None:
        """Receive goods from time to time."""
        for number in range(deliveries):
            await self.world.scheduler.sleep(self.choice.uniform(5.0, 80.0))
            products = self.choice.sample(self.shop.products, 2)
            lines = tuple(
                DeliveryLine(product.id, Decimal(self.choice.randint(2, 9)), Decimal(55 + number))
                for product in products
            )
            await self.command(tell_delivery, stock.receive, DeliveryDraft("Wholesaler", lines))


class Support(Client):
    """A part of the system that gives tokens, under a key."""

    async def grants(self, times: int) -> None:
        """Give a few tokens from time to time."""
        for number in range(times):
            await self.world.scheduler.sleep(self.choice.uniform(5.0, 80.0))
            await self._grant(f"grant-{self.name}-{number}", self.choice.randint(2, 5))

    async def _grant(self, key: str, tokens: int) -> None:
        once: Once[None] = Once(key, bytes(32), tell_nothing)
        scope = Scope.system("support", self.shop.business_id)
        for _ in range(8):
            reply = await self.world.network.request(
                self.name,
                lambda: self.world.database.transact_once(scope, once, wallet.grant_tokens, tokens, "goodwill"),
            )
            if isinstance(reply, StoredAnswer):
                return
            await self.world.scheduler.sleep(1.0)


class Buyer(Client):
    """A manager who buys tokens."""

    async def buys(self, times: int) -> None:
        """Buy a package from time to time, also while another still waits."""
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.choice([0.0, 20.0, 150.0]))
            for _ in range(self.choice.choice([1, 1, 1, 4])):
                phone = f"2541{self.choice.randrange(10**8):08d}"
                tokens = self.choice.choice(list(PACKAGES.values()))
                reply = await self.command(tell_purchase, token_purchases.buy_tokens, tokens, phone, TERMS)
                self.refused(reply)


class Thief(Client):
    """A cashier of one shop who names the sales of another."""

    def __init__(self, world: World, shop: SimShop, name: str, other: SimShop) -> None:
        """Belong to ``shop`` and look at ``other``."""
        super().__init__(world, shop, name, Role.OWNER)
        self.other = other

    async def steals(self, times: int) -> None:
        """Try each way; raises Violation where one works."""
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.uniform(10.0, 80.0))
            if not self.other.sales:
                continue
            sale_id = self.choice.choice(self.other.sales)
            way = self.choice.randrange(4)
            if way == 0:
                reply: object = await self._looks(sale_id)
            elif way == 1:
                reply = await self.command(
                    tell_sale, sales.cancel_sale, sale_id, Cancellation("mine", even_if_paying=True)
                )
            elif way == 2:
                reply = await self.command(tell_sale, sales.take_cash, sale_id, Decimal(1))
            else:
                reply = await self.command(tell_payment, sales.ask_mpesa, sale_id, "254700000001", None, TERMS)
            if isinstance(reply, NotFound):
                self.world.counts["thief refused"] += 1
            elif reply is not None and not isinstance(reply, NoReply):
                raise Violation("TENANT", f"a cashier of another shop was answered {reply!r} about sale {sale_id}")

    async def _looks(self, sale_id: UUID) -> object:
        scope = self.shop.scope(self.role, "thief")

        async def handle() -> StoredAnswer:
            return tell_sale(await self.world.database.transact(scope, sales.get_sale_view, sale_id))

        reply = await self.world.network.request(self.name, handle)
        return None if getattr(reply, "code", "") == "database_unavailable" else reply


class Forger:
    """Somebody who posts callbacks that Daraja never sent."""

    def __init__(self, world: World) -> None:
        """Choose by its own randomness."""
        self.world = world
        self.choice = world.randomness("forger")

    async def forges(self, times: int) -> None:
        """Post forgeries from time to time."""
        ways = [
            self._guesses,
            self._pays_one_shilling,
            self._crosses,
            self._names_another_shortcode,
            self._replays_elsewhere,
            self._reuses_a_receipt,
            self._claims_again,
            self._babbles,
            self._denies,
        ]
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.uniform(2.0, 40.0))
            await self.choice.choice(ways)()

    def _prompt(self) -> Prompt | None:
        prompts = self.world.daraja.prompts
        return self.choice.choice(prompts) if prompts else None

    async def _guesses(self) -> None:
        """A path that leads nowhere."""
        await self.world.post(f"{self.choice.getrandbits(256):064x}", b'{"Body":{}}', "600999")

    async def _pays_one_shilling(self) -> None:
        """A leaked path and everything right but the amount."""
        prompt = self._prompt()
        if prompt is not None:
            body = success_body(prompt, self._receipt(), 1, prompt.order.phone, self.world.scheduler)
            await self.world.post(prompt.secret, body, prompt.shortcode)

    async def _crosses(self) -> None:
        """The path of one payment and the body of another, which may be another shop's."""
        path, said = self._prompt(), self._prompt()
        if path is not None and said is not None and path is not said:
            body = success_body(said, self._receipt(), int(path.order.amount), said.order.phone, self.world.scheduler)
            await self.world.post(path.secret, body, self.choice.choice([path.shortcode, "111111", ""]))

    async def _names_another_shortcode(self) -> None:
        """A leaked path and everything right but whose money it would be."""
        prompt = self._prompt()
        if prompt is not None:
            amount = int(prompt.order.amount)
            body = success_body(prompt, self._receipt(), amount, prompt.order.phone, self.world.scheduler)
            await self.world.post(prompt.secret, body, "111111")

    async def _replays_elsewhere(self) -> None:
        """A genuine callback with its genuine receipt on the path of another payment."""
        path, said = self._prompt(), self._prompt()
        if path is not None and said is not None and path is not said and said.bodies:
            await self.world.post(path.secret, said.bodies[-1], path.shortcode)

    async def _reuses_a_receipt(self) -> None:
        """Everything right but the receipt, which is another payment's and booked."""
        path = self._prompt()
        booked = [receipt for receipt in self.world.judge.booked if path is not None and receipt != path.receipt]
        if path is not None and booked:
            receipt = self.choice.choice(booked)
            body = success_body(path, receipt, int(path.order.amount), path.order.phone, self.world.scheduler)
            await self.world.post(path.secret, body, path.shortcode)

    async def _claims_again(self) -> None:
        """Everything right, a receipt that does not exist, and a payment whose callback came already."""
        path = self._prompt()
        if path is not None and path.receipt in self.world.judge.booked_by_callback:
            body = success_body(path, self._receipt(), int(path.order.amount), path.order.phone, self.world.scheduler)
            await self.world.post(path.secret, body, path.shortcode)

    async def _babbles(self) -> None:
        """A leaked path and something that is no callback."""
        prompt = self._prompt()
        if prompt is not None:
            body = self.choice.choice([b"", b"[]", b"<html>", json.dumps({"Body": {"stkCallback": 1}}).encode()])
            await self.world.post(prompt.secret, body, "")

    async def _denies(self) -> None:
        """A leaked path, and a failure that Daraja did not send: the money that comes must count all the same."""
        prompt = self._prompt()
        if prompt is not None:
            await self.world.post(prompt.secret, failure_body(prompt, "1032"), prompt.shortcode)

    def _receipt(self) -> str:
        return f"F{self.choice.randrange(10**9):09d}"
