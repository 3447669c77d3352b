"""The ledger over HTTP, in every form."""

import csv
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import httpx
import openpyxl
import pytest

from payme.kit.days import SHOP_TIME
from payme.kit.db.transaction import Database
from payme.ledger import controllers
from tests.reports.conftest import SetClock
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop
from tests.support.web import a_client, an_app

PERIOD = {"from_day": "2026-03-01", "to_day": "2026-03-03"}
IN_EVERY_FORM = ("journal", "trial-balance", "profit-and-loss", "balance-sheet", "lines")


@pytest.fixture
async def owner(books: Database, shop: Shop, clock: SetClock) -> AsyncIterator[httpx.AsyncClient]:
    clock.at = datetime(2026, 3, 2, 9, tzinfo=SHOP_TIME)
    sugar = await has_stock(shop, "=Sukari", quantity="10", price="150.00", cost="100.00")
    for quantity in ("1", "1.5", "2"):
        clock.at += timedelta(hours=8)
        await opens_sale(shop, (sugar, quantity), cash="300")
    async with a_client(an_app(books), token=shop.owner.token) as client:
        client.base_url = client.base_url.join(f"/v1/businesses/{shop.business_id}/ledger/")
        yield client


async def test_the_owner_reads_what_was_earned_and_what_there_is(owner: httpx.AsyncClient) -> None:
    earned = (await owner.get("profit-and-loss", params=PERIOD)).json()
    assert (earned["revenue"], earned["cost"], earned["gross_profit"]) == ("675.00", "450.00", "225.00")
    assert (earned["expenses"], earned["profit"]) == ([], "225.00")
    one_day = (await owner.get("profit-and-loss", params={"from_day": "2026-03-02", "to_day": "2026-03-02"})).json()
    assert one_day["revenue"] == "150.00"

    sheet = (await owner.get("balance-sheet", params={"day": "2026-03-02"})).json()
    assert [(one["code"], one["amount"]) for one in sheet["assets"]] == [("1000", "150.00"), ("1200", "900.00")]
    assert [(one["code"], one["amount"]) for one in sheet["liabilities"]] == [("2200", "1000.00")]
    assert (sheet["profit"], sheet["difference"]) == ("50.00", "0.00")

    trial = (await owner.get("trial-balance", params={"day": "2026-03-03"})).json()
    assert (trial["debit"], trial["credit"], trial["difference"]) == ("1675.00", "1675.00", "0.00")
    assert (await owner.get("trial-balance", params={"day": "2026-03-01"})).json()["accounts"] == []


async def test_the_journal_is_read_page_by_page(owner: httpx.AsyncClient) -> None:
    whole = (await owner.get("journal", params=PERIOD)).json()
    assert [one["kind"] for one in whole["items"]] == ["delivery", "sale", "sale", "sale"]
    assert whole["next_cursor"] is None
    pages, cursor = [], None
    while True:
        asked = {**PERIOD, "limit": "1"} | ({"cursor": cursor} if cursor else {})
        found = (await owner.get("journal", params=asked)).json()
        pages += found["items"]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert pages == whole["items"]
    one = whole["items"][2]
    only = (await owner.get("journal", params={**PERIOD, "document": one["id"]})).json()
    assert only["items"] == [one]


async def test_an_account_runs_from_what_was_brought_forward(owner: httpx.AsyncClient) -> None:
    whole = (await owner.get("lines", params=PERIOD)).json()
    assert whole["opening"] == "0.00"
    assert [one["balance"] for one in whole["items"]] == ["150.00", "375.00", "675.00"]
    later = (
        await owner.get("lines", params={"account": "1000", "from_day": "2026-03-03", "to_day": "2026-03-03"})
    ).json()
    assert (later["opening"], [one["balance"] for one in later["items"]]) == ("150.00", ["375.00", "675.00"])
    first = (await owner.get("lines", params={**PERIOD, "limit": 2})).json()
    rest = (await owner.get("lines", params={**PERIOD, "cursor": first["next_cursor"]})).json()
    assert (rest["opening"], [one["balance"] for one in rest["items"]]) == ("375.00", ["675.00"])
    passed_through = (await owner.get("lines", params={**PERIOD, "account": "2050"})).json()
    assert (passed_through["opening"], passed_through["items"]) == ("0.00", [])
    assert rest["account"] == {"code": "1000", "name": "Cash", "kind": "asset"}


async def test_every_statement_comes_in_every_form(owner: httpx.AsyncClient) -> None:
    for name in IN_EVERY_FORM:
        for wanted in ("text", "csv", "xlsx", "pdf"):
            answer = await owner.get(name, params={"format": wanted})
            assert answer.status_code == 200, (name, wanted, answer.text)
            assert answer.content
    sheet = openpyxl.load_workbook(BytesIO((await owner.get("trial-balance", params={"format": "xlsx"})).content))
    assert sheet.active is not None


async def test_an_accountant_gets_the_whole_period_in_parts_that_join(
    owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await owner.get("export", params=PERIOD)
    monkeypatch.setattr(controllers, "DOCUMENTS_AT_ONCE", 1)
    in_parts = await owner.get("export", params=PERIOD)

    assert whole.headers["content-type"].startswith("text/csv")
    assert in_parts.content == whole.content
    rows = list(csv.DictReader(StringIO(whole.content.decode("utf-8-sig"))))
    assert sum(Decimal(row["Debit"]) for row in rows) == sum(Decimal(row["Credit"]) for row in rows) == 2125
    assert {row["Account"] for row in rows} == {"1000", "1200", "2200", "4000", "5000"}
    assert rows[0]["Date"] == "2026-03-02"


async def test_what_makes_no_sense_is_refused(owner: httpx.AsyncClient, shop: Shop) -> None:
    assert (await owner.get("lines", params={"account": "1001"})).json()["code"] == "account_unknown"
    backwards = {"from_day": "2026-03-03", "to_day": "2026-03-02"}
    for name in ("journal", "profit-and-loss", "export", "lines"):
        assert (await owner.get(name, params=backwards)).json()["code"] == "period_backwards"
    cashier = {"Authorization": f"Bearer {shop.person('cashier').token}"}
    assert (await owner.get("journal", headers=cashier)).status_code == 403
    assert len((await owner.get("accounts")).json()["accounts"]) >= 20
