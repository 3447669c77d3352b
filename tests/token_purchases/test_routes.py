"""Tokens over HTTP: bought once, by those who may, read and printed; and phones that had enough are left alone."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from payme.kit.db.transaction import Database
from tests.support.daraja import Counter, new_phone, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop
from tests.support.together import together
from tests.support.web import a_client, an_app

LIMITED = {"PAYME_PUSHES_PER_PHONE": "3", "PAYME_PUSHES_PER_PHONE_A_DAY": "10"}


@pytest.fixture(scope="module")
def app(database: Database) -> FastAPI:
    return an_app(database, LIMITED)


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def manager(app: FastAPI, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(app, token=shop.person("manager").token) as client:
        client.base_url = httpx.URL(f"http://shop.test/v1/businesses/{shop.business_id}/")
        yield client


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def pays(counter: Counter, payment_id: str) -> None:
    payment = await counter.payment(UUID(payment_id))
    await counter.submits(payment)
    payment = await counter.payment(payment.id)
    await counter.receives(paid(payment, phone=payment.phone or ""), payment)


async def test_a_manager_buys_tokens_and_prints_the_receipt(manager: httpx.AsyncClient, shop: Shop) -> None:
    asked = await manager.post("token-purchases", json={"tokens": 70, "phone": new_phone()}, headers=key())
    assert asked.status_code == 202
    purchase = asked.json()
    assert (purchase["tokens"], purchase["price"], purchase["state"]) == (70, "100.00", "created")
    assert purchase["credited_tokens"] is purchase["receipt"] is None
    assert "*****" in purchase["phone"]
    early = await manager.get(f"token-purchases/{purchase['id']}/receipt")
    assert (early.status_code, early.json()["code"]) == (409, "token_purchase_not_paid")

    await pays(Counter(shop), purchase["payment_id"])

    read = (await manager.get(f"token-purchases/{purchase['id']}")).json()
    assert (read["state"], read["credited_tokens"], read["settled_tokens"], read["paid"]) == (
        "succeeded",
        70,
        0,
        "100.00",
    )
    wallet = (await manager.get("wallet")).json()
    assert wallet == {"balance_tokens": 80, "owed_tokens": 0, "warning": None}
    receipt = (await manager.get(f"token-purchases/{purchase['id']}/receipt")).json()
    assert (receipt["shop"], receipt["tokens"], receipt["mpesa_receipt"]) == ("Duka", 70, read["receipt"])
    printed = await manager.get(f"token-purchases/{purchase['id']}/receipt.txt")
    assert printed.headers["content-type"].startswith("text/plain")
    assert "TOKENS CREDITED" in printed.text


async def test_a_key_buys_once(manager: httpx.AsyncClient) -> None:
    body, once = {"tokens": 30, "phone": new_phone()}, key()

    first = await manager.post("token-purchases", json=body, headers=once)
    second = await manager.post("token-purchases", json=body, headers=once)
    keyless = await manager.post("token-purchases", json=body)

    assert (second.status_code, second.content) == (202, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert keyless.status_code == 400
    assert len((await manager.get("token-purchases")).json()["items"]) == 1


async def test_a_cashier_reads_purchases_and_makes_none(app: FastAPI, shop: Shop) -> None:
    async with a_client(app, token=shop.person("cashier").token) as cashier:
        purchases = f"/v1/businesses/{shop.business_id}/token-purchases"
        asked = await cashier.post(purchases, json={"tokens": 30, "phone": new_phone()}, headers=key())

        assert (asked.status_code, (await cashier.get(purchases)).status_code) == (403, 200)


async def test_history_comes_in_pages_newest_first(manager: httpx.AsyncClient, shop: Shop) -> None:
    bought = []
    for tokens in (30, 70, 150, 400):
        asked = await manager.post("token-purchases", json={"tokens": tokens, "phone": new_phone()}, headers=key())
        bought.append(asked.json())
        await pays(Counter(shop), bought[-1]["payment_id"])

    first = (await manager.get("token-purchases", params={"limit": 3})).json()
    rest = (await manager.get("token-purchases", params={"limit": 3, "cursor": first["next_cursor"]})).json()

    assert [row["tokens"] for row in (*first["items"], *rest["items"])] == [400, 150, 70, 30]
    assert rest["next_cursor"] is None


async def test_a_package_that_is_not_sold_is_refused(manager: httpx.AsyncClient) -> None:
    asked = await manager.post("token-purchases", json={"tokens": 31, "phone": new_phone()}, headers=key())

    assert (asked.status_code, asked.json()["code"], asked.json()["tokens"]) == (422, "package_not_sold", 31)


async def test_a_phone_that_had_enough_is_left_alone(manager: httpx.AsyncClient, shop: Shop) -> None:
    phone = new_phone()
    sugar = await has_stock(shop, quantity="100")
    opened = [await opens_sale(shop, (sugar, "1")) for _ in range(8)]

    answers = await together(
        8,
        lambda number: manager.post(f"sales/{opened[number].sale.id}/mpesa", json={"phone": phone}, headers=key()),
    )

    assert all(isinstance(answer, httpx.Response) for answer in answers)
    asked = [answer for answer in answers if isinstance(answer, httpx.Response)]
    assert sorted(answer.status_code for answer in asked) == [202] * 3 + [429] * 5
    refused = next(answer for answer in asked if answer.status_code == 429)
    assert (refused.json()["code"], refused.json()["counted"]) == ("push_limit_reached", "phone")
    assert 590 <= int(refused.headers["Retry-After"]) == refused.json()["retry_after_s"] <= 605
    bought = await manager.post("token-purchases", json={"tokens": 30, "phone": phone}, headers=key())
    assert bought.status_code == 429
    another = await manager.post("token-purchases", json={"tokens": 30, "phone": new_phone()}, headers=key())
    assert another.status_code == 202
