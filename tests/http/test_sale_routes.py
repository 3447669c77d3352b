"""Sales over HTTP: once and only once, refused clearly, printed."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from payme.kit.db.transaction import Database, Tx
from payme.sales import SaleState
from payme.stock import Product
from tests.support.daraja import Counter, paid
from tests.support.goods import has_stock
from tests.support.shops import Shop, make_shop
from tests.support.together import together
from tests.support.web import a_client


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def sugar(shop: Shop) -> Product:
    return await has_stock(shop, price="150.00", quantity="10")


@pytest.fixture
async def cashier(app: FastAPI, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(app, token=shop.person("cashier").token) as client:
        client.base_url = httpx.URL(f"http://shop.test/v1/businesses/{shop.business_id}/")
        yield client


def a_sale(product: Product, quantity: str = "2", cash: str | None = "500.00", **line: str) -> dict[str, Any]:
    lines = [{"product_id": str(product.id), "quantity": quantity, **line}]
    return {"lines": lines} if cash is None else {"lines": lines, "cash_tendered": cash}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def sales_made(shop: Shop) -> int:
    async def read(tx: Tx) -> int:
        return int(await tx.value("SELECT count(*) FROM sales WHERE business_id = $1", tx.business_id))

    return await shop.transact(read)


async def test_a_cash_sale_is_one_request(cashier: httpx.AsyncClient, sugar: Product) -> None:
    answer = await cashier.post("sales", json=a_sale(sugar), headers=key())

    assert answer.status_code == 201
    sold = answer.json()
    assert (sold["state"], sold["total"], sold["change"], sold["balance_due"]) == (
        "completed", "300.00", "200.00", "0.00",
    )  # fmt: skip
    assert sold["items"][0]["line_total"] == "300.00"
    assert (await cashier.get(f"sales/{sold['id']}")).json() == sold


async def test_the_same_key_gets_the_same_answer_byte_for_byte(
    cashier: httpx.AsyncClient, shop: Shop, sugar: Product
) -> None:
    once = key()
    first = await cashier.post("sales", json=a_sale(sugar), headers=once)
    again = await cashier.post("sales", json=a_sale(sugar), headers=once)

    assert again.content == first.content
    assert again.status_code == 201
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await sales_made(shop) == 1


async def test_one_key_in_sixteen_tabs_is_one_sale(cashier: httpx.AsyncClient, shop: Shop, sugar: Product) -> None:
    once = key()

    answers = await together(16, lambda _: cashier.post("sales", json=a_sale(sugar, "1"), headers=once))

    statuses = {answer.status_code for answer in answers if isinstance(answer, httpx.Response)}
    assert statuses <= {201, 409}
    assert await sales_made(shop) == 1
    for answer in answers:
        assert isinstance(answer, httpx.Response)
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency_key_in_progress"
            assert int(answer.headers["retry-after"]) >= 1


async def test_the_same_key_for_another_request_is_refused(cashier: httpx.AsyncClient, sugar: Product) -> None:
    once = key()
    await cashier.post("sales", json=a_sale(sugar), headers=once)

    other = await cashier.post("sales", json=a_sale(sugar, "3"), headers=once)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_is_demanded(cashier: httpx.AsyncClient, shop: Shop, sugar: Product) -> None:
    answer = await cashier.post("sales", json=a_sale(sugar))

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert await sales_made(shop) == 0


async def test_a_refusal_is_not_kept_under_the_key(cashier: httpx.AsyncClient, shop: Shop, sugar: Product) -> None:
    once = key()
    short = await cashier.post("sales", json=a_sale(sugar, "11", "5000"), headers=once)
    assert (short.status_code, short.json()["code"]) == (409, "stock_short")
    assert short.json()["left"] == "10.000"
    assert short.headers["content-type"] == "application/problem+json"

    done = await cashier.post("sales", json=a_sale(sugar, "10", "5000"), headers=once)

    assert done.status_code == 201
    assert await sales_made(shop) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"product_id": "x", "quantity": "1"}]}, "lines.0.product_id"),
        ({"lines": [{"product_id": str(uuid4()), "quantity": 1.5}]}, "lines.0.quantity"),
        ({"lines": [{"product_id": str(uuid4()), "quantity": "0"}]}, "lines.0.quantity"),
        ({"lines": [{"product_id": str(uuid4()), "quantity": "1.0005"}]}, "lines.0.quantity"),
        ({"lines": [{"product_id": str(uuid4()), "quantity": "NaN"}]}, "lines.0.quantity"),
        ({"lines": [{"product_id": str(uuid4()), "quantity": "1", "prize": "1"}]}, "lines.0.prize"),
        ({"lines": [{"product_id": str(uuid4()), "quantity": "1"}], "cash_tendered": "-1"}, "cash_tendered"),
        ({"lines": [{"product_id": str(uuid4()), "quantity": "1"}], "note": "a\x00b"}, "note"),
    ],
)
async def test_a_wrong_value_is_named(cashier: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    answer = await cashier.post("sales", json=body, headers=key())

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_a_cashier_gives_no_discount(cashier: httpx.AsyncClient, sugar: Product) -> None:
    answer = await cashier.post("sales", json=a_sale(sugar, discount="10.00"), headers=key())

    assert (answer.status_code, answer.json()["code"]) == (403, "price_not_allowed")


async def test_an_empty_wallet_asks_for_tokens(cashier: httpx.AsyncClient, sugar: Product) -> None:
    for _ in range(10):
        assert (await cashier.post("sales", json=a_sale(sugar, "0.5"), headers=key())).status_code == 201

    answer = await cashier.post("sales", json=a_sale(sugar, "0.5"), headers=key())

    assert (answer.status_code, answer.json()["code"]) == (402, "wallet_exhausted")


async def test_a_sale_by_mpesa_from_prompt_to_receipt(
    app: FastAPI, cashier: httpx.AsyncClient, shop: Shop, sugar: Product
) -> None:
    opened = (await cashier.post("sales", json=a_sale(sugar, cash=None), headers=key())).json()
    assert opened["state"] == SaleState.OPEN
    asked = await cashier.post(f"sales/{opened['id']}/mpesa", json={"phone": "0712 345 678"}, headers=key())
    assert (asked.status_code, asked.json()["state"], asked.json()["phone"]) == (202, "created", "2547*****678")
    second = await cashier.post(f"sales/{opened['id']}/mpesa", json={"phone": "0712345678"}, headers=key())
    assert (second.status_code, second.json()["payment_id"]) == (409, asked.json()["id"])
    assert second.json()["payment_request_id"] == asked.headers["x-request-id"]
    warned = await cashier.post(f"sales/{opened['id']}/cancellation", json={"reason": "left"}, headers=key())
    assert (warned.status_code, warned.json()["code"]) == (409, "payment_still_live")

    counter = Counter(shop)
    payment = await counter.payment((await counter.payment(asked.json()["id"])).id)
    await counter.submits(payment)
    payment = await counter.payment(payment.id)
    async with a_client(app, address="196.201.214.200") as daraja:
        secret = counter.daraja.secret_of(payment)
        told = {"Businessshortcode": payment.shortcode or ""}
        for body in (paid(payment), b"not json", paid(payment)):
            stored = await daraja.post(f"/callbacks/{secret}", content=body, headers=told)
            assert (stored.status_code, stored.json()["ResultCode"]) == (200, 0)
        guessed = await daraja.post("/callbacks/guessed", content=paid(payment))
        assert (guessed.status_code, guessed.content) == (200, stored.content)
    await counter.receives_at(paid(payment), secret)

    done = (await cashier.get(f"sales/{opened['id']}")).json()
    assert (done["state"], done["payments"][0]["state"]) == ("completed", "succeeded")
    money = (await cashier.get("money-in")).json()["items"]
    assert [entry["amount"] for entry in money] == ["300.00"]
    receipt = (await cashier.get(f"sales/{opened['id']}/receipt")).json()
    assert (receipt["shop"], receipt["tenders"][0]["method"], receipt["total"]) == ("Duka", "mpesa", "300.00")
    text = (await cashier.get(f"sales/{opened['id']}/receipt.txt")).text
    assert f"MPESA {receipt['tenders'][0]['mpesa_receipt']:20}300.00" in text


async def test_an_open_sale_takes_cash_or_is_cancelled(cashier: httpx.AsyncClient, sugar: Product) -> None:
    first = (await cashier.post("sales", json=a_sale(sugar, cash="100.00"), headers=key())).json()
    assert (first["state"], first["balance_due"]) == ("open", "200.00")
    done = await cashier.post(f"sales/{first['id']}/cash", json={"tendered": "250.00"}, headers=key())
    assert (done.json()["state"], done.json()["change"]) == ("completed", "50.00")

    second = (await cashier.post("sales", json=a_sale(sugar, cash=None), headers=key())).json()
    undone = await cashier.post(f"sales/{second['id']}/cancellation", json={"reason": "left"}, headers=key())
    assert undone.json()["state"] == "cancelled"

    listed = (await cashier.get("sales", params={"limit": "1"})).json()
    assert [sale["number"] for sale in listed["items"]] == [2]
    rest = (await cashier.get("sales", params={"cursor": listed["next_cursor"]})).json()
    assert ([sale["number"] for sale in rest["items"]], rest["next_cursor"]) == ([1], None)
    for cursor in ("nonsense", "WzEsMl0"):
        wrong = await cashier.get("sales", params={"cursor": cursor})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_cursor")
