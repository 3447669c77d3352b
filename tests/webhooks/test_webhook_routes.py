"""Webhooks over HTTP: the owner alone, secrets shown once, addresses looked up before anything is written."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI

from payme.kit.db.transaction import Database
from payme.webhooks import EventType
from payme.webhooks.schemas import EXAMPLES
from tests.support.shops import Shop, make_shop
from tests.support.web import a_client, an_app
from tests.webhooks.receiver import Receiver


@pytest.fixture(scope="module")
def app(database: Database) -> FastAPI:
    return an_app(database)


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def owner(app: FastAPI, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(app, token=shop.owner.token) as client:
        client.base_url = httpx.URL(f"http://shop.test/v1/businesses/{shop.business_id}")
        yield client


async def registered(owner: httpx.AsyncClient, url: str) -> Any:
    answer = await owner.post(
        "/webhook-endpoints", json={"url": url, "event_types": ["sale.completed", "sale.completed"]}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_secret_is_shown_once(owner: httpx.AsyncClient, receiver: Receiver) -> None:
    new = await registered(owner, receiver.url)
    rotated = (await owner.post(f"/webhook-endpoints/{new['id']}/secret")).json()
    one = await owner.get(f"/webhook-endpoints/{new['id']}")
    every = await owner.get("/webhook-endpoints")

    assert new["secret"].startswith("whsec_")
    assert new["event_types"] == ["sale.completed"]
    assert rotated["secret"] not in {new["secret"], None}
    assert rotated["old_until"]
    assert [item["id"] for item in every.json()["items"]] == [new["id"]]
    for answer in (one, every):
        assert "whsec_" not in answer.text


async def test_a_message_is_tried_read_and_sent_again(owner: httpx.AsyncClient, receiver: Receiver) -> None:
    new = await registered(owner, receiver.url)
    tested = await owner.post(f"/webhook-endpoints/{new['id']}/test")
    message_id = tested.json()["id"]
    listed = await owner.get(f"/webhook-endpoints/{new['id']}/messages", params={"state": "waiting"})
    again = await owner.post(f"/webhook-endpoints/{new['id']}/messages/{message_id}/replay")
    replayed = await owner.post(f"/webhook-endpoints/{new['id']}/replay", json={"since": "2020-01-01T00:00:00Z"})
    read = await owner.get(f"/webhook-endpoints/{new['id']}/messages/{message_id}")

    assert tested.status_code == again.status_code == replayed.status_code == 202
    assert [item["id"] for item in listed.json()["items"]] == [message_id]
    assert replayed.json() == {"messages": 0}
    assert (read.json()["type"], read.json()["attempts"]) == ("webhook.test", [])


async def test_an_endpoint_is_changed_paused_and_removed(owner: httpx.AsyncClient, receiver: Receiver) -> None:
    new = await registered(owner, receiver.url)
    paused = await owner.patch(
        f"/webhook-endpoints/{new['id']}", json={"state": "paused", "event_types": ["sale.opened"]}
    )
    forged = await owner.patch(f"/webhook-endpoints/{new['id']}", json={"state": "disabled"})
    removed = await owner.delete(f"/webhook-endpoints/{new['id']}")
    gone = await owner.get(f"/webhook-endpoints/{new['id']}")

    assert (paused.json()["state"], paused.json()["event_types"]) == ("paused", ["sale.opened"])
    assert forged.status_code == 422
    assert (removed.status_code, gone.status_code) == (204, 404)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://nobody.invalid/",
        "https://0/",
    ],
)
async def test_an_address_of_our_own_is_refused_at_once(owner: httpx.AsyncClient, url: str) -> None:
    answer = await owner.post("/webhook-endpoints", json={"url": url, "event_types": ["sale.completed"]})

    assert answer.status_code == 422
    assert answer.json()["code"] == "webhook_address_refused"
    assert answer.json()["reason"]
    assert (await owner.get("/webhook-endpoints")).json()["items"] == []


async def test_this_machine_is_no_address_where_m_pesa_is_real(
    database: Database, shop: Shop, receiver: Receiver
) -> None:
    app = an_app(database)
    app.state.post_office.courier._loopback_allowed = False  # noqa: SLF001
    async with a_client(app, token=shop.owner.token) as client:
        for url in (receiver.url, receiver.url.replace("http:", "https:"), "https://localhost/x"):
            answer = await client.post(
                f"/v1/businesses/{shop.business_id}/webhook-endpoints",
                json={"url": url, "event_types": ["sale.opened"]},
            )
            assert answer.json()["code"] == "webhook_address_refused"


async def test_a_manager_sees_no_endpoint(app: FastAPI, shop: Shop) -> None:
    async with a_client(app, token=shop.person("manager").token) as manager:
        answer = await manager.get(f"/v1/businesses/{shop.business_id}/webhook-endpoints")
    assert answer.status_code == 403


def test_every_type_is_described_with_an_example_of_its_own_schema(app: FastAPI) -> None:
    described = app.openapi()["webhooks"]

    assert set(described) == {kind.value for kind in EventType} == {kind.value for kind in EXAMPLES}
    for item in described.values():
        content = item["post"]["requestBody"]["content"]["application/json"]
        jsonschema_rs.validate(content["schema"], content["example"])
