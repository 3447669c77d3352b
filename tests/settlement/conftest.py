"""A shop in a street where customers pay the till by hand."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from payme import sales
from payme.kit.db.transaction import Database, Tx
from payme.money import Claim, Unclaimed
from payme.money.queries import list_claims, list_unclaimed
from payme.sales import Sale
from tests.support.by_hand import Safaricom, registers
from tests.support.daraja import Counter
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop


@dataclass
class Street:
    """A shop with an open sale of KES 300, and Safaricom, which tells it of money paid by hand."""

    counter: Counter
    safaricom: Safaricom
    sale: Sale

    @property
    def shop(self) -> Shop:
        return self.counter.shop

    async def sale_now(self, sale: Sale | None = None) -> Sale:
        return await self.shop.transact(sales.get_sale, (sale or self.sale).id)

    async def another_sale(self) -> Sale:
        return (await opens_sale(self.shop, (await has_stock(self.shop, name="Tea"), "2"))).sale

    async def unclaimed(self) -> list[Unclaimed]:
        return await self.shop.transact(list_unclaimed, None, None, 50)

    async def claims(self) -> list[Claim]:
        return await self.shop.transact(list_claims, None, None, None, 50)

    async def issues(self) -> set[str]:
        async def read(tx: Tx) -> set[str]:
            rows = await tx.records("SELECT kind FROM reconciliation_issues WHERE business_id = $1", tx.business_id)
            return {row["kind"] for row in rows}

        return await self.shop.transact(read)

    async def books(self) -> dict[str, Decimal]:
        """What stands for which purpose."""

        async def read(tx: Tx) -> dict[str, Decimal]:
            rows = await tx.records(
                "SELECT purpose, sum(amount) AS amount FROM allocations WHERE business_id = $1 GROUP BY 1",
                tx.business_id,
            )
            return {row["purpose"]: row["amount"] for row in rows if row["amount"]}

        return await self.shop.transact(read)


@pytest.fixture
async def street(database: Database) -> Street:
    shop = await make_shop(database)
    sugar = await has_stock(shop, price="150.00", quantity="10")
    opened = await opens_sale(shop, (sugar, "2"))
    return Street(Counter(shop), await registers(shop), opened.sale)
