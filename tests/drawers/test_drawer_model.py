"""A day of drawers at random, beside a list in which every shilling is written down and added up by hand."""

from collections import defaultdict
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from payme import drawers, sales
from payme.drawers import CashMove, DrawerMode, DrawerState, MovementKind, Tender
from payme.drawers.errors import CashShort
from payme.kit.db.transaction import Database
from payme.sales import Cancellation, SaleState, SaleView
from payme.stock import Product
from tests.support.daraja import Counter, paid
from tests.support.drawers import counted, keeps_drawers, opens_drawer, totals_of
from tests.support.goods import draft_of, has_stock, has_tokens
from tests.support.shops import Shop, make_shop

TILLS = ("cashier", "manager")
STEPS = 45


class Model:
    """What should be in each drawer: every shilling in one list, added up anew for each question."""

    def __init__(self) -> None:
        self.moves: list[tuple[UUID, Tender, Decimal]] = []
        self.open: dict[str, UUID] = {}
        self.closed: dict[UUID, Decimal] = {}

    def expected(self, drawer: UUID, tender: Tender) -> Decimal:
        return sum((amount for one, kind, amount in self.moves if (one, kind) == (drawer, tender)), Decimal(0))

    def of(self, sale: SaleView, role: str) -> UUID:
        """Whose drawer cash goes through: one's own, else the sale's if it is open, else the only one."""
        if role in self.open:
            return self.open[role]
        if sale.sale.drawer_id in self.open.values():
            assert sale.sale.drawer_id is not None
            return sale.sale.drawer_id
        (only,) = self.open.values()
        return only


class Trading:
    """Does one random thing after the other, to the shop and to the model."""

    def __init__(self, shop: Shop, sugar: Product, seed: int) -> None:
        self.shop, self.sugar, self.counter = shop, sugar, Counter(shop)
        self.chance, self.model = Random(seed), Model()
        self.waiting: list[SaleView] = []
        self.hits: dict[str, int] = defaultdict(int)

    async def step(self) -> None:
        role = self.chance.choice(TILLS)
        if role not in self.model.open:
            await self.opens(role)
            return
        act = self.chance.choice((self.sells, self.sells, self.takes, self.asks, self.cancels, self.moves, self.counts))
        self.hits[act.__name__] += 1
        await act(role)

    async def opens(self, role: str) -> None:
        cash = Decimal(self.chance.choice((0, 500, 1250)))
        drawer = (await opens_drawer(self.shop, str(cash), f"Till of {role}", role)).drawer
        self.model.open[role] = drawer.id
        self.model.moves.append((drawer.id, Tender.CASH, cash))

    async def sells(self, role: str) -> None:
        cash = self.chance.choice((None, "100.00", "150.00", "1000.00"))
        sale = await self.shop.transact(sales.open_sale, draft_of((self.sugar, "1"), cash=cash), role=role)
        assert sale.sale.drawer_id == self.model.open[role]
        self.model.moves.append((self.model.open[role], Tender.CASH, sale.sale.paid))
        if sale.sale.state is SaleState.OPEN:
            self.waiting.append(sale)

    def _any(self) -> SaleView | None:
        return self.waiting.pop(self.chance.randrange(len(self.waiting))) if self.waiting else None

    async def takes(self, role: str) -> None:
        if sale := self._any():
            due = (await self.shop.transact(sales.get_sale, sale.sale.id)).balance_due
            await self.shop.transact(sales.take_cash, sale.sale.id, due + 50, role=role)
            self.model.moves.append((self.model.of(sale, role), Tender.CASH, due))

    async def asks(self, role: str) -> None:
        if sale := self._any():
            asked = await self.counter.asks(sale.sale.id, "20.00")
            await self.counter.receives(paid(asked), asked)
            assert sale.sale.drawer_id is not None
            if sale.sale.drawer_id not in self.model.closed:
                self.model.moves.append((sale.sale.drawer_id, Tender.MPESA, Decimal(20)))
            self.hits[f"asked as {role}"] += 1

    async def cancels(self, role: str) -> None:
        if sale := self._any():
            before = await self.shop.transact(sales.get_sale, sale.sale.id)
            await self.shop.transact(sales.cancel_sale, sale.sale.id, Cancellation("changed her mind"), role=role)
            self.model.moves.append((self.model.of(sale, role), Tender.CASH, -before.paid))

    async def moves(self, role: str) -> None:
        drawer = self.model.open[role]
        kind = self.chance.choice((MovementKind.CASH_IN, MovementKind.CASH_OUT))
        amount = Decimal(self.chance.choice((40, 900)))
        left = self.model.expected(drawer, Tender.CASH)
        wanted = CashMove(kind, amount, "by hand")
        if kind is MovementKind.CASH_OUT and amount > left:
            with pytest.raises(CashShort):
                await self.shop.transact(drawers.move_cash, drawer, wanted)
            return
        await self.shop.transact(drawers.move_cash, drawer, wanted)
        self.model.moves.append((drawer, Tender.CASH, amount if kind is MovementKind.CASH_IN else -amount))

    async def counts(self, role: str) -> None:
        drawer = self.model.open.pop(role)
        cash = max(self.model.expected(drawer, Tender.CASH) + self.chance.choice((0, 0, 5, 400)), Decimal(0))
        mpesa = self.model.expected(drawer, Tender.MPESA)
        view = await self.shop.transact(drawers.count_drawer, drawer, counted(str(cash), str(mpesa)), role=role)
        self.model.closed[drawer] = cash - self.model.expected(drawer, Tender.CASH)
        expected = self.model.expected(drawer, Tender.CASH)
        within = abs(cash - expected) * 50 <= abs(expected)
        assert view.drawer.state is (DrawerState.CLOSED if within else DrawerState.COUNTED)
        assert view.totals[0].variance == self.model.closed[drawer]

    async def agrees(self) -> None:
        for drawer in {one for one, _, _ in self.model.moves}:
            found = await totals_of(self.shop, drawer)
            for tender in Tender:
                assert found[tender].expected == self.model.expected(drawer, tender), (drawer, tender)


@pytest.mark.parametrize("seed", range(3))
async def test_drawers_hold_what_a_list_of_every_shilling_says(database: Database, seed: int) -> None:
    shop = await make_shop(database)
    await has_tokens(shop, 200)
    sugar = await has_stock(shop, price="150.00", quantity="500")
    await keeps_drawers(shop, DrawerMode.REQUIRED)
    trading = Trading(shop, sugar, seed)

    for _ in range(STEPS):
        await trading.step()
        await trading.agrees()

    assert len([act for act in trading.hits if not act.startswith("asked")]) >= 5
    assert await shop.disagreements() == []
