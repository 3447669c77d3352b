"""Returns and voids over HTTP: once and only once, by who may, and printed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from payme import drawers, sales
from payme.drawers import Tender
from payme.kit.db.transaction import Database
from tests.returns.conftest import Duka
from tests.support.people import adds_customer, new_phone
from tests.support.together import together
from tests.support.web import a_client, an_app


@pytest.fixture(scope="module")
def app(database: Database) -> FastAPI:
    return an_app(database)


@asynccontextmanager
async def signed_in(app: FastAPI, duka: Duka, role: str) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(app, token=duka.shop.person(role).token) as client:
        client.base_url = httpx.URL(f"http://shop.test/v1/businesses/{duka.shop.business_id}/")
        yield client


@pytest.fixture
async def manager(app: FastAPI, duka: Duka) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, duka, "manager") as client:
        yield client


@pytest.fixture
async def owner(app: FastAPI, duka: Duka) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, duka, "owner") as client:
        yield client


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def one_back(quantity: str = "1", condition: str = "restock", **more: Any) -> dict[str, Any]:
    return {"lines": [{"line": 1, "quantity": quantity, "condition": condition, "reason": "Wrong one"}], **more}


async def test_the_answer_says_what_goes_back_how(manager: httpx.AsyncClient, duka: Duka) -> None:
    sale = await duka.sells_for_mpesa("4", cash="200")

    answer = await manager.post(f"sales/{sale.id}/returns", json=one_back("3"), headers=key())

    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["number"], done["sale_number"], done["sale_state"], done["total"]) == (
        1, sale.number, "partly_returned", "450.00",
    )  # fmt: skip
    assert [(part["way"], part["amount"]) for part in done["money_back"]] == [("mpesa", "400.00"), ("cash", "50.00")]
    refund = (await manager.get(f"refunds/{done['money_back'][0]['refund_id']}")).json()
    assert (refund["state"], refund["amount"]) == ("requested", "400.00")
    assert (await manager.get(f"returns/{done['id']}")).json() == done
    shown = (await manager.get(f"sales/{sale.id}")).json()
    assert (shown["state"], shown["returned"]) == ("partly_returned", "450.00")
    assert (shown["items"][0]["returned_quantity"], shown["items"][0]["returned_amount"]) == ("3.000", "450.00")


async def test_the_same_key_returns_once(manager: httpx.AsyncClient, duka: Duka) -> None:
    sold = await duka.sells("4", "600")
    once = key()
    first = await manager.post(f"sales/{sold.sale.id}/returns", json=one_back(), headers=once)

    async def again(_: int) -> httpx.Response:
        return await manager.post(f"sales/{sold.sale.id}/returns", json=one_back(), headers=once)

    answers = [answer for answer in await together(4, again) if isinstance(answer, httpx.Response)]

    assert {answer.content for answer in answers if answer.status_code == 201} == {first.content}
    assert (await duka.sale(sold.sale.id)).returned == 150
    assert (await manager.post(f"sales/{sold.sale.id}/returns", json=one_back())).status_code == 400


async def test_what_is_not_a_return_is_refused(manager: httpx.AsyncClient, duka: Duka) -> None:
    sold = await duka.sells("1", "150")
    path = f"sales/{sold.sale.id}/returns"
    twice = {"lines": [*one_back("0.5")["lines"], *one_back("0.5")["lines"]]}
    wrongs: tuple[dict[str, Any], ...] = (
        {"lines": []},
        twice,
        one_back("0"),
        one_back(condition="eaten"),
        one_back("-1"),
    )
    for wrong in wrongs:
        assert (await manager.post(path, json=wrong, headers=key())).status_code == 422

    refused = await manager.post(path, json=one_back("1.001"), headers=key())

    assert (refused.status_code, refused.json()["code"]) == (409, "more_than_sold")
    assert (refused.json()["sold"], refused.json()["returned"]) == ("1.000", "0.000")
    split = {"lines": [*one_back("0.5")["lines"], *one_back("0.5", "spoiled")["lines"]]}
    assert (await manager.post(path, json=split, headers=key())).status_code == 201


@pytest.mark.parametrize("path", ["returns", "voids"])
async def test_a_cashier_neither_returns_nor_voids(app: FastAPI, duka: Duka, path: str) -> None:
    sold = await duka.sells("1", "150")
    body = one_back() if path == "returns" else {"reason": "Rung up twice"}
    async with signed_in(app, duka, "cashier") as cashier:
        answer = await cashier.post(f"sales/{sold.sale.id}/{path}", json=body, headers=key())
        assert answer.status_code == 403
        assert (await cashier.get(path)).json()["items"] == []
    assert (await duka.sale(sold.sale.id)).state == "completed"


async def test_a_return_has_a_receipt(manager: httpx.AsyncClient, duka: Duka) -> None:
    sold = await duka.sells("2", "300")
    done = (await manager.post(f"sales/{sold.sale.id}/returns", json=one_back("0.5"), headers=key())).json()

    text = (await manager.get(f"returns/{done['id']}/receipt.txt")).text
    data = (await manager.get(f"returns/{done['id']}/receipt")).json()

    lines = text.splitlines()
    assert max(map(len, lines)) <= sales.RECEIPT_WIDTH
    assert lines[0].strip() == data["shop"] == "Duka"
    assert lines[1] == "RETURN 1"
    assert lines[2].startswith(f"of receipt {sold.sale.number} ")
    assert lines[4:] == [
        "Sugar",
        "  0.5 kg                   75.00",
        "-" * 32,
        "RETURNED KES               75.00",
        "CASH                       75.00",
    ]
    assert data["money_back"] == done["money_back"]
    of_the_sale = (await manager.get(f"sales/{sold.sale.id}/receipt.txt")).text
    assert of_the_sale.splitlines()[-2:] == ["RETURNED 0.5 kg Sugar", f"{'-75.00':>32}"]
    assert (await manager.get(f"sales/{sold.sale.id}/receipt")).json()["returned"] == "75.00"


async def test_lists_go_on_page_after_page(manager: httpx.AsyncClient, duka: Duka) -> None:
    sold = await duka.sells("3", "450")
    numbers = []
    for _ in range(3):
        done = await manager.post(f"sales/{sold.sale.id}/returns", json=one_back(), headers=key())
        numbers.append(done.json()["number"])
    day = done.json()["business_day"]

    first = (await manager.get("returns", params={"limit": 2, "from_day": day, "to_day": day})).json()
    rest = (await manager.get("returns", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    of_it = (await manager.get("returns", params={"sale_id": str(sold.sale.id)})).json()

    assert [one["number"] for one in (*first["items"], *rest["items"])] == numbers[::-1]
    assert rest["next_cursor"] is None
    assert len(of_it["items"]) == 3
    assert (await manager.get("returns", params={"sale_id": str(uuid4())})).json()["items"] == []


async def test_a_large_sale_is_voided_by_two(manager: httpx.AsyncClient, owner: httpx.AsyncClient, duka: Duka) -> None:
    sold = await duka.sells("2", "300")
    assert (await manager.put("void-limit", json={"amount": "100.00"})).status_code == 403
    assert (await owner.put("void-limit", json={"amount": "299.99"})).json() == {"amount": "299.99"}
    assert (await manager.get("void-limit")).json() == {"amount": "299.99"}

    asked = await manager.post(f"sales/{sold.sale.id}/voids", json={"reason": "Rung up twice"}, headers=key())
    own = await manager.post(f"voids/{asked.json()['id']}/approval", json={}, headers=key())
    waiting = (await owner.get("voids", params={"state": "requested"})).json()["items"]
    done = await owner.post(f"voids/{asked.json()['id']}/approval", json={"note": "I saw it"}, headers=key())

    assert (asked.status_code, asked.json()["state"], asked.json()["money_back"]) == (201, "requested", [])
    assert (own.status_code, own.json()["code"]) == (403, "own_void")
    assert [one["id"] for one in waiting] == [asked.json()["id"]]
    assert (done.status_code, done.json()["state"]) == (200, "done")
    assert [(part["way"], part["amount"]) for part in done.json()["money_back"]] == [("cash", "300.00")]
    assert (await owner.get(f"voids/{asked.json()['id']}")).json() == done.json()
    assert "VOIDED" in (await owner.get(f"sales/{sold.sale.id}/receipt.txt")).text


async def test_a_void_is_rejected_or_withdrawn(
    manager: httpx.AsyncClient, owner: httpx.AsyncClient, duka: Duka
) -> None:
    await owner.put("void-limit", json={"amount": "0.00"})
    sold = await duka.sells("1", "150")
    for client, ending, state in ((owner, "rejection", "rejected"), (manager, "withdrawal", "withdrawn")):
        asked = (
            await manager.post(f"sales/{sold.sale.id}/voids", json={"reason": "Rung up twice"}, headers=key())
        ).json()
        ended = await client.post(f"voids/{asked['id']}/{ending}", json={"reason": "It was not"}, headers=key())
        assert (ended.status_code, ended.json()["state"], ended.json()["note"]) == (200, state, "It was not")


async def test_what_a_customer_bought_is_what_was_kept(manager: httpx.AsyncClient, duka: Duka) -> None:
    customer = await adds_customer(duka.shop, "Wanjiku", new_phone())

    async def buys(quantity: str) -> UUID:
        draft = sales.SaleDraft(
            (sales.DraftLine(duka.sugar.id, Decimal(quantity), None, Decimal(0)),),
            duka.sugar.selling_price * int(quantity),
            "",
            customer.id,
        )
        return (await duka.shop.transact(sales.open_sale, draft)).sale.id

    whole, partly, voided, _ = [await buys(quantity) for quantity in ("1", "2", "1", "3")]
    for sale_id in (whole, partly):
        assert (await manager.post(f"sales/{sale_id}/returns", json=one_back(), headers=key())).status_code == 201
    await manager.post(f"sales/{voided}/voids", json={"reason": "Rung up twice"}, headers=key())

    totals = (await manager.get(f"customers/{customer.id}/totals")).json()

    assert (totals["sales"], totals["spent"], totals["open_sales"]) == (2, "600.00", 0)


async def test_money_comes_out_of_the_drawer_that_is_named(manager: httpx.AsyncClient, duka: Duka) -> None:
    here = await duka.shop.transact(drawers.open_drawer, "Till 1", duka.sugar.selling_price, role="manager")
    there = await duka.shop.transact(drawers.open_drawer, "Till 2", duka.sugar.selling_price * 10, role="cashier")
    sold = await duka.sells("2", "300")  # the cashier's own drawer
    other = await duka.sells("1", "150")
    named = str(there.drawer.id)

    await manager.post(f"sales/{sold.sale.id}/returns", json=one_back(), headers=key())
    await manager.post(f"sales/{sold.sale.id}/returns", json=one_back(drawer_id=named), headers=key())
    await manager.post(f"sales/{other.sale.id}/voids", json={"reason": "Twice", "drawer_id": named}, headers=key())

    async def cash(drawer_id: UUID) -> tuple[object, object, object]:
        view = await duka.shop.transact(drawers.get_view, drawer_id)
        (total,) = [one for one in view.totals if one.tender is Tender.CASH]
        return total.expected, total.returned, total.cancelled

    assert await cash(here.drawer.id) == (0, 150, 0)
    assert await cash(there.drawer.id) == (1500 + 450 - 150 - 150, 150, 150)
