"""Goods come in: batches in order, each at its own cost."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from payme import audit, stock
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.kit.paging import After
from payme.kit.seams import Seams, SystemClock
from payme.stock import (
    Batch,
    DeliveryDraft,
    DeliveryLine,
    DeliveryOutOfOrder,
    ExpiredOnArrival,
    ProductChange,
    ProductInactive,
    ProductUnknown,
)
from tests.stock.conftest import Store
from tests.support.shops import make_shop
from tests.support.together import together

ONE = Decimal(1)


def delivery(
    *product_ids: UUID, expires_on: date | None = None, received_at: datetime | None = None, supplier: str = "Kilimo"
) -> DeliveryDraft:
    lines = tuple(DeliveryLine(product_id, ONE, Decimal("9.50"), expires_on) for product_id in product_ids)
    return DeliveryDraft(supplier, lines, received_at)


async def test_two_lines_of_one_product_are_two_batches_in_order(store: Store) -> None:
    sugar = await store.product()

    first, second = await store.receive(sugar.id, ("2", "100.00"), ("3", "90.00"))

    assert first.received_at < second.received_at
    assert first.delivery_id == second.delivery_id
    listed = await store.shop.transact(stock.list_batches_of, sugar.id, None, 10)
    assert listed == [second, first]


class StoppedClock(SystemClock):
    """A clock at which everything happens at one moment."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


async def test_goods_received_at_one_moment_still_have_an_order(store: Store, app_pool: AsyncpgPool) -> None:
    sugar = await store.product()
    seams = Seams(clock=StoppedClock(store.shop.database.seams.clock.now()))
    stopped = Database(app_pool, seams, record=audit.record_events, jobs=PgQueuerJobs())
    at_once = Store(replace(store.shop, database=stopped))

    await together(16, lambda _: at_once.receive(sugar.id, ("1", "100"), ("1", "100")))

    listed = await store.shop.transact(stock.list_batches_of, sugar.id, None, 100)
    assert len({batch.received_at for batch in listed}) == 32
    assert [batch.received_at - seams.clock.now() for batch in listed] == [
        timedelta(microseconds=later) for later in range(31, -1, -1)
    ]


async def test_a_delivery_is_in_the_audit_with_its_figures(store: Store) -> None:
    sugar = await store.product()
    (batch,) = await store.receive(sugar.id, ("2", "100.00"))

    entries = await store.shop.transact(audit.list_entries, batch.delivery_id, None, 10)

    assert [entry.action for entry in entries] == ["stock_received"]
    assert entries[0].facts["supplier"] == "Mama Mboga Ltd"
    assert entries[0].facts["batches"] == [
        {
            "batch_id": str(batch.id),
            "product_id": str(sugar.id),
            "quantity": "2.000",
            "unit_cost": "100.00",
            "expires_on": None,
            "received_at": batch.received_at.isoformat(),
        }
    ]


async def test_unknown_and_foreign_products_are_refused_whole(store: Store, database: Database) -> None:
    sugar = await store.product()
    theirs = await Store(await make_shop(database)).product()

    for wrong in (UUID(int=7), theirs.id):
        with pytest.raises(ProductUnknown):
            await store.shop.transact(stock.receive, delivery(sugar.id, wrong))

    assert await store.left(sugar.id) == []


async def test_a_product_that_is_switched_off_is_not_received(store: Store) -> None:
    sugar = await store.product()
    await store.shop.transact(stock.change_product, sugar.id, ProductChange(active=False))

    with pytest.raises(ProductInactive):
        await store.shop.transact(stock.receive, delivery(sugar.id))


async def test_expired_goods_are_refused_and_goods_of_today_are_not(store: Store, database: Database) -> None:
    milk = await store.product("Maziwa")
    today = (database.seams.clock.now() + timedelta(hours=3)).date()

    with pytest.raises(ExpiredOnArrival):
        await store.shop.transact(stock.receive, delivery(milk.id, expires_on=today - timedelta(days=2)))
    batches = await store.shop.transact(stock.receive, delivery(milk.id, expires_on=today))

    assert batches[0].expires_on == today


async def test_history_is_brought_in_by_date_oldest_first(store: Store, database: Database) -> None:
    sugar = await store.product()
    now = database.seams.clock.now()
    spring, summer = now - timedelta(days=200), now - timedelta(days=100)

    expired_since = summer.date() + timedelta(days=10)
    await store.shop.transact(stock.receive, delivery(sugar.id, sugar.id, received_at=spring))
    batches = await store.shop.transact(stock.receive, delivery(sugar.id, received_at=summer, expires_on=expired_since))
    for wrong in (spring, summer, now + timedelta(days=1)):
        with pytest.raises(DeliveryOutOfOrder):
            await store.shop.transact(stock.receive, delivery(sugar.id, received_at=wrong))

    assert batches[0].received_at == summer
    assert await store.left(sugar.id) == [ONE, ONE, ONE]


async def test_deliveries_come_in_pages_received_last_first(store: Store) -> None:
    sugar, flour = await store.product("Sukari"), await store.product("Unga")
    received: list[Batch] = []
    for product in (sugar, flour, sugar, flour):
        received += await store.receive(product.id, ("1", "5"))

    first = await store.shop.transact(stock.list_batches, None, 3)
    last = first[-1]
    second = await store.shop.transact(stock.list_batches, After(last.received_at, last.id), 3)

    assert [*first, *second] == received[::-1]
