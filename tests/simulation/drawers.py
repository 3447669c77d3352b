"""Cash drawers: who opens one, puts cash in, sells from it, and counts it while others sell."""

from decimal import Decimal
from functools import partial
from uuid import UUID

from payme import drawers
from payme.drawers import CashMove, Count, MovementKind
from payme.identity import Role
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.errors import Refusal
from tests.simulation.memory import heard, tell_drawer
from tests.simulation.tills import Client, SimTill
from tests.simulation.world import SimShop, World

FLOAT = Decimal("500.00")


class DrawerKeeper(SimTill):
    """A cashier with a drawer of their own, which they name."""

    def __init__(self, world: World, shop: SimShop, name: str) -> None:
        """Have a manager and an owner to ask."""
        super().__init__(world, shop, name)
        self._manager = Client(world, shop, f"{name}-manager", Role.MANAGER)
        self._owner = Client(world, shop, f"{name}-owner", Role.OWNER)

    async def keeps(self, times: int) -> None:
        """Open a drawer, trade, count, close; again."""
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.uniform(0.0, 30.0))
            self.drawer = await self._opens()
            if self.drawer is not None:
                for _ in range(self.choice.choice([1, 2, 3])):
                    ways = [self.sells_for_cash, self.sells_for_both, self._moves_cash]
                    await self.choice.choices(ways, [2, 1, 1])[0]()
                await self._closes(self.drawer)
            self.drawer = None

    async def _opens(self) -> UUID | None:
        """Open a drawer, sometimes at a till where there is one, or where a colleague opens one just now."""
        till = self.choice.choice(["Till 1", f"Till of {self.name}"])

        async def colleague() -> None:
            self._drawer_told(await self._manager.command(tell_drawer, drawers.open_drawer, till, FLOAT))

        beside = None
        if self.choice.random() < 0.2:
            beside = self.world.scheduler.spawn(f"{self.name}-colleague", colleague)
        reply = await self.command(tell_drawer, drawers.open_drawer, till, FLOAT)
        if beside is not None:
            await self.world.scheduler.join(beside)
        return self._drawer_told(reply)

    async def _moves_cash(self) -> None:
        assert self.drawer is not None
        amount = Decimal(self.choice.choice([50, 200, 5_000]))
        kind = self.choice.choice([MovementKind.CASH_IN, MovementKind.CASH_OUT])
        moved = amount if kind is MovementKind.CASH_IN else -amount
        move = CashMove(kind, amount, "change for the market")
        tell = partial(tell_drawer, moved=moved)
        self._drawer_told(await self._manager.command(tell, drawers.move_cash, self.drawer, move))

    async def _closes(self, drawer_id: UUID) -> None:
        """Count while a colleague sells from the drawer, sometimes two at once; what differs somebody else accepts."""
        sells = self.choice.choice([self.sells_for_cash, self.sells_for_cash, self.sells_for_both])
        beside = self.world.scheduler.spawn(f"{self.name}-beside", sells)
        if self.choice.random() < 0.3:
            await self._both(drawer_id)
        else:
            await self._counts(self, drawer_id)
        for who in self.choice.choice([(self._manager,), (self, self._manager), (self, self._owner, self._manager)]):
            await self._approves(who, drawer_id)
        await self.world.scheduler.join(beside)

    async def _both(self, drawer_id: UUID) -> None:
        async def manager() -> None:
            await self._counts(self._manager, drawer_id)

        other = self.world.scheduler.spawn(f"{self.name}-counts", manager)
        await self._counts(self, drawer_id)
        await self.world.scheduler.join(other)

    async def _counts(self, who: Client, drawer_id: UUID) -> None:
        hundreds = self.choice.choice([5, 6, 9, 40])
        found = Count(((Decimal(100), hundreds),), Decimal(0))
        self._drawer_told(await who.command(tell_drawer, drawers.count_drawer, drawer_id, found))

    async def _approves(self, who: Client, drawer_id: UUID) -> None:
        self._drawer_told(await who.command(tell_drawer, drawers.approve_count, drawer_id, "counted again"))

    def _drawer_told(self, reply: StoredAnswer | Refusal | None) -> UUID | None:
        self.refused(reply)
        return UUID(heard(reply)["id"]) if isinstance(reply, StoredAnswer) else None
