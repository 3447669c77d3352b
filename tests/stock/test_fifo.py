"""First in, first out: on a real database, and against a model that moves one gram at a time."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme import stock
from payme.kit.db.transaction import Database, Tx
from payme.kit.money import GRAM
from payme.stock import ProductUnknown, StockShort, Taking, rules
from payme.stock.models import BatchLeft
from tests.stock.conftest import Store, take_fifo
from tests.support.shops import make_shop
from tests.support.together import count, together

PRODUCTS = [UUID(int=number) for number in range(1, 4)]


def gram_by_gram(batches: Sequence[BatchLeft], quantities: dict[UUID, Decimal]) -> dict[UUID, int]:
    """Hand goods over one gram at a time, each from the first batch on the shelf that has any."""
    left = {batch.id: int(batch.quantity_available / GRAM) for batch in batches}
    taken = dict.fromkeys(left, 0)
    for product_id, quantity in quantities.items():
        for _ in range(int(quantity / GRAM)):
            batch = next(batch for batch in batches if batch.product_id == product_id and left[batch.id] > 0)
            left[batch.id] -= 1
            taken[batch.id] += 1
    return {batch_id: grams for batch_id, grams in taken.items() if grams}


shelves = st.lists(st.tuples(st.sampled_from(PRODUCTS), st.integers(0, 40), st.integers(0, 500)), max_size=12)
baskets = st.dictionaries(st.sampled_from(PRODUCTS), st.integers(1, 60), min_size=1)


@given(shelves, baskets)
def test_goods_leave_as_if_taken_gram_by_gram_from_the_oldest(
    shelf: list[tuple[UUID, int, int]], basket: dict[UUID, int]
) -> None:
    batches = [
        BatchLeft(UUID(int=100 + place), product_id, grams * GRAM, Decimal(cents) / 100)
        for place, (product_id, grams, cents) in enumerate(shelf)
        if product_id in basket
    ]
    quantities = {product_id: grams * GRAM for product_id, grams in basket.items()}
    have = {
        product_id: sum((b.quantity_available for b in batches if b.product_id == product_id), Decimal(0))
        for product_id in basket
    }
    lacking = [product_id for product_id in basket if have[product_id] < quantities[product_id]]
    if lacking:
        with pytest.raises(StockShort) as short:
            rules.take(batches, quantities)
        assert [shortage.product_id for shortage in short.value.shortages] == lacking
        assert all(shortage.left == have[shortage.product_id] for shortage in short.value.shortages)
        assert (short.value.product_id, short.value.wanted) == (lacking[0], quantities[lacking[0]])
        return

    changes = rules.take(batches, quantities)

    assert {change.batch_id: int(-change.change / GRAM) for change in changes} == gram_by_gram(batches, quantities)
    costs = {batch.id: batch.unit_cost for batch in batches}
    assert all(change.unit_cost == costs[change.batch_id] for change in changes)
    assert all(change.available_after == change.available_before + change.change >= 0 for change in changes)


async def test_a_sale_takes_the_oldest_first_at_each_batchs_own_cost(store: Store) -> None:
    sugar = await store.product()
    first, second, third = await store.receive(sugar.id, ("2", "100.00"), ("3.500", "110.00"), ("9", "120.00"))

    takings = await store.take(sugar.id, "6")

    assert takings == [
        Taking(sugar.id, first.id, Decimal("2.000"), Decimal("100.00")),
        Taking(sugar.id, second.id, Decimal("3.500"), Decimal("110.00")),
        Taking(sugar.id, third.id, Decimal("0.500"), Decimal("120.00")),
    ]
    assert await store.left(sugar.id) == [Decimal(0), Decimal(0), Decimal("8.500")]


async def test_nothing_moves_when_one_product_of_many_is_short(store: Store) -> None:
    sugar, flour = await store.product("Sukari"), await store.product("Unga")
    await store.receive(sugar.id, ("5", "100"))
    await store.receive(flour.id, ("1", "90"))
    wanted = {sugar.id: Decimal(5), flour.id: Decimal("1.001")}

    with pytest.raises(StockShort) as short:
        await store.shop.transact(take_fifo, wanted, uuid_of(store))

    assert short.value.facts() == {
        "product_id": flour.id,
        "wanted": Decimal("1.001"),
        "left": Decimal(1),
        "shortages": [{"product_id": flour.id, "wanted": Decimal("1.001"), "left": Decimal(1)}],
    }
    assert await store.left(sugar.id) == [Decimal(5)]


def uuid_of(store: Store) -> UUID:
    return store.shop.database.seams.new_id()


async def test_another_shops_product_cannot_be_taken(store: Store, database: Database) -> None:
    neighbour = Store(await make_shop(database))
    theirs = await neighbour.product()
    await neighbour.receive(theirs.id, ("5", "100"))

    with pytest.raises(ProductUnknown):
        await store.take(theirs.id, "1")

    assert await neighbour.left(theirs.id) == [Decimal(5)]


async def test_a_cancelled_sale_gives_back_to_the_same_batches_once(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("2", "100"), ("3", "110"))
    sale_id = uuid_of(store)
    await store.take(sugar.id, "4", sale_id)

    await store.shop.transact(stock.give_back, sale_id)
    await store.shop.transact(stock.give_back, sale_id)

    assert await store.left(sugar.id) == [Decimal(2), Decimal(3)]


async def test_two_cancellations_at_once_give_back_once(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("2", "100"), ("3", "110"))
    sale_id = uuid_of(store)
    await store.take(sugar.id, "4", sale_id)

    await together(8, lambda _: store.shop.transact(stock.give_back, sale_id))

    assert await store.left(sugar.id) == [Decimal(2), Decimal(3)]


async def test_one_document_cannot_take_twice(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("5", "100"))
    sale_id = uuid_of(store)
    await store.take(sugar.id, "1", sale_id)

    with pytest.raises(asyncpg.UniqueViolationError):
        await store.take(sugar.id, "1", sale_id)

    assert await store.left(sugar.id) == [Decimal(4)]


async def test_the_last_unit_is_taken_once(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("1", "100"))

    results = await together(8, lambda _: store.take(sugar.id, "1"))

    assert (count(results, list), count(results, StockShort)) == (1, 7)
    assert await store.left(sugar.id) == [Decimal(0)]


async def test_sixty_four_buyers_of_twenty_units_take_exactly_twenty(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("3", "100"), ("7", "101"), ("10", "102"))

    results = await together(64, lambda _: store.take(sugar.id, "1"))

    assert (count(results, list), count(results, StockShort)) == (20, 44)
    assert await store.left(sugar.id) == [Decimal(0)] * 3


async def test_baskets_in_opposite_order_do_not_block_each_other(store: Store) -> None:
    products = [await store.product(f"Bidhaa {number}") for number in range(4)]
    for product in products:
        await store.receive(product.id, ("16", "10"))

    async def buy(number: int) -> list[Taking]:
        order = products if number % 2 else products[::-1]
        return await store.shop.transact(take_fifo, {product.id: Decimal(1) for product in order}, uuid_of(store))

    results = await together(16, buy)

    assert count(results, list) == 16


async def test_deliveries_sales_and_cancellations_at_once_keep_first_in_first_out(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("2", "100"), ("4", "105"))
    cancelled = [uuid_of(store) for _ in range(6)]
    for sale_id in cancelled[:3]:
        await store.take(sugar.id, "1.500", sale_id)

    async def act(number: int) -> object:
        if number % 4 == 0:
            return await store.receive(sugar.id, ("1", "110"), ("0.500", "111"))
        if number % 4 == 1 and number // 4 < 3:
            return await store.shop.transact(stock.give_back, cancelled[number // 4])
        return await store.take(sugar.id, "0.700")

    await together(32, act)

    assert await store.broken_books() == []


async def test_goods_given_back_to_an_old_batch_are_sold_before_newer_ones(store: Store) -> None:
    sugar = await store.product()
    old, new = await store.receive(sugar.id, ("2", "100"), ("4", "105"))
    sale_id = uuid_of(store)
    await store.take(sugar.id, "2", sale_id)
    await store.shop.transact(stock.give_back, sale_id)

    takings = await store.take(sugar.id, "3")

    assert [taking.batch_id for taking in takings] == [old.id, new.id]


async def test_a_sale_that_waits_for_a_cancellation_sells_what_came_back_first(store: Store) -> None:
    sugar = await store.product()
    old, _ = await store.receive(sugar.id, ("2", "100"), ("4", "105"))
    sale_id = uuid_of(store)
    await store.take(sugar.id, "2", sale_id)
    gave_back, may_commit = asyncio.Event(), asyncio.Event()

    async def cancel_slowly(tx: Tx) -> None:
        await stock.give_back(tx, sale_id)
        gave_back.set()
        await may_commit.wait()

    cancelling = asyncio.create_task(store.shop.transact(cancel_slowly))
    await gave_back.wait()
    selling = asyncio.create_task(store.take(sugar.id, "1"))
    await asyncio.wait([selling], timeout=0.3)
    assert not selling.done()
    may_commit.set()
    await cancelling

    assert [taking.batch_id for taking in await selling] == [old.id]


async def test_a_cancellation_waits_for_a_sale_that_has_chosen_its_batches(store: Store) -> None:
    sugar = await store.product()
    _, new = await store.receive(sugar.id, ("2", "100"), ("4", "105"))
    sale_id = uuid_of(store)
    await store.take(sugar.id, "2", sale_id)
    took, may_commit = asyncio.Event(), asyncio.Event()

    async def sell_slowly(tx: Tx) -> list[Taking]:
        takings = await take_fifo(tx, {sugar.id: Decimal(1)}, tx.new_id())
        took.set()
        await may_commit.wait()
        return takings

    selling = asyncio.create_task(store.shop.transact(sell_slowly))
    await took.wait()
    cancelling = asyncio.create_task(store.shop.transact(stock.give_back, sale_id))
    await asyncio.wait([cancelling], timeout=0.3)
    assert not cancelling.done()
    may_commit.set()

    assert [taking.batch_id for taking in await selling] == [new.id]
    await cancelling
    assert await store.left(sugar.id) == [Decimal(2), Decimal(3)]


async def test_products_read_and_locked_in_one_go_are_taken_from(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("2", "100"))

    async def sell(tx: Tx) -> tuple[str, list[Taking]]:
        products = await stock.lock_products(tx, [sugar.id])
        takings = await stock.take_from(tx, products, {sugar.id: Decimal(1)}, tx.new_id())
        return products.by_id[sugar.id].name, takings

    name, takings = await store.shop.transact(sell)

    assert (name, len(takings)) == ("Sukari 1kg", 1)


async def test_taking_nothing_or_less_is_a_bug(store: Store) -> None:
    sugar = await store.product()

    for quantities in ({}, {sugar.id: Decimal(0)}, {sugar.id: Decimal(-1)}):
        with pytest.raises(AssertionError):
            await store.shop.transact(take_fifo, quantities, uuid_of(store))
