"""The shelf is counted, goods go bad: corrections with a reason."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme import audit, stock
from payme.kit.db.transaction import Database
from payme.stock import (
    Adjustment,
    AdjustmentDraft,
    AdjustmentKind,
    AdjustmentLine,
    BatchUnknown,
    MovementKind,
    NothingReceivedYet,
    ProductUnknown,
    SpoilageAddsNothing,
    StockShort,
    TooMuchInBatch,
    rules,
)
from payme.stock.models import BatchLeft
from tests.stock.conftest import Store
from tests.support.shops import make_shop
from tests.support.together import count, together


async def correct(
    store: Store, *lines: tuple[UUID, str, UUID | None], kind: AdjustmentKind = AdjustmentKind.COUNT
) -> Adjustment:
    draft = AdjustmentDraft(
        kind,
        "shelf counted",
        tuple(AdjustmentLine(product, Decimal(change), batch) for product, change, batch in lines),
    )
    return await store.shop.transact(stock.adjust, draft)


async def test_a_count_downwards_takes_from_the_oldest(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("2", "100"), ("3", "110"))

    adjustment = await correct(store, (sugar.id, "-3", None))

    assert await store.left(sugar.id) == [Decimal(0), Decimal(2)]
    movements = await store.shop.transact(stock.list_movements_by, adjustment.id, None, 10)
    assert [(row.kind, row.quantity, row.unit_cost, row.available_after) for row in movements] == [
        (MovementKind.COUNT, Decimal(-1), Decimal(110), Decimal(2)),
        (MovementKind.COUNT, Decimal(-2), Decimal(100), Decimal(0)),
    ]


async def test_a_count_upwards_goes_to_the_newest_even_if_it_is_empty(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("2", "100"), ("3", "110"))
    await store.take(sugar.id, "5")

    await correct(store, (sugar.id, "1.250", None))

    assert await store.left(sugar.id) == [Decimal(0), Decimal("1.250")]


async def test_a_named_batch_is_corrected_itself(store: Store) -> None:
    sugar = await store.product()
    old, new = await store.receive(sugar.id, ("2", "100"), ("3", "110"))

    await correct(store, (sugar.id, "-1", new.id), (sugar.id, "4", old.id))

    assert await store.left(sugar.id) == [Decimal(6), Decimal(2)]


async def test_spoiled_goods_leave_the_batch_that_went_bad(store: Store) -> None:
    milk = await store.product("Maziwa")
    _, bad = await store.receive(milk.id, ("2", "50"), ("3", "55"))

    adjustment = await correct(store, (milk.id, "-3", bad.id), kind=AdjustmentKind.SPOILAGE)

    assert await store.left(milk.id) == [Decimal(2), Decimal(0)]
    assert (adjustment.kind, adjustment.reason) == (AdjustmentKind.SPOILAGE, "shelf counted")
    assert adjustment.adjusted_by == store.shop.person("owner").user_id


async def test_lines_that_meet_in_one_batch_are_one_movement(store: Store) -> None:
    sugar = await store.product()
    (batch,) = await store.receive(sugar.id, ("5", "100"))

    adjustment = await correct(store, (sugar.id, "-2", None), (sugar.id, "-1", batch.id))

    movements = await store.shop.transact(stock.list_movements_by, adjustment.id, None, 10)
    assert [row.quantity for row in movements] == [Decimal(-3)]


async def test_lines_that_cancel_each_other_move_nothing(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("5", "100"))

    adjustment = await correct(store, (sugar.id, "-2", None), (sugar.id, "2", None))

    assert await store.shop.transact(stock.list_movements_by, adjustment.id, None, 10) == []
    assert await store.left(sugar.id) == [Decimal(5)]


async def test_spoilage_cannot_add_goods(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("5", "100"))

    with pytest.raises(SpoilageAddsNothing):
        await correct(store, (sugar.id, "1", None), kind=AdjustmentKind.SPOILAGE)


async def test_what_was_never_received_cannot_be_counted_up(store: Store) -> None:
    sugar = await store.product()

    with pytest.raises(NothingReceivedYet):
        await correct(store, (sugar.id, "1", None))


async def test_more_than_is_left_cannot_be_corrected_away(store: Store) -> None:
    sugar = await store.product()
    old, _ = await store.receive(sugar.id, ("2", "100"), ("3", "110"))

    for change, batch_id, left in (("-6", None, "5"), ("-3", old.id, "2")):
        with pytest.raises(StockShort) as short:
            await correct(store, (sugar.id, change, batch_id))
        assert short.value.left == Decimal(left)

    assert await store.left(sugar.id) == [Decimal(2), Decimal(3)]


async def test_a_batch_holds_no_more_than_the_books_can_write(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("999999999.998", "100"))

    await correct(store, (sugar.id, "0.001", None))
    with pytest.raises(TooMuchInBatch):
        await correct(store, (sugar.id, "0.001", None))

    assert await store.left(sugar.id) == [Decimal("999999999.999")]


async def test_batches_and_products_of_others_are_unknown(store: Store, database: Database) -> None:
    sugar, flour = await store.product("Sukari"), await store.product("Unga")
    await store.receive(sugar.id, ("2", "100"))
    (other,) = await store.receive(flour.id, ("2", "100"))
    neighbour = Store(await make_shop(database))
    theirs = await neighbour.product()
    (foreign,) = await neighbour.receive(theirs.id, ("2", "100"))

    for batch_id in (other.id, foreign.id, UUID(int=7)):
        with pytest.raises(BatchUnknown):
            await correct(store, (sugar.id, "-1", batch_id))
    with pytest.raises(ProductUnknown):
        await correct(store, (sugar.id, "-1", None), (theirs.id, "-1", None))

    assert await neighbour.left(theirs.id) == [Decimal(2)]
    assert await store.left(sugar.id) == [Decimal(2)]


async def test_the_audit_says_who_corrected_what_and_why(store: Store) -> None:
    sugar = await store.product()
    (batch,) = await store.receive(sugar.id, ("5", "100.00"))

    adjustment = await correct(store, (sugar.id, "-2", None))

    (entry,) = await store.shop.transact(audit.list_entries, adjustment.id, None, 10)
    assert entry.action == "stock_adjusted"
    assert entry.facts == {
        "kind": "count",
        "reason": "shelf counted",
        "changes": [
            {
                "batch_id": str(batch.id),
                "product_id": str(sugar.id),
                "change": "-2.000",
                "unit_cost": "100.00",
                "available_before": "5.000",
                "available_after": "3.000",
            }
        ],
    }


async def test_counts_and_sales_at_once_never_take_the_same_goods(store: Store) -> None:
    sugar = await store.product()
    await store.receive(sugar.id, ("3", "100"), ("5", "110"))

    async def act(number: int) -> object:
        if number % 2:
            return await store.take(sugar.id, "1")
        return await correct(store, (sugar.id, "-1", None))

    results = await together(16, act)

    assert count(results, StockShort) == 8
    assert await store.left(sugar.id) == [Decimal(0), Decimal(0)]


NOW = datetime(2030, 1, 1, tzinfo=UTC)
SHELF = [BatchLeft(UUID(int=number), UUID(int=1), Decimal(number), Decimal(10)) for number in range(1, 4)]
changes = st.lists(
    st.tuples(st.integers(-4, 4).filter(bool), st.sampled_from([None, *(batch.id for batch in SHELF)])), min_size=1
)


@given(changes)
def test_a_correction_is_what_its_lines_do_one_after_the_other(lines: list[tuple[int, UUID | None]]) -> None:
    left = {batch.id: int(batch.quantity_available) for batch in SHELF}
    short = False
    for change, batch_id in lines:
        for _ in range(abs(change)):
            if change > 0:
                left[batch_id or SHELF[-1].id] += 1
                continue
            places = [batch_id] if batch_id else [batch.id for batch in SHELF]
            place = next((place for place in places if left[place] > 0), None)
            if place is None:
                short = True
                break
            left[place] -= 1
        if short:
            break
    draft = AdjustmentDraft(
        AdjustmentKind.COUNT,
        "counted",
        tuple(AdjustmentLine(UUID(int=1), Decimal(change), batch_id) for change, batch_id in lines),
    )
    products = {UUID(int=1): rules.product(stock.ProductDraft("Sukari", "bag", Decimal(1)), UUID(int=1), NOW)}
    if short:
        with pytest.raises(StockShort):
            rules.adjust(draft, products, SHELF)
        return

    decided = rules.adjust(draft, products, SHELF)

    after = {batch.id: int(batch.quantity_available) for batch in SHELF}
    after.update({change.batch_id: int(change.available_after) for change in decided})
    assert after == left
    assert all(change.change != 0 for change in decided)
    assert len({change.batch_id for change in decided}) == len(decided)
