"""Somebody types, and the product is there; at 20,000 products too."""

from decimal import Decimal

import asyncpg
import pytest

from payme import stock
from payme.kit.db.transaction import Database, Tx
from payme.stock import ProductChange, ProductDraft, ProductFilter, queries
from tests.stock.conftest import Store
from tests.support.plans import Explaining
from tests.support.shops import Shop, make_shop

ALL = ProductFilter()


async def fill(shop: Shop, *names: str) -> None:
    await shop.transact(stock.add_products, [ProductDraft(name, "pc", Decimal(10)) for name in names])


async def found(shop: Shop, typed: str, limit: int = 10, only: ProductFilter = ALL) -> list[str]:
    return [product.name for product in await shop.transact(stock.search_products, typed, only, limit)]


async def test_a_code_comes_first_then_names_that_begin_so(store: Store) -> None:
    await fill(store.shop, "Brown sugar", "Sugar 2kg", "sugar 1kg", "Salt")
    await store.product("Zebra crossing", sku="SUGAR")

    assert await found(store.shop, "sugar") == ["Zebra crossing", "sugar 1kg", "Sugar 2kg", "Brown sugar"]
    assert await found(store.shop, " SUG ") == ["sugar 1kg", "Sugar 2kg", "Brown sugar", "Zebra crossing"]
    assert await found(store.shop, "s", limit=2) == ["Salt", "sugar 1kg"]


async def test_every_word_typed_must_be_there_in_any_order(store: Store) -> None:
    await fill(store.shop, "Unga wa ngano 2kg", "Unga wa mahindi 2kg", "Unga wa ngano 1kg")

    assert await found(store.shop, "2k ngan") == ["Unga wa ngano 2kg"]
    assert await found(store.shop, "unga kg") == []


async def test_case_and_accents_do_not_matter(store: Store) -> None:
    await fill(store.shop, "Café Éthiopie")

    assert await found(store.shop, "cafe eth") == ["Café Éthiopie"]
    assert await found(store.shop, "CAFÉ") == ["Café Éthiopie"]


async def test_the_middle_of_a_word_is_found_when_nothing_begins_so(store: Store) -> None:
    await fill(store.shop, "Margarine", "Gari")

    assert await found(store.shop, "gar") == ["Gari"]
    assert await found(store.shop, "rgar") == ["Margarine"]
    assert await found(store.shop, "rg") == []


async def test_signs_that_are_wild_elsewhere_mean_themselves(store: Store) -> None:
    await fill(store.shop, "Juice 100% mango", "Juice 100 ml", "A_B tape", "AXB tape")

    assert await found(store.shop, "00%") == ["Juice 100% mango"]
    assert await found(store.shop, "a_b t") == ["A_B tape"]
    for typed in ("%", "_", "%%%", "'; --", "\\", "   "):
        assert await found(store.shop, typed) == []


async def test_a_search_finds_what_a_product_is_called_now(store: Store) -> None:
    sugar = await store.product("Sukari nyeupe", sku="SUK")
    await store.shop.transact(stock.change_product, sugar.id, ProductChange(name="Sukari guru", sku="GURU-1"))

    assert await found(store.shop, "guru") == ["Sukari guru"]
    assert await found(store.shop, "nyeupe") == []
    assert await found(store.shop, "sukari") == ["Sukari guru"]


async def test_a_search_can_leave_out_what_is_switched_off(store: Store) -> None:
    await store.product("Sukari A")
    await store.product("Sukari B", active=False)
    await store.product("Isukari", active=False)

    assert await found(store.shop, "suka", only=ProductFilter(active=True)) == ["Sukari A"]
    assert await found(store.shop, "suka") == ["Sukari A", "Sukari B"]
    assert await found(store.shop, "isuk", only=ProductFilter(active=True)) == []
    assert await found(store.shop, "ukari", only=ProductFilter(active=True)) == ["Sukari A"]


async def test_a_search_tells_what_is_left(store: Store) -> None:
    sugar = await store.product("Sukari")
    await store.receive(sugar.id, ("2", "100"), ("3", "100"))

    for typed in ("suk", "kari"):
        (product,) = await store.shop.transact(stock.search_products, typed, ALL, 5)
        assert product.on_hand == Decimal(5)


async def test_another_shops_products_are_not_found(store: Store, database: Database) -> None:
    await fill(await make_shop(database), "Sukari")

    assert await found(store.shop, "sukari") == []


@pytest.fixture(scope="module")
async def big_shop(database: Database, owner_dsn: str) -> Shop:
    """20,000 products, and another shop with as many beside it."""
    shop = await make_shop(database)
    drafts = [ProductDraft(f"Bidhaa {n:05} {'kubwa' if n % 7 else 'ndogo'} aina{n % 97}", "pc", Decimal(10))
              for n in range(20_000)]  # fmt: skip
    for each in (shop, await make_shop(database)):
        await each.transact(stock.add_products, drafts)
    owner = await asyncpg.connect(owner_dsn)
    await owner.execute("ANALYZE products; ANALYZE product_words")
    await owner.close()
    return shop


async def plans_of(shop: Shop, typed: str) -> tuple[list[str], int]:
    async def search(tx: Tx) -> tuple[list[str], int]:
        explaining = Explaining.of(tx)
        products = await queries.search_products(explaining, typed, ALL, 20)
        return explaining.plans, len(products)

    return await shop.transact(search)


@pytest.mark.parametrize("typed", ["01234", "aina9", "kubwa 00123", "019 aina9 kubwa", "ndogo"])
async def test_at_twenty_thousand_products_words_are_ranges_of_their_index(big_shop: Shop, typed: str) -> None:
    plans, hits = await plans_of(big_shop, typed)

    by_words = next(plan for plan in plans if "product_words_search" in plan and "products_by_name" not in plan)
    assert hits > 0
    condition = by_words.split("product_words_search", 1)[1].split("Index Cond", 1)[1][:200]
    assert "word >=" in condition
    assert "word <" in condition
    assert "Seq Scan" not in by_words


@pytest.mark.parametrize("typed", ["b", "bid", "bidhaa 00123"])
async def test_at_twenty_thousand_products_names_are_a_range_of_theirs(big_shop: Shop, typed: str) -> None:
    plans, hits = await plans_of(big_shop, typed)

    assert hits > 0
    condition = plans[0].split("products_by_name", 1)[1].split("Index Cond", 1)[1][:200]
    assert "name_key >=" in condition
    assert "Seq Scan" not in plans[0]


async def test_the_rarest_word_decides_where_to_look(big_shop: Shop) -> None:
    assert await found(big_shop, "kubwa bidhaa 01234") == ["Bidhaa 01234 kubwa aina70"]
