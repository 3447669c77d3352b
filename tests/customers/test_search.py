"""A cashier types, and the customer is there; at 20,000 customers too."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from payme import customers
from payme.customers import CustomerDraft, queries, rules
from payme.kit.db.transaction import Database, Tx
from tests.support.people import adds_customer
from tests.support.plans import Explaining
from tests.support.shops import Shop, make_shop

MANY = 20_000


async def found(shop: Shop, typed: str, limit: int = 10) -> list[str | None]:
    return [one.name for one in await shop.transact(customers.search_customers, typed, limit)]


async def test_names_that_begin_so_come_first_then_words_numbers_and_tags(shop: Shop) -> None:
    await adds_customer(shop, "Njeri wa Kamau", "0712345678")
    await adds_customer(shop, "Mama Njeri", "0722345679", tags=("Wholesale buyer",))
    await adds_customer(shop, "Otieno", "+255754123456", tags=("njeri's brother",))

    assert await found(shop, "njer") == ["Njeri wa Kamau", "Mama Njeri", "Otieno"]
    assert await found(shop, "njer", limit=1) == ["Njeri wa Kamau"]
    assert await found(shop, "NJERĨ") == ["Mama Njeri", "Njeri wa Kamau", "Otieno"]
    for typed in ("0712", "+254 712 345 678", "712345", "5678"):
        assert await found(shop, typed) == ["Njeri wa Kamau"]
    assert await found(shop, "whole") == await found(shop, "buyer njeri") == ["Mama Njeri"]
    assert await found(shop, "255754") == ["Otieno"]
    assert await found(shop, "njeri 0722 345") == ["Mama Njeri"]


async def test_signs_that_are_wild_elsewhere_find_nothing(shop: Shop) -> None:
    await adds_customer(shop, "Wanjiku")

    for typed in ("%", "_", "'; --", "   ", "+"):
        assert await found(shop, typed) == []


@pytest.fixture(scope="module")
async def big_shop(database: Database, owner_dsn: str) -> Shop:
    """20,000 customers, and another shop with as many beside it."""
    big = await make_shop(database, paybill=False)

    beside = await make_shop(database, paybill=False)
    now = datetime.now(UTC)
    drafts = [CustomerDraft(f"Mteja {n:05} {'wa' if n % 7 else 'ya'}", f"07{n:08}", "", (f"mtaa{n % 97}",))
              for n in range(MANY)]  # fmt: skip
    owner = await asyncpg.connect(owner_dsn)
    for each in (big, beside):
        people = [rules.customer(draft, uuid4(), now) for draft in drafts]
        columns = ["id", "name", "phone", "note", "tags", "created_at", "updated_at"]
        rows = [(each.business_id, *(getattr(one, column) for column in columns)) for one in people]
        await owner.copy_records_to_table("customers", records=rows, columns=["business_id", *columns])
        words = [(each.business_id, one.id, word) for one in people for word in rules.words_of(one)]
        await owner.copy_records_to_table("customer_words", records=words)
    await owner.execute("ANALYZE customers; ANALYZE customer_words")
    await owner.close()
    return big


async def plans_of(shop: Shop, typed: str) -> tuple[list[str], int]:
    async def search(tx: Tx) -> tuple[list[str], int]:
        explaining = Explaining.of(tx)
        return explaining.plans, len(await queries.search_customers(explaining, typed, 20))

    return await shop.transact(search)


@pytest.mark.parametrize("typed", ["0700001234", "07 0000 12", "mtaa9", "ya 00126", "mtaa9 ya", "wa"])
async def test_at_twenty_thousand_customers_words_are_ranges_of_their_index(big_shop: Shop, typed: str) -> None:
    plans, hits = await plans_of(big_shop, typed)

    assert hits > 0
    by_words = next(plan for plan in plans if "customer_words_search" in plan)
    condition = by_words.split("customer_words_search", 1)[1].split("Index Cond", 1)[1][:200]
    assert "word >=" in condition
    assert "word <" in condition
    assert not any("Seq Scan" in plan for plan in plans)


@pytest.mark.parametrize("typed", ["m", "mteja 00"])
async def test_at_twenty_thousand_customers_names_are_a_range_of_theirs(big_shop: Shop, typed: str) -> None:
    plans, hits = await plans_of(big_shop, typed)

    assert hits > 0
    assert "name_key >=" in plans[0].split("customers_by_name", 1)[1].split("Index Cond", 1)[1][:200]
    assert not any("Seq Scan" in plan for plan in plans)


async def test_at_twenty_thousand_customers_a_page_and_a_person_are_looked_up(big_shop: Shop) -> None:
    async def look(tx: Tx) -> list[str]:
        explaining = Explaining.of(tx)
        page = await queries.list_customers(explaining, None, 50)
        await queries.list_customers(explaining, page[-1].id, 50)
        await queries.ids_of_person(explaining, page[0].id)
        await queries.get_named(explaining, page[0].id)
        return explaining.plans

    plans = await big_shop.transact(look)

    assert "customers_by_name" in plans[0]
    assert "customers_by_name" in plans[1]
    assert [plan for plan in plans if "Seq Scan" in plan] == []
