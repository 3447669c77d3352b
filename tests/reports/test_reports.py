"""Reports say what the books say, whether or not ended days are kept added up."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from payme import returns, sales
from payme.kit.days import SHOP_TIME
from payme.kit.db.transaction import Database
from payme.reports import count_again, queries
from payme.reports.jobs import keep_ended_days
from payme.sales import Cancellation
from tests.reports.conftest import SetClock
from tests.support.goods import has_stock, has_tokens, opens_sale, receives
from tests.support.shops import Shop
from tests.support.together import together

MONDAY = date(2026, 3, 2)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=SHOP_TIME) + timedelta(day)


async def test_a_sale_counts_on_the_day_on_which_it_was_completed(shop: Shop, clock: SetClock) -> None:
    clock.at = at(0, 9)
    sugar = await has_stock(shop, "Sugar", quantity="2", cost="119.99")
    await receives(shop, sugar.id, "20", "121.37")
    clock.at = at(0, 23, 59)
    opened = await opens_sale(shop, (sugar, "3"), cash="100")
    await opens_sale(shop, (sugar, "1"), cash="150")
    clock.at = at(1, 0, 1)
    await opens_sale(shop, (sugar, "1"))
    await shop.transact(sales.take_cash, opened.sale.id, Decimal(350))

    report = await shop.transact(queries.sales_by_day, MONDAY, MONDAY + timedelta(1))

    assert [(one.day, one.sales, one.revenue, one.cost, one.cash) for one in report.figures] == [
        (MONDAY, 1, Decimal("150.00"), Decimal("121.37"), Decimal("150.00")),
        (MONDAY + timedelta(1), 1, Decimal("450.00"), Decimal("361.35"), Decimal("450.00")),
    ]


async def test_reports_are_the_same_before_and_after_days_are_kept(
    shop: Shop, clock: SetClock, books: Database
) -> None:
    clock.at = at(-1, 9)
    await has_tokens(shop, 100)
    sugar = await has_stock(shop, "Sugar", quantity="1000", cost="119.99")
    for day in range(12):
        for hour in (8, 13, 22):
            clock.at = at(day, hour, day)
            await opens_sale(shop, (sugar, f"1.{day % 10}{hour % 10}7"), cash="1000")
    clock.at = at(11, 23)

    async def all_reports() -> list[object]:
        period = (MONDAY, MONDAY + timedelta(20))
        return [
            (await shop.transact(queries.sales_by_day, *period)).figures,
            (await shop.transact(queries.sales_by_product, *period)).figures,
            (await shop.transact(queries.sales_by_cashier, *period)).figures,
            (await shop.transact(queries.tokens_by_day, *period)).figures,
        ]

    before = await all_reports()
    assert await keep_ended_days(books, shop.business_id) == 2  # the tokens, and eleven days are two chunks
    assert await shop.transact(queries.find_kept_until) == MONDAY + timedelta(10)
    assert await all_reports() == before
    assert await keep_ended_days(books, shop.business_id) == 0
    assert await all_reports() == before


async def test_workers_that_keep_at_once_keep_once(shop: Shop, clock: SetClock, books: Database) -> None:
    clock.at = at(0, 9)
    sugar = await has_stock(shop, "Sugar", quantity="1000")
    for day in range(5):
        clock.at = at(day, 10)
        await opens_sale(shop, (sugar, "1"), cash="150")
    clock.at = at(40, 10)

    await together(8, lambda _: keep_ended_days(books, shop.business_id))

    days = (await shop.transact(queries.sales_by_day, MONDAY, MONDAY + timedelta(6))).figures
    tokens = (await shop.transact(queries.tokens_by_day, MONDAY, MONDAY + timedelta(6))).figures
    assert [day.sales for day in days] == [1] * 5
    assert [(day.reserved, day.charged) for day in tokens] == [(1, 1)] * 5
    assert await shop.disagreements() == []


async def test_a_day_is_not_kept_before_all_that_began_on_it_has_ended(
    shop: Shop, clock: SetClock, books: Database
) -> None:
    clock.at = at(0, 9)
    sugar = await has_stock(shop, "Sugar")
    await opens_sale(shop, (sugar, "1"), cash="150")

    clock.at = at(1, 1, 59)
    await keep_ended_days(books, shop.business_id)
    assert await shop.transact(queries.find_kept_until) == MONDAY - timedelta(1)

    clock.at = at(1, 2, 0)
    await keep_ended_days(books, shop.business_id)
    assert await shop.transact(queries.find_kept_until) == MONDAY


async def test_sales_of_the_past_are_counted_again(shop: Shop, clock: SetClock, books: Database) -> None:
    clock.at = at(-9, 9)
    sugar = await has_stock(shop, "Sugar", quantity="100")
    for day in (-9, 0, 3):
        clock.at = at(day, 10)
        await opens_sale(shop, (sugar, "1"), cash="150")
    clock.at = at(9, 10)
    while await keep_ended_days(books, shop.business_id):
        pass

    await shop.transact(count_again, MONDAY)
    clock.at = at(0, 11)
    await opens_sale(shop, (sugar, "2"), cash="300")
    clock.at = at(9, 11)

    for _ in ("counted", "kept"):
        days = (await shop.transact(queries.sales_by_day, MONDAY - timedelta(9), MONDAY + timedelta(9))).figures
        assert [(day.day, day.revenue) for day in days] == [
            (MONDAY - timedelta(9), Decimal("150.00")),
            (MONDAY, Decimal("450.00")),
            (MONDAY + timedelta(3), Decimal("150.00")),
        ]
        assert await shop.disagreements() == []
        await keep_ended_days(books, shop.business_id)
    assert await shop.transact(queries.find_kept_until) == MONDAY + timedelta(8)


async def test_a_sale_that_was_voided_counts_nowhere(shop: Shop, clock: SetClock, books: Database) -> None:
    clock.at = at(0, 9)
    sugar = await has_stock(shop, "Sugar")
    wrong = await opens_sale(shop, (sugar, "2"), cash="300")
    await opens_sale(shop, (sugar, "1"), cash="150")
    await shop.transact(returns.void_sale, wrong.sale.id, Cancellation("rung up twice"))
    clock.at = at(3, 9)

    for _ in ("counted", "kept"):
        (day,) = (await shop.transact(queries.sales_by_day, MONDAY, MONDAY)).figures
        (product,) = (await shop.transact(queries.sales_by_product, MONDAY, MONDAY)).figures
        (cashier,) = (await shop.transact(queries.sales_by_cashier, MONDAY, MONDAY)).figures
        assert (day.sales, day.revenue, day.cost) == (1, Decimal("150.00"), Decimal("120.00"))
        assert (product.quantity, product.revenue) == (1, Decimal("150.00"))
        assert (cashier.sales, cashier.revenue) == (1, Decimal("150.00"))
        await keep_ended_days(books, shop.business_id)
