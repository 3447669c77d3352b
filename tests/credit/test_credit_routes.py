"""Credit over HTTP: agreed, sold, shown on the receipt, paid back, and told in a statement of any form."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from tests.credit.conftest import Book
from tests.support.people import adds_customer
from tests.support.web import a_client, an_app


@pytest.fixture
async def app(book: Book) -> FastAPI:
    return an_app(book.shop.database)


async def send(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> httpx.Response:
    return await client.request(method, path, json=body, headers={"Idempotency-Key": str(uuid4())})


async def test_credit_from_the_first_word_to_the_statement(app: FastAPI, book: Book) -> None:
    base = f"/v1/businesses/{book.shop.business_id}"
    person = await adds_customer(book.shop, "Nyota Mbuyu")
    account = f"{base}/customers/{person.id}/credit-account"

    def sale(quantity: str, **more: object) -> dict[str, object]:
        return {
            "lines": [{"product_id": str(book.sugar.id), "quantity": quantity}],
            "customer_id": str(person.id),
            **more,
        }

    async with a_client(app, token=book.shop.person("manager").token) as client:
        opened = await send(client, "POST", account, {"credit_limit": "500.00", "terms_days": 14})
        assert (opened.status_code, opened.json()["available"]) == (201, "500.00")

        sold = await send(client, "POST", f"{base}/sales", sale("3", cash_tendered="50.00", credit={}))
        assert (sold.status_code, sold.json()["paid"], sold.json()["on_account"]) == (201, "50.00", "250.00")
        refused = await send(client, "POST", f"{base}/sales", sale("6", cash_tendered="50.00", credit={}))
        assert refused.status_code == 409
        told = refused.json()
        figures = {name: told[name] for name in ("code", "owed", "limit", "amount", "would_be")}
        assert figures == {
            "code": "credit_limit_exceeded",
            "owed": "250.00",
            "limit": "500.00",
            "amount": "550.00",
            "would_be": "800.00",
        }
        later = await send(client, "POST", f"{base}/sales", sale("2"))
        rest = await send(client, "POST", f"{base}/sales/{later.json()['id']}/credit", {})
        assert (rest.status_code, rest.json()["state"], rest.json()["balance_due"]) == (200, "completed", "0.00")

        receipt = (await client.get(f"{base}/sales/{sold.json()['id']}/receipt")).json()
        text = (await client.get(f"{base}/sales/{sold.json()['id']}/receipt.txt")).text
        due_on = receipt["account"]["due_on"]
        assert receipt["account"] == {
            "customer_id": str(person.id),
            "customer_name": "Nyota Mbuyu",
            "credit_used": "0.00",
            "debt": "250.00",
            "outstanding": "250.00",
            "due_on": due_on,
            "owed_in_all": "450.00",
        }
        assert "ON CREDIT                 250.00" in text
        assert f"{due_on[8:]}.{due_on[5:7]}.{due_on[:4]}" in text
        assert "Customer: Nyota Mbuyu" in text

        owing = (await client.get(f"{base}/debtors")).json()
        assert (owing["debtors"], owing["owed_in_all"], owing["items"][0]["name"]) == (1, "450.00", "Nyota Mbuyu")
        paid = await send(client, "POST", f"{account}/repayments", {"amount": "470.00", "tendered": "500.00"})
        assert (paid.status_code, paid.json()["payment"]["to_credit"], len(paid.json()["debts"])) == (201, "20.00", 2)
        assert (await client.get(f"{base}/debtors")).json()["items"] == []
        again = (await send(client, "POST", f"{base}/sales", sale("1"))).json()["id"]
        used = await send(client, "POST", f"{base}/sales/{again}/customer-credit", {"amount": "20.00"})
        assert (used.json()["state"], used.json()["balance_due"]) == ("open", "80.00")
        assert "CUSTOMER CREDIT            20.00" in (await client.get(f"{base}/sales/{again}/receipt.txt")).text

        first = (await client.get(f"{account}/statement", params={"limit": 2})).json()
        second = (await client.get(f"{account}/statement", params={"cursor": first["next_cursor"]})).json()
        kinds = [entry["kind"] for entry in (*first["entries"], *second["entries"])]
        assert kinds == ["sale", "sale", "repayment", "credit_used"]
        assert first["opening"] == first["closing"] == {"balance_due": "0.00", "customer_credit": "0.00"}
        before = (await client.get(f"{account}/statement", params={"to_day": "2020-01-01"})).json()
        assert (before["entries"], before["closing"]["balance_due"]) == ([], "0.00")
        since = {"from_day": sold.json()["business_day"], "to_day": sold.json()["business_day"]}
        for form, media_type in (("text", "text/plain"), ("csv", "text/csv"), ("pdf", "application/pdf")):
            printed = await client.get(f"{account}/statement", params={"format": form, **since})
            assert printed.status_code == 200
            assert printed.headers["content-type"].startswith(media_type)
            assert form == "pdf" or "Repayment" in printed.text
        assert len((await client.get(f"{account}/debts")).json()["items"]) == 2
        assert len((await client.get(f"{account}/repayments")).json()["items"]) == 1
        changed = await send(client, "PATCH", account, {"state": "suspended", "reason": "pays late"})
        assert (changed.json()["state"], changed.json()["available"]) == ("suspended", "0.00")
    assert await book.shop.disagreements() == []
