"""Stock over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from payme.kit.db.transaction import Database
from tests.support.shops import Shop, make_shop
from tests.support.web import a_client, an_app

SUGAR = {"name": "Sukari", "unit": "bag", "selling_price": "180.00", "sku": "SUK", "reorder_level": "5"}


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def manager(database: Database, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(an_app(database), token=shop.person("manager").token) as client:
        client.base_url = httpx.URL(f"http://shop.test/v1/businesses/{shop.business_id}")
        yield client


@pytest.fixture
async def cashier(database: Database, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(an_app(database), token=shop.person("cashier").token) as client:
        client.base_url = httpx.URL(f"http://shop.test/v1/businesses/{shop.business_id}")
        yield client


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def added(client: httpx.AsyncClient, **fields: object) -> dict[str, Any]:
    answer = await client.post("/products", json=SUGAR | fields)
    assert answer.status_code == 201, answer.text
    product: dict[str, Any] = answer.json()
    return product


async def received(client: httpx.AsyncClient, product_id: str, quantity: str = "10") -> dict[str, object]:
    lines = [{"product_id": product_id, "quantity": quantity, "unit_cost": "120.00"}]
    answer = await client.post("/deliveries", json={"supplier": "Kilimo", "lines": lines}, headers=key())
    assert answer.status_code == 201, answer.text
    delivery: dict[str, object] = answer.json()
    return delivery


async def test_a_product_is_added_received_found_and_changed(manager: httpx.AsyncClient) -> None:
    sugar = await added(manager)
    assert (sugar["selling_price"], sugar["reorder_level"], sugar["barcode"]) == ("180.00", "5.000", None)
    await received(manager, sugar["id"], "10")

    found = (await manager.get("/products", params={"q": "suk"})).json()
    assert [(row["id"], row["on_hand"]) for row in found["items"]] == [(sugar["id"], "10.000")]
    changed = await manager.patch(f"/products/{sugar['id']}", json={"selling_price": "185", "sku": None})

    assert changed.status_code == 200
    assert (changed.json()["selling_price"], changed.json()["sku"], changed.json()["name"]) == (
        "185.00",
        None,
        "Sukari",
    )
    shown = (await manager.get(f"/products/{sugar['id']}")).json()
    assert shown == changed.json() | {"on_hand": "10.000"}


@pytest.mark.parametrize("body", [{"name": None}, {"name": ""}, {"active": None}, {"colour": "white"}, {"unit": 3}])
async def test_a_change_that_is_no_change_of_a_product_is_refused(
    manager: httpx.AsyncClient, body: dict[str, object]
) -> None:
    sugar = await added(manager)

    answer = await manager.patch(f"/products/{sugar['id']}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_taken_code_is_a_conflict(manager: httpx.AsyncClient) -> None:
    await added(manager)

    answer = await manager.post("/products", json=SUGAR)

    assert (answer.status_code, answer.json()["code"], answer.json()["sku"]) == (409, "sku_taken", "SUK")


async def test_a_delivery_sent_twice_is_received_once(manager: httpx.AsyncClient) -> None:
    sugar = await added(manager)
    body = {"lines": [{"product_id": sugar["id"], "quantity": "2.500", "unit_cost": "100"}]}
    headers = key()

    first = await manager.post("/deliveries", json=body, headers=headers)
    again = await manager.post("/deliveries", json=body, headers=headers)
    without = await manager.post("/deliveries", json=body)

    assert (first.status_code, again.status_code, without.status_code) == (201, 201, 400)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    listed = (await manager.get("/deliveries")).json()["items"]
    assert [(row["quantity_available"], row["unit_cost"]) for row in listed] == [("2.500", "100.00")]
    assert listed == (await manager.get(f"/products/{sugar['id']}/batches")).json()["items"]


@pytest.mark.parametrize("change", ["0", "1.2345", 1.5, "many", None])
async def test_a_correction_is_a_signed_exact_quantity(manager: httpx.AsyncClient, change: object) -> None:
    sugar = await added(manager)
    body = {"kind": "count", "reason": "counted", "lines": [{"product_id": sugar["id"], "change": change}]}

    answer = await manager.post("/stock-adjustments", json=body, headers=key())

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lines.0.change")


async def test_a_correction_shows_in_movements_and_value(manager: httpx.AsyncClient) -> None:
    sugar = await added(manager)
    await received(manager, sugar["id"], "10")
    body = {"kind": "spoilage", "reason": "wet", "lines": [{"product_id": sugar["id"], "change": "-6"}]}

    adjusted = await manager.post("/stock-adjustments", json=body, headers=key())

    assert adjusted.status_code == 201, adjusted.text
    for params in ({}, {"product_id": sugar["id"]}, {"source_id": adjusted.json()["id"]}):
        (movement,) = (await manager.get("/stock-movements", params=params)).json()["items"]
        assert (movement["kind"], movement["quantity"], movement["available_after"]) == ("spoilage", "-6.000", "4.000")
    (line,) = (await manager.get("/stock", params={"low": True})).json()["items"]
    assert (line["on_hand"], line["value"]) == ("4.000", "480.00")
    assert (await manager.get("/stock/total")).json() == {"products": 1, "value": "480.00"}


async def test_more_than_there_is_is_refused_with_figures(manager: httpx.AsyncClient) -> None:
    sugar = await added(manager)
    await received(manager, sugar["id"], "1")
    body = {"kind": "count", "reason": "counted", "lines": [{"product_id": sugar["id"], "change": "-2"}]}

    answer = await manager.post("/stock-adjustments", json=body, headers=key())

    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["code"], problem["wanted"], problem["left"]) == ("stock_short", "2", "1.000")
    assert problem["shortages"] == [{"product_id": sugar["id"], "wanted": "2", "left": "1.000"}]


async def test_lists_turn_their_pages(manager: httpx.AsyncClient) -> None:
    for name in ("A", "B", "C"):
        product = await added(manager, name=name, sku=None)
        await received(manager, product["id"], "3")
        line = {"product_id": product["id"], "change": "-1"}
        body = {"kind": "count", "reason": "counted", "lines": [line]}
        await manager.post("/stock-adjustments", json=body, headers=key())

    for path in ("/products", "/products?since=2020-01-01T00:00:00Z", "/deliveries", "/stock", "/stock-movements"):
        seen, cursor = [], None
        while True:
            params = httpx.QueryParams(httpx.URL(path).query).set("limit", 2)
            params = params.set("cursor", cursor) if cursor else params
            body = (await manager.get(httpx.URL(path).path, params=params)).json()
            seen += [row.get("id") or row["product_id"] for row in body["items"]]
            cursor = body["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 3, path


async def test_only_what_changed_since_is_told(manager: httpx.AsyncClient, database: Database) -> None:
    sugar = await added(manager)
    soon = database.seams.clock.now() + timedelta(minutes=1)

    changed = (await manager.get("/products", params={"since": "2020-01-01T00:00:00+03:00"})).json()
    later = (await manager.get("/products", params={"since": soon.isoformat()})).json()
    strange = [
        await manager.get("/products", params={"since": since})
        for since in ("2020-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    ]

    assert [row["id"] for row in changed["items"]] == [sugar["id"]]
    assert changed["next_since"] is not None
    assert later["items"] == []
    assert [answer.status_code for answer in strange] == [422] * 3


async def test_a_cashier_reads_stock_and_changes_none(manager: httpx.AsyncClient, cashier: httpx.AsyncClient) -> None:
    sugar = await added(manager)

    for path in ("/products", f"/products/{sugar['id']}", "/stock", "/stock/total", "/deliveries", "/stock-movements"):
        assert (await cashier.get(path)).status_code == 200
    line = {"product_id": sugar["id"], "quantity": "1", "unit_cost": "1"}
    refused = [
        await cashier.post("/products", json=SUGAR),
        await cashier.patch(f"/products/{sugar['id']}", json={"name": "Mine"}),
        await cashier.post("/deliveries", json={"lines": [line]}, headers=key()),
        await cashier.post(
            "/stock-adjustments",
            json={"kind": "count", "reason": "x", "lines": [{"product_id": sugar["id"], "change": "1"}]},
            headers=key(),
        ),
    ]

    assert [answer.json()["code"] for answer in refused] == ["not_allowed"] * 4


async def test_another_shops_products_do_not_exist(manager: httpx.AsyncClient, database: Database, shop: Shop) -> None:
    neighbour = await make_shop(database)
    async with a_client(an_app(database), token=neighbour.person("manager").token) as thief:
        sugar = await added(manager)
        thief.base_url = httpx.URL(f"http://shop.test/v1/businesses/{neighbour.business_id}")
        line = {"product_id": sugar["id"], "quantity": "1", "unit_cost": "1"}
        answers = [
            await thief.get(f"/products/{sugar['id']}"),
            await thief.patch(f"/products/{sugar['id']}", json={"name": "Mine"}),
            await thief.get(f"/products/{sugar['id']}/batches"),
            await thief.post("/deliveries", json={"lines": [line]}, headers=key()),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "product_unknown")] * 4
        assert (await thief.get("/stock-movements", params={"product_id": sugar["id"]})).json()["items"] == []
        thief.base_url = httpx.URL(f"http://shop.test/v1/businesses/{shop.business_id}")
        assert (await thief.get("/products")).status_code == 404
