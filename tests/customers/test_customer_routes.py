"""Customers over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest

from payme.kit.db.transaction import Database
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop
from tests.support.web import a_client, an_app

WANJIKU = {"name": " Wanjiku Kamau ", "phone": "0712 345 678", "note": "Pays on Fridays", "tags": ["estate", "Estate "]}


async def client_of(database: Database, shop: Shop, role: str) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(an_app(database), token=shop.person(role).token) as client:
        client.base_url = httpx.URL(f"http://shop.test/v1/businesses/{shop.business_id}")
        yield client


@pytest.fixture
async def cashier(database: Database, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async for client in client_of(database, shop, "cashier"):
        yield client


@pytest.fixture
async def manager(database: Database, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async for client in client_of(database, shop, "manager"):
        yield client


async def test_a_cashier_adds_finds_and_changes_a_customer(cashier: httpx.AsyncClient) -> None:
    added = await cashier.post("/customers", json=WANJIKU)
    assert (added.status_code, added.json()["name"], added.json()["state"]) == (201, "Wanjiku Kamau", "living")
    assert (added.json()["phone"], added.json()["tags"]) == ("+254712345678", ["estate"])

    taken = await cashier.post("/customers", json={"name": "Shiku", "phone": "+254712345678"})
    assert (taken.status_code, taken.json()["code"]) == (409, "customer_phone_taken")
    assert taken.json()["customer_id"] == added.json()["id"]

    path = f"/customers/{added.json()['id']}"
    changed = await cashier.patch(path, json={"phone": None, "tags": []})
    assert (changed.json()["phone"], changed.json()["tags"], changed.json()["note"]) == (None, [], "Pays on Fridays")
    assert (await cashier.get(path)).json() == changed.json()
    assert (await cashier.get("/customers", params={"q": "kama"})).json()["items"] == [changed.json()]


async def test_pages_go_on_where_they_ended(cashier: httpx.AsyncClient) -> None:
    for n in range(5):
        await cashier.post("/customers", json={"name": f"Mteja {n}"})

    first = (await cashier.get("/customers", params={"limit": 3})).json()
    rest = (await cashier.get("/customers", params={"limit": 3, "cursor": first["next_cursor"]})).json()

    names = [one["name"] for page in (first, rest) for one in page["items"]]
    assert (names, rest["next_cursor"]) == ([f"Mteja {n}" for n in range(5)], None)


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "W", "phone": ""},
        {"name": "W", "phone": "0" * 31},
        {"name": "W", "note": "x" * 501},
        {"name": "W", "tags": [" "]},
        {"name": "W", "tags": ["x" * 33]},
        {"name": "W", "tags": [str(n) for n in range(11)]},
        {"name": "W", "email": "w@duka.example"},
        {"name": "W", "phone": "0712"},
    ],
)
async def test_what_has_not_the_form_is_refused(cashier: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert (await cashier.post("/customers", json=body)).status_code == 422


async def test_a_manager_merges_and_a_cashier_may_not(manager: httpx.AsyncClient, cashier: httpx.AsyncClient) -> None:
    stays = (await cashier.post("/customers", json={"name": "Wanjiku", "phone": "0712345678"})).json()
    goes = (await cashier.post("/customers", json={"name": "Shiku", "phone": "0722345678"})).json()
    path, body = f"/customers/{stays['id']}/merges", {"duplicate_id": goes["id"]}

    refused = await cashier.post(path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    merged = await manager.post(path, json=body)

    assert (merged.status_code, merged.json()["other_phones"]) == (200, ["+254722345678"])
    assert (await manager.get(f"/customers/{goes['id']}")).json()["merged_into"] == stays["id"]
    gone = await manager.patch(f"/customers/{goes['id']}", json={"name": "X"})
    assert (gone.status_code, gone.json()["merged_into"]) == (409, stays["id"])


async def test_a_sale_names_its_customer_and_the_history_follows(shop: Shop, cashier: httpx.AsyncClient) -> None:
    sugar = await has_stock(shop)
    customer = (await cashier.post("/customers", json={"name": "Wanjiku"})).json()
    lines = [{"product_id": str(sugar.id), "quantity": "1"}]

    sold = await cashier.post(
        "/sales",
        json={"lines": lines, "cash_tendered": "200.00", "customer_id": customer["id"]},
        headers={"Idempotency-Key": "a-sale-with-a-name"},
    )
    assert (sold.status_code, sold.json()["customer_id"]) == (201, customer["id"])
    opened = await opens_sale(shop, (sugar, "1"))
    path = f"/sales/{opened.sale.id}/customer"
    assert (await cashier.put(path, json={"customer_id": customer["id"]})).json()["customer_id"] == customer["id"]

    history = (await cashier.get("/sales", params={"customer_id": customer["id"]})).json()["items"]
    assert [sale["id"] for sale in history] == [str(opened.sale.id), sold.json()["id"]]
    totals = (await cashier.get(f"/customers/{customer['id']}/totals")).json()
    assert totals == {"sales": 1, "spent": "150.00", "last_at": sold.json()["opened_at"], "open_sales": 1}
    assert (await cashier.put(path, json={"customer_id": None})).json()["customer_id"] is None
    assert (await cashier.put(path, json={})).status_code == 422
    unknown = await cashier.get("/sales", params={"customer_id": str(opened.sale.id)})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "customer_unknown")
