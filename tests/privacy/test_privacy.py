"""A person asks what the shop holds about them, or to be forgotten; the books stay."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from payme import credit, customers, privacy, sales
from payme.customers import CustomerChange, CustomerMerged, CustomerState, CustomerUnknown
from payme.kit.db.transaction import Database
from payme.kit.paging import After
from payme.sales import SaleFilter
from tests.support.daraja import Counter, paid
from tests.support.goods import draft_of, has_stock
from tests.support.people import adds_customer, told_of
from tests.support.shops import Shop, make_shop
from tests.support.web import a_client, an_app

NAMES = ("Wambuizz Planted", "Shikuzz Planted", "Ciruzz Planted")
PHONES = ("0798123401", "0798123402", "0798123403")
NOTE = "lives behind the plantedzz church"
TAG = "plantedtagzz"
TRACES = ("wambuizz", "shikuzz", "ciruzz", "plantedzz", "plantedtagzz", "9812340")


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def owner(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


async def tables_with(owner: asyncpg.Connection, *traces: str) -> set[str]:
    """Every table, of whatever schema and kind, in which a row has one of the texts."""
    tables = await owner.fetch(
        """
        SELECT format('%I.%I', nspname, relname) AS name
          FROM pg_class
          JOIN pg_namespace AS space ON space.oid = relnamespace
         WHERE relkind IN ('r', 'p', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema')
        """
    )
    assert len(tables) > 40
    found = set()
    for table in tables:
        name = table["name"]
        sql = f"SELECT EXISTS (SELECT FROM {name} AS t WHERE lower(t::text) LIKE ANY($1::text[]))"
        if await owner.fetchval(sql, [f"%{trace}%" for trace in traces]):
            found.add(name.rpartition(".")[2])
    return found


async def test_who_is_erased_leaves_no_trace_in_any_table(
    shop: Shop, database: Database, owner: asyncpg.Connection
) -> None:
    sugar = await has_stock(shop)
    async with a_client(an_app(database), token=shop.person("manager").token) as client:
        at = f"/v1/businesses/{shop.business_id}"
        ids = []
        for name, phone in zip(NAMES, PHONES, strict=True):
            body = {"name": name, "phone": phone, "note": NOTE, "tags": [TAG]}
            added = await client.post(f"{at}/customers", json=body, headers={"Idempotency-Key": str(uuid4())})
            ids.append(added.json()["id"])
        sale = {"lines": [{"product_id": str(sugar.id), "quantity": "1"}], "cash_tendered": "150.00"}
        for customer_id in ids:
            key = {"Idempotency-Key": str(uuid4())}
            sold = await client.post(f"{at}/sales", json={**sale, "customer_id": customer_id}, headers=key)
            assert sold.status_code == 201
            key = {"Idempotency-Key": str(uuid4())}
            sent = await client.post(f"{at}/sales/{sold.json()['id']}/receipt-sms", json={}, headers=key)
            assert sent.status_code == 202
        assert await tables_with(owner, PHONES[1][1:]) == {"customers", "customer_words", "sms_messages"}
        for goes in ids[1:]:
            merged = await client.post(f"{at}/customers/{ids[0]}/merges", json={"duplicate_id": goes})
            assert merged.status_code == 200
        await client.patch(f"{at}/customers/{ids[0]}", json={"name": NAMES[1], "phone": PHONES[1]})
        assert (await client.post(f"{at}/customers", json={"name": "X", "phone": PHONES[0]})).status_code in {201, 409}
        assert (await client.get(f"{at}/customers/{ids[0]}/export")).status_code == 200
        assert await tables_with(owner, *TRACES[:-1]) == {"customers", "customer_words"}

        erased = await client.post(f"{at}/customers/{ids[0]}/erasure")

        assert (erased.status_code, erased.json()["state"], erased.json()["name"]) == (200, "erased", None)
        for asked in ids:
            assert (await client.get(f"{at}/customers/{asked}")).json()["state"] == "erased"
            assert len((await client.get(f"{at}/sales", params={"customer_id": asked})).json()["items"]) == 3
            named = await client.post(
                f"{at}/sales", json={**sale, "customer_id": asked}, headers={"Idempotency-Key": str(uuid4())}
            )
            assert (named.status_code, named.json()["code"]) == (409, "customer_erased")
        assert (await client.get(f"{at}/customers", params={"q": "shikuzz"})).json()["items"] == []
    assert await tables_with(owner, *TRACES[:-1], PHONES[1][1:], PHONES[2][1:]) == set()
    assert await shop.disagreements() == []


async def test_a_number_that_was_let_go_is_its_new_owners(shop: Shop) -> None:
    erased = await adds_customer(shop, "Wanjiku", "0712345678")
    await shop.transact(privacy.erase_customer, erased.id)

    again = await adds_customer(shop, "Wanjiku", "0712345678")

    assert again.id != erased.id
    with pytest.raises(customers.CustomerErased):
        await shop.transact(customers.change_customer, erased.id, CustomerChange(name="Wanjiku"))


async def test_erasing_is_done_once_and_told_without_a_name(shop: Shop) -> None:
    stays, goes = await adds_customer(shop, "Wanjiku"), await adds_customer(shop, "Shiku")
    await shop.transact(credit.merge_customers, stays.id, goes.id)

    with pytest.raises(CustomerMerged) as refused:
        await shop.transact(privacy.erase_customer, goes.id)
    assert refused.value.merged_into == stays.id
    first = await shop.transact(privacy.erase_customer, stays.id)
    second = await shop.transact(privacy.erase_customer, stays.id)

    assert (first.state, second) == (CustomerState.ERASED, first)
    assert [told for told in await told_of(shop) if told[0] == "person_erased"] == [("person_erased", {})]
    with pytest.raises(CustomerUnknown):
        await shop.transact(privacy.erase_customer, uuid4())


async def test_what_mpesa_told_of_a_payment_stays_in_the_books(shop: Shop, owner: asyncpg.Connection) -> None:
    sugar = await has_stock(shop)
    customer = await adds_customer(shop, "Wanjiku", "0798765432")
    opened = await shop.transact(sales.open_sale, draft_of((sugar, "1"), customer=customer.id))
    counter = Counter(shop)
    payment = await counter.asks(opened.sale.id)
    await counter.receives(paid(payment), payment)

    held = await shop.transact(privacy.export_customer, customer.id, None, 10)
    assert [(one.sale_id, one.phone) for one in held.payments] == [(opened.sale.id, payment.phone)]
    assert [(one.sale_id, one.amount) for one in held.receipts] == [(opened.sale.id, 150)]

    await shop.transact(privacy.erase_customer, customer.id)

    books = await shop.transact(privacy.export_customer, customer.id, None, 10)
    assert (books.customer.name, books.payments, books.receipts) == (None, held.payments, held.receipts)
    assert await shop.disagreements() == []


async def test_an_export_has_everything_page_by_page_and_stands_in_the_audit(shop: Shop) -> None:
    sugar = await has_stock(shop)
    stays, goes = await adds_customer(shop, "Wanjiku", "0712345678"), await adds_customer(shop, "Shiku", "0722345678")
    for who in (stays, goes, stays):
        await shop.transact(sales.open_sale, draft_of((sugar, "1"), cash="150.00", customer=who.id))
    await shop.transact(credit.merge_customers, stays.id, goes.id)

    for asked in (stays.id, goes.id):
        held = await shop.transact(privacy.export_customer, asked, None, 2, role="manager")
        assert (held.customer.id, [one.name for one in held.merged]) == (stays.id, ["Shiku"])
        assert (held.totals.sales, len(held.sales), len(held.items), len(held.payments)) == (3, 2, 2, 2)
    last = held.sales[-1]
    rest = await shop.transact(privacy.export_customer, stays.id, After(last.opened_at, last.id), 2)

    bought = await shop.transact(sales.list_sales, SaleFilter(customer_id=stays.id), None, 9)
    assert [sale.id for sale in (*held.sales, *rest.sales)] == [sale.id for sale in bought]
    exported = [facts for action, facts in await told_of(shop) if action == "customer_exported"]
    assert exported == [{"sales": 2}, {"sales": 2}, {"sales": 1}]
    with pytest.raises(CustomerUnknown):
        await shop.transact(privacy.export_customer, uuid4(), None, 2)


async def test_an_export_is_read_over_http_by_whoever_may(shop: Shop, database: Database) -> None:
    sugar = await has_stock(shop)
    customer = await adds_customer(shop, "Wanjiku", "0712345678", tags=("estate",))
    await shop.transact(sales.open_sale, draft_of((sugar, "2"), cash="300.00", customer=customer.id))
    path = f"/v1/businesses/{shop.business_id}/customers/{customer.id}"

    async with a_client(an_app(database), token=shop.person("manager").token) as manager:
        told = (await manager.get(f"{path}/export")).json()
    assert (told["customer"]["phone"], told["totals"]["spent"], told["next_cursor"]) == (
        "+254712345678",
        "300.00",
        None,
    )
    (sale,) = told["sales"]
    assert (sale["items"][0]["product_name"], sale["payments"][0]["method"]) == ("Sugar", "cash")
    async with a_client(an_app(database), token=shop.person("cashier").token) as cashier:
        for answer in (await cashier.get(f"{path}/export"), await cashier.post(f"{path}/erasure")):
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
