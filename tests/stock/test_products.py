"""Products are added, changed, listed and followed."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from payme import audit, stock
from payme.kit.db.transaction import Database, Tx
from payme.kit.paging import After
from payme.stock import (
    UNCHANGED,
    BarcodeTaken,
    DeliveryDraft,
    DeliveryLine,
    Product,
    ProductChange,
    ProductDraft,
    ProductFilter,
    ProductUnknown,
    SkuTaken,
    rules,
)
from tests.stock.conftest import Store
from tests.support.shops import make_shop
from tests.support.together import count, together

ALL = ProductFilter()


def draft(name: str, *, sku: str | None = None, barcode: str | None = None, level: str = "0") -> ProductDraft:
    return ProductDraft(name, "bag", Decimal(180), sku, barcode, Decimal(level))


async def test_a_product_is_kept_as_it_was_added(store: Store) -> None:
    added = await store.shop.transact(stock.add_product, draft("Sukari 1kg", sku="SUK-1", barcode="616", level="5"))

    kept = await store.shop.transact(stock.products_by_id, [added.id, UUID(int=7)])

    assert kept == {added.id: added}
    assert (added.selling_price, added.reorder_level, added.active) == (Decimal("180.00"), Decimal("5.000"), True)


async def test_a_sku_and_a_barcode_belong_to_one_product(store: Store, database: Database) -> None:
    await store.shop.transact(stock.add_product, draft("Sukari", sku="SUK-1", barcode="616"))

    with pytest.raises(SkuTaken) as sku:
        await store.shop.transact(stock.add_product, draft("Unga", sku="SUK-1"))
    with pytest.raises(BarcodeTaken) as barcode:
        await store.shop.transact(stock.add_product, draft("Unga", barcode="616"))
    assert (sku.value.facts(), barcode.value.facts()) == ({"sku": "SUK-1"}, {"barcode": "616"})

    neighbour = await make_shop(database)
    await neighbour.transact(stock.add_product, draft("Sukari", sku="SUK-1", barcode="616"))


async def test_one_of_many_at_once_gets_the_sku(store: Store) -> None:
    results = await together(8, lambda n: store.shop.transact(stock.add_product, draft(f"Bidhaa {n}", sku="ONE")))

    assert (count(results, Product), count(results, SkuTaken)) == (1, 7)


async def test_many_products_are_added_all_or_none(store: Store) -> None:
    with pytest.raises(SkuTaken):
        await store.shop.transact(stock.add_products, [draft("A", sku="1"), draft("B", sku="2"), draft("C", sku="1")])

    assert await store.shop.transact(stock.list_products, ALL, None, 10) == []


async def test_a_change_is_written_down_before_and_after(store: Store) -> None:
    sugar = await store.shop.transact(stock.add_product, draft("Sukari", sku="SUK-1"))

    change = ProductChange(
        name="Sukari nyeupe",
        sku=None,
        barcode="616",
        unit="kg",
        selling_price=Decimal(200),
        reorder_level=Decimal(3),
        active=False,
    )
    changed = await store.shop.transact(stock.change_product, sugar.id, change)

    assert (changed.name, changed.sku, changed.barcode, changed.active) == ("Sukari nyeupe", None, "616", False)
    assert changed.updated_at > sugar.updated_at
    kept = await store.shop.transact(stock.products_by_id, [sugar.id])
    assert kept == {sugar.id: changed}
    entries = await store.shop.transact(audit.list_entries, sugar.id, None, 10)
    assert [entry.action for entry in entries] == ["product_changed", "product_added"]
    before = {
        "name": "Sukari",
        "sku": "SUK-1",
        "barcode": None,
        "unit": "bag",
        "selling_price": "180.00",
        "reorder_level": "0.000",
        "active": True,
    }
    assert entries[0].facts["before"] == before
    assert entries[0].facts["after"] == {
        "name": "Sukari nyeupe",
        "sku": None,
        "barcode": "616",
        "unit": "kg",
        "selling_price": "200.00",
        "reorder_level": "3.000",
        "active": False,
    }


async def test_a_change_to_the_same_is_no_change(store: Store) -> None:
    sugar = await store.shop.transact(stock.add_product, draft("Sukari"))

    for change in (ProductChange(), ProductChange(name="Sukari", barcode=None)):
        assert await store.shop.transact(stock.change_product, sugar.id, change) == sugar

    assert ProductChange().name is UNCHANGED
    entries = await store.shop.transact(audit.list_entries, sugar.id, None, 10)
    assert [entry.action for entry in entries] == ["product_added"]


async def test_a_change_cannot_take_anothers_code(store: Store) -> None:
    await store.shop.transact(stock.add_product, draft("Sukari", sku="SUK-1", barcode="616"))
    flour = await store.shop.transact(stock.add_product, draft("Unga"))

    with pytest.raises(SkuTaken):
        await store.shop.transact(stock.change_product, flour.id, ProductChange(sku="SUK-1"))
    with pytest.raises(BarcodeTaken):
        await store.shop.transact(stock.change_product, flour.id, ProductChange(barcode="616"))


async def test_another_shops_product_is_unknown(store: Store, database: Database) -> None:
    theirs = await Store(await make_shop(database)).product()

    assert await store.shop.transact(stock.products_by_id, [theirs.id]) == {}
    with pytest.raises(ProductUnknown):
        await store.shop.transact(stock.get_product, theirs.id)
    with pytest.raises(ProductUnknown):
        await store.shop.transact(stock.change_product, theirs.id, ProductChange(name="Mine"))
    with pytest.raises(ProductUnknown):
        await store.shop.transact(stock.list_batches_of, theirs.id, None, 10)


async def test_products_are_listed_by_name_page_by_page(store: Store) -> None:
    names = ["unga", "Sukari", "mchele", "Chai", "sukari", "Unga"]
    await store.shop.transact(stock.add_products, [draft(name) for name in names])

    listed, after = [], None
    while rows := await store.shop.transact(stock.list_products, ALL, after, 2):
        listed += [row.name.lower() for row in rows]
        after = rows[-1].id

    assert listed == ["chai", "mchele", "sukari", "sukari", "unga", "unga"]


async def test_products_are_filtered_by_state_and_reorder_level(store: Store) -> None:
    low, full, off, unwatched = await store.shop.transact(
        stock.add_products, [draft("A", level="5"), draft("B", level="5"), draft("C", level="5"), draft("D")]
    )
    await store.receive(low.id, ("5", "10"))
    await store.receive(full.id, ("3", "10"), ("2.001", "11"))
    await store.shop.transact(stock.change_product, off.id, ProductChange(active=False))

    async def listed(only: ProductFilter) -> list[UUID]:
        products = await store.shop.transact(stock.list_products, only, None, 10)
        lines = await store.shop.transact(stock.list_stock, only, None, 10)
        assert [line.product_id for line in lines] == [product.id for product in products]
        return [product.id for product in products]

    assert await listed(ProductFilter(active=True)) == [low.id, full.id, unwatched.id]
    assert await listed(ProductFilter(active=False)) == [off.id]
    assert await listed(ProductFilter(active=True, low=True)) == [low.id]
    assert await listed(ProductFilter(low=False)) == [full.id, unwatched.id]


async def test_what_is_on_hand_is_worth_what_it_cost(store: Store) -> None:
    sugar, flour = await store.product("Sukari"), await store.product("Unga")
    await store.receive(sugar.id, ("2", "100.00"), ("3.500", "110.10"))
    await store.receive(flour.id, ("1", "0.50"))
    await store.take(sugar.id, "2.500")

    lines = await store.shop.transact(stock.list_stock, ALL, None, 1)
    lines += await store.shop.transact(stock.list_stock, ALL, lines[-1].product_id, 5)
    total = await store.shop.transact(stock.get_stock_total)

    assert [(line.name, line.on_hand, line.value) for line in lines] == [
        ("Sukari", Decimal("3.000"), Decimal("330.30")),
        ("Unga", Decimal("1.000"), Decimal("0.50")),
    ]
    assert (total.products, total.value) == (2, Decimal("330.80"))
    assert (await store.shop.transact(stock.get_product, sugar.id)).on_hand == Decimal(3)


async def test_an_empty_shop_is_worth_nothing(store: Store) -> None:
    total = await store.shop.transact(stock.get_stock_total)

    assert (total.products, total.value) == (0, Decimal("0.00"))


async def test_the_next_expiry_is_that_of_goods_still_there(store: Store, database: Database) -> None:
    milk = await store.product("Maziwa")
    today = database.seams.clock.now().date()
    dates = (today + timedelta(days=5), today + timedelta(days=9))
    lines = tuple(DeliveryLine(milk.id, Decimal(1), Decimal(50), expires_on) for expires_on in dates)
    await store.shop.transact(stock.receive, DeliveryDraft("", lines))
    await store.take(milk.id, "1")

    (line,) = await store.shop.transact(stock.list_stock, ALL, None, 5)

    assert line.next_expiry == dates[1]


async def test_movements_are_listed_newest_first(store: Store) -> None:
    sugar, flour = await store.product("Sukari"), await store.product("Unga")
    for product in (sugar, flour):
        await store.receive(product.id, ("9", "10"))
    for product in (sugar, flour, sugar):
        await store.take(product.id, "1")
        await asyncio.sleep(0.002)  # ids sort by the millisecond

    first = await store.shop.transact(stock.list_movements, None, 2)
    rest = await store.shop.transact(stock.list_movements, first[-1].id, 2)
    assert [row.product_id for row in [*first, *rest]] == [sugar.id, flour.id, sugar.id]
    own = await store.shop.transact(stock.list_movements_of, sugar.id, None, 1)
    own += await store.shop.transact(stock.list_movements_of, sugar.id, own[-1].id, 5)
    assert [row.available_after for row in own] == [Decimal(7), Decimal(8)]


async def test_changes_are_told_oldest_first_page_by_page(store: Store, database: Database) -> None:
    start = database.seams.clock.now() - timedelta(hours=1)
    products = await store.shop.transact(stock.add_products, [draft(f"Bidhaa {number}") for number in range(5)])
    changed = await store.shop.transact(stock.change_product, products[0].id, ProductChange(name="Mpya"))

    told, after = [], None
    while page := (await store.shop.transact(stock.list_changes, start, after, 2)).products:
        told += [product.id for product in page]
        after = After(page[-1].updated_at, page[-1].id)

    assert sorted(told[:-1]) == sorted(product.id for product in products[1:])
    assert told[-1] == changed.id
    assert (await store.shop.transact(stock.list_changes, changed.updated_at, None, 9)).products == []


async def test_a_change_that_is_committed_late_is_still_told(store: Store, database: Database) -> None:
    start = database.seams.clock.now()
    began, may_commit = asyncio.Event(), asyncio.Event()

    async def add_slowly(tx: Tx) -> Product:
        added = await stock.add_product(tx, draft("Polepole"))
        began.set()
        await may_commit.wait()
        return added

    late = asyncio.create_task(store.shop.transact(add_slowly))
    await began.wait()
    await store.shop.transact(stock.add_product, draft("Haraka"))
    first = await store.shop.transact(stock.list_changes, start, None, 10)
    may_commit.set()
    slow = await late

    second = await store.shop.transact(stock.list_changes, first.next_since, None, 10)

    assert [product.name for product in first.products] == ["Haraka"]
    assert slow.updated_at < first.products[0].updated_at
    assert slow.id in {product.id for product in second.products}


async def test_next_since_never_goes_back_and_leaves_room_for_a_whole_transaction(
    store: Store, database: Database
) -> None:
    now = database.seams.clock.now()

    old = await store.shop.transact(stock.list_changes, now - timedelta(days=1), None, 10)
    recent = await store.shop.transact(stock.list_changes, now, None, 10)

    assert timedelta(0) <= old.next_since - (now - rules.DELTA_OVERLAP) < timedelta(minutes=1)
    assert recent.next_since == now
