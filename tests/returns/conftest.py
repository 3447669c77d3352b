"""A shop whose customers bring things back."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest

from payme import returns, sales, stock
from payme.kit.db.transaction import Database, Tx
from payme.returns import ReturnView, VoidView
from payme.sales import Cancellation, Condition, Sale, SaleView, WantedBack
from payme.stock import Product
from tests.support.daraja import Counter, paid
from tests.support.goods import has_stock, opens_sale, receives
from tests.support.shops import Shop, make_shop


def back(line: int, quantity: str, condition: str = "restock", reason: str = "wrong one") -> WantedBack:
    return WantedBack(line, Decimal(quantity), Condition(condition), reason)


@dataclass(frozen=True)
class Duka:
    """A shop with sugar at 150 a kg in two batches: 5 kg at 120, then 20 kg at 130."""

    shop: Shop
    counter: Counter
    sugar: Product

    async def sells(self, quantity: str, cash: str | None = None) -> SaleView:
        return await opens_sale(self.shop, (self.sugar, quantity), cash=cash)

    async def sells_for_mpesa(self, quantity: str, cash: str | None = None) -> Sale:
        """What cash does not pay is paid by phone."""
        sale = (await self.sells(quantity, cash)).sale
        asked = await self.counter.asks(sale.id)
        await self.counter.receives(paid(asked), asked)
        return await self.sale(sale.id)

    async def returns(self, sale_id: UUID, *wanted: WantedBack, role: str = "manager") -> ReturnView:
        return await self.shop.transact(returns.return_goods, sale_id, wanted, None, role=role)

    async def voids(self, sale_id: UUID, *, even_if_paying: bool = False, role: str = "manager") -> VoidView:
        return await self.shop.transact(
            returns.void_sale, sale_id, Cancellation("rung up twice", even_if_paying), role=role
        )

    async def sale(self, sale_id: UUID) -> Sale:
        return await self.shop.transact(sales.get_sale, sale_id)

    async def left(self) -> list[Decimal]:
        """What each batch of sugar holds, the oldest first."""
        batches = await self.shop.transact(stock.list_batches_of, self.sugar.id, None, 10)
        return [batch.quantity_available for batch in sorted(batches, key=lambda batch: batch.received_at)]

    async def movements(self) -> list[tuple[str, Decimal]]:
        async def read(tx: Tx) -> list[tuple[str, Decimal]]:
            rows = await tx.records(
                "SELECT kind, quantity FROM stock_movements WHERE business_id = $1 ORDER BY sequence", tx.business_id
            )
            return [(row["kind"], row["quantity"]) for row in rows]

        return await self.shop.transact(read)


@pytest.fixture
async def duka(database: Database) -> Duka:
    shop = await make_shop(database)
    sugar = await has_stock(shop, quantity="5", cost="120.00")
    await receives(shop, sugar.id, "20", "130.00")
    return Duka(shop, Counter(shop), sugar)
