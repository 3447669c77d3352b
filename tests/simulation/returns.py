"""The desk where goods come back and sales are voided, by one person, by two, and by several at once."""

from collections.abc import Awaitable, Callable
from decimal import ROUND_UP, Decimal
from typing import Any
from uuid import UUID

from payme import returns
from payme.identity import Role
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.errors import Refusal
from payme.returns import Approval
from payme.sales import Cancellation, Condition, WantedBack
from tests.simulation.hands import Refunder
from tests.simulation.memory import heard, tell_return, tell_void
from tests.simulation.tills import Client, SimTill, beside
from tests.simulation.world import SimShop, World

HALF = 0.5
STANDS = frozenset({"completed", "partly_returned"})


class ReturnsDesk(SimTill):
    """A cashier to whom people come back, with those who may agree."""

    def __init__(self, world: World, shop: SimShop, name: str) -> None:
        """Have a manager and an owner to ask, and somebody who pays refunds."""
        super().__init__(world, shop, name)
        self._manager = Client(world, shop, f"{name}-manager", Role.MANAGER)
        self._owner = Client(world, shop, f"{name}-owner", Role.OWNER)
        self._refunder = Refunder(world, shop, f"{name}-refunder")

    async def takes_back(self, times: int) -> None:
        """Serve those who come back, one after the other."""
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.uniform(0.0, 40.0))
            sale_id = await self._regretted() if self.choice.random() < 0.4 else self._some_sale()
            if sale_id is not None:
                await self.serves(sale_id)

    async def serves(self, sale_id: UUID) -> None:
        """Bring some of a sale back, or all, or void it."""
        ways = [self._returns, self._two_return_all, self._voids, self._returns_and_voids]
        await self.choice.choices(ways, [4, 2, 4, 1])[0](sale_id)

    async def _regretted(self) -> UUID | None:
        """Sell, sometimes for cash while the customer is being asked on the phone."""
        if self.choice.random() < 0.5:
            return await self._open("all")
        sale_id = await self._open("none")
        if sale_id is not None and await self._asks(sale_id):
            await self._pays_rest_in_cash(sale_id)
        return sale_id

    def _some_sale(self) -> UUID | None:
        told = self.world.judge.acknowledged.sales
        sold = [sale_id for sale_id in self.shop.sales if told[sale_id] in STANDS] or self.shop.sales
        return self.choice.choice(sold) if sold else None

    async def _returns(self, sale_id: UUID) -> None:
        """Bring a part back, and sometimes the rest a little later."""
        for _ in range(self.choice.choice([1, 1, 2, 3])):
            await self._returns_some(sale_id, share=self.choice.choice([0.4, 1.0]))

    async def _two_return_all(self, sale_id: UUID) -> None:
        """Bring the same goods back at two counters at once (N22): all of them, or so much that both are too much."""
        share = self.choice.choice([0.75, 1.0])
        await beside(self, self._returns_all(sale_id, share), self._returns_all(sale_id, share))

    async def _returns_and_voids(self, sale_id: UUID) -> None:
        await beside(self, self._returns_all(sale_id), self._asks_for_void(self, sale_id))

    def _returns_all(self, sale_id: UUID, share: float = 1.0) -> Callable[[], Awaitable[object]]:
        async def return_all() -> None:
            await self._returns_some(sale_id, share=share)

        return return_all

    async def _returns_some(self, sale_id: UUID, *, share: float) -> None:
        view = await self.look(sale_id)
        lines = heard(view)["lines"] if view is not None else []
        wanted = []
        for number, _, sold in lines:
            quantity = Decimal(self.choice.choice(["0.250", "1"])) if share < HALF else Decimal(sold)
            if HALF < share < 1:
                quantity = (quantity * 3 / 4).quantize(Decimal("0.001"), ROUND_UP)
            condition = self.choice.choice([Condition.RESTOCK, Condition.RESTOCK, Condition.SPOILED])
            if share > HALF or self.choice.random() < 0.7:
                wanted.append(WantedBack(number, quantity, condition, "did not like it"))
        if not wanted:
            return
        reply = await self.command(tell_return, returns.return_goods, sale_id, tuple(wanted), self.drawer)
        self.refused(reply)
        for refund_id in heard(reply)["refunds"] if isinstance(reply, StoredAnswer) else []:
            if self.choice.random() < 0.5:
                await self._refunder.decide(UUID(refund_id))

    async def _voids(self, sale_id: UUID) -> None:
        """Void, alone where that is allowed; else two decide, perhaps at once and not the same."""
        void_id = await self._asks_for_void(self, sale_id)()
        if void_id is None:
            return
        manager, owner = self._manager, self._owner
        ways: list[list[Callable[[], Awaitable[object]]]] = [
            [self._approves(manager, void_id)],
            [self._approves(manager, void_id), self._approves(owner, void_id)],
            [self._approves(self, void_id), self._approves(owner, void_id)],
            [self._approves(manager, void_id), self._returns_all(sale_id)],
            [self._decides(returns.reject_void, manager, void_id), self._approves(owner, void_id)],
            [self._decides(returns.withdraw_void, self, void_id), self._approves(owner, void_id)],
            [self._decides(returns.withdraw_void, manager, void_id), self._asks_for_void(manager, sale_id)],
        ]
        await beside(self, *self.choice.choices(ways, [1, 1, 1, 1, 2, 2, 2])[0])

    def _asks_for_void(self, who: Client, sale_id: UUID) -> Callable[[], Awaitable[UUID | None]]:
        async def ask() -> UUID | None:
            wish = Cancellation("rung up twice", self.choice.random() < 0.7, self.drawer)
            reply = await who.command(tell_void, returns.void_sale, sale_id, wish)
            return self._void_told(reply, "requested")

        return ask

    def _approves(self, who: Client, void_id: UUID) -> Callable[[], Awaitable[object]]:
        async def approve() -> None:
            approval = Approval("seen", even_if_paying=self.choice.random() < 0.8, drawer_id=self.drawer)
            self._void_told(await who.command(tell_void, returns.approve_void, void_id, approval), "done")

        return approve

    def _decides(
        self, verb: Callable[..., Awaitable[Any]], who: Client, void_id: UUID
    ) -> Callable[[], Awaitable[object]]:
        async def decide() -> None:
            self._void_told(await who.command(tell_void, verb, void_id, "thought again"), "")

        return decide

    def _void_told(self, reply: StoredAnswer | Refusal | None, state: str) -> UUID | None:
        """Return the void where it came to this state."""
        self.refused(reply)
        if not isinstance(reply, StoredAnswer):
            return None
        said = heard(reply)
        return UUID(said["id"]) if said["state"] == state else None
