"""A sale for cash: one request, one transaction."""

from decimal import Decimal

import pytest

from payme.kit.db.transaction import Database, Tx
from payme.sales import SaleState, SaleView
from payme.stock import StockShort
from payme.wallet import WalletExhausted
from tests.support.goods import draft_of, has_stock, has_tokens, opens_sale
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together

pytestmark = pytest.mark.usefixtures("database")


async def tokens(shop: Shop) -> int:
    async def read(tx: Tx) -> int:
        return int(await tx.value("SELECT balance_tokens FROM wallets WHERE business_id = $1", tx.business_id))

    return await shop.transact(read)


async def on_hand(shop: Shop) -> Decimal:
    async def read(tx: Tx) -> Decimal:
        left = await tx.value(
            "SELECT sum(quantity_available) FROM stock_batches WHERE business_id = $1", tx.business_id
        )
        return Decimal(left)

    return await shop.transact(read)


async def test_cash_pays_and_gives_change(database: Database) -> None:
    shop = await make_shop(database)
    sugar = await has_stock(shop, price="150.00", quantity="10")

    sold = await opens_sale(shop, (sugar, "2"), cash="500.00")

    assert sold.sale.state is SaleState.COMPLETED
    assert sold.sale.total == Decimal("300.00")
    assert sold.payments[0].change_given == Decimal("200.00")
    assert await on_hand(shop) == Decimal(8)
    assert await tokens(shop) == 9


async def test_the_last_unit_is_sold_once(database: Database) -> None:
    shop = await make_shop(database)
    sugar = await has_stock(shop, quantity="1")

    results = await together(8, lambda _: opens_sale(shop, (sugar, "1"), cash="150.00"))

    assert count(results, SaleView) == 1
    assert count(results, StockShort) == 7
    assert await tokens(shop) == 9


async def test_sixty_four_buyers_of_twenty_units(database: Database) -> None:
    shop = await make_shop(database)
    await has_tokens(shop, 100)
    sugar = await has_stock(shop, quantity="20")

    results = await together(64, lambda _: opens_sale(shop, (sugar, "1"), cash="150.00"))

    assert count(results, SaleView) == 20
    assert count(results, StockShort) == 44
    assert await on_hand(shop) == 0
    assert await tokens(shop) == 90


async def test_sixty_four_sales_with_forty_tokens(database: Database) -> None:
    shop = await make_shop(database)
    await has_tokens(shop, 30)
    sugar = await has_stock(shop, quantity="1000")

    results = await together(64, lambda _: opens_sale(shop, (sugar, "1"), cash="150.00"))

    assert count(results, SaleView) == 40
    assert count(results, WalletExhausted) == 24
    assert await tokens(shop) == 0
    assert await on_hand(shop) == 960
    numbers = sorted(result.sale.number for result in results if isinstance(result, SaleView))
    assert numbers == list(range(1, 41))


async def test_two_lines_of_one_product_are_one_demand(database: Database) -> None:
    shop = await make_shop(database)
    sugar = await has_stock(shop, quantity="3")

    with pytest.raises(StockShort):
        await opens_sale(shop, (sugar, "2"), (sugar, "2"), cash="1000.00")

    assert await on_hand(shop) == 3
    assert draft_of((sugar, "1")).cash_tendered is None
