"""Expenses over HTTP: recorded once, listed, taken back, and seen in profit and loss."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from payme.kit.days import business_day
from payme.kit.db.transaction import Database
from tests.support.shops import Shop, make_shop
from tests.support.web import a_client, an_app


@pytest.fixture
async def paying(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
def app(database: Database) -> FastAPI:
    return an_app(database)


def rent(shop: Shop, **different: Any) -> dict[str, Any]:
    today = business_day(shop.database.seams.clock.now()).isoformat()
    body = {"category": "rent", "paid_from": "mpesa", "amount": "15000.00", "what_for": "Rent", "paid_on": today}
    return body | different


async def post(client: httpx.AsyncClient, path: str, body: Any, key: str | None = None) -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key or str(uuid4())})


async def test_rent_is_recorded_once_seen_in_profit_and_loss_and_taken_back(app: FastAPI, paying: Shop) -> None:
    base = f"/v1/businesses/{paying.business_id}"
    key = str(uuid4())
    async with a_client(app, token=paying.person("manager").token) as client:
        made = await post(client, f"{base}/expenses", rent(paying, receipt=" ukb7a1c2d3 "), key)
        again = await post(client, f"{base}/expenses", rent(paying, receipt=" ukb7a1c2d3 "), key)
        assert (made.status_code, again.status_code) == (201, 201)
        assert again.json() == made.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        expense = made.json()
        assert (expense["purpose"], expense["amount"], expense["adjusted"]) == ("expense", "15000.00", "0.00")
        assert (expense["receipt"], expense["reversed_at"]) == ("UKB7A1C2D3", None)

        listed = (await client.get(f"{base}/expenses", params={"category": "rent", "standing": "true"})).json()
        assert (listed["items"], listed["next_cursor"]) == ([expense], None)
        assert (await client.get(f"{base}/expenses/{expense['id']}")).json() == expense
        earned = (await client.get(f"{base}/ledger/profit-and-loss")).json()
        assert [(one["code"], one["name"], one["amount"]) for one in earned["expenses"]] == [
            ("6600", "Rent", "15000.00")
        ]
        text = (await client.get(f"{base}/ledger/profit-and-loss", params={"format": "text"})).text
        assert "Rent" in text

        back = await post(client, f"{base}/expenses/{expense['id']}/reversal", {"reason": "Recorded twice"})
        assert (back.status_code, back.json()["reversal_reason"]) == (200, "Recorded twice")
        twice = await post(client, f"{base}/expenses/{expense['id']}/reversal", {"reason": "Recorded twice"})
        assert (twice.status_code, twice.json()["code"]) == (409, "expense_reversed_already")
        assert (await client.get(f"{base}/ledger/profit-and-loss")).json()["expenses"] == []


@pytest.mark.parametrize(
    ("different", "status", "code"),
    [
        ({"paid_from": "cash"}, 422, "expense_from_drawer"),
        ({"category": None}, 422, "category_unfit"),
        ({"purpose": "bank", "category": None, "paid_from": "bank"}, 422, "paid_to_itself"),
        ({"paid_on": "2020-01-01"}, 422, "expense_day_wrong"),
        ({"amount": "0.00"}, 422, "invalid_request"),
        ({"amount": "10000000.01"}, 422, "invalid_request"),
        ({"amount": "1.005"}, 422, "invalid_request"),
        ({"amount": 5.5}, 422, "invalid_request"),
        ({"receipt": "AB-123456"}, 422, "invalid_request"),
        ({"category": "parties"}, 422, "invalid_request"),
        ({"what_for": " "}, 422, "invalid_request"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    app: FastAPI, paying: Shop, different: dict[str, Any], status: int, code: str
) -> None:
    base = f"/v1/businesses/{paying.business_id}"
    async with a_client(app, token=paying.owner.token) as client:
        refused = await post(client, f"{base}/expenses", rent(paying, **different))
        listed = await client.get(f"{base}/expenses")

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert listed.json()["items"] == []


async def test_a_key_is_needed_and_a_cashier_is_not_let_in(app: FastAPI, paying: Shop) -> None:
    base = f"/v1/businesses/{paying.business_id}"
    async with a_client(app, token=paying.owner.token) as client:
        assert (await client.post(f"{base}/expenses", json=rent(paying))).status_code == 400
    async with a_client(app, token=paying.person("cashier").token) as client:
        assert (await post(client, f"{base}/expenses", rent(paying))).status_code == 403
        assert (await client.get(f"{base}/expenses")).status_code == 403


async def test_pages_follow_each_other(app: FastAPI, paying: Shop) -> None:
    base = f"/v1/businesses/{paying.business_id}/expenses"
    async with a_client(app, token=paying.owner.token) as client:
        made = [(await post(client, base, rent(paying, amount=f"{number}.00"))).json()["id"] for number in range(1, 6)]
        seen, cursor = [], None
        while True:
            asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get(base, params=asked)).json()
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert (await client.get(base, params={"cursor": "nonsense"})).json()["code"] == "invalid_cursor"

    assert seen == made[::-1]
