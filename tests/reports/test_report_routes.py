"""Reports over HTTP, in every form."""

import csv
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO, StringIO

import httpx
import openpyxl
import pytest

from payme import credit, sales
from payme.credit import AccountDraft, CreditTerms
from payme.kit.db.transaction import Database
from payme.reports import queries
from tests.reports.conftest import SetClock
from tests.reports.test_reports import at
from tests.support.goods import draft_of, has_stock, opens_sale
from tests.support.people import adds_customer
from tests.support.shops import Shop
from tests.support.web import a_client, an_app

REPORTS = (
    "sales-by-day",
    "sales-by-tender",
    "sales-by-product",
    "sales-by-cashier",
    "gross-profit",
    "stock-value",
    "debts",
    "tokens",
)


@pytest.fixture
async def owner(books: Database, shop: Shop, clock: SetClock) -> AsyncIterator[httpx.AsyncClient]:
    clock.at = at(0, 9)
    sugar = await has_stock(shop, "=Sukari ya Wanjikũ", quantity="10", cost="100.00")
    await opens_sale(shop, (sugar, "1.500"), cash="300")
    await opens_sale(shop, (sugar, "1"))
    async with a_client(an_app(books), token=shop.owner.token) as client:
        client.base_url = client.base_url.join(f"/v1/businesses/{shop.business_id}/reports/")
        yield client


async def test_the_owner_reads_the_day(owner: httpx.AsyncClient) -> None:
    period = {"from_day": "2026-03-01", "to_day": "2026-03-02"}
    day = {"sales": 1, "revenue": "225.00", "cash": "225.00", "mpesa": "0.00", "on_account": "0.00"}
    day |= {"returns": 0, "returned": "0.00", "net": "225.00"}

    assert (await owner.get("sales-by-day")).json() == {
        **period,
        "days": [{"day": "2026-03-02", **day}],
        "total": day,
    }
    assert (await owner.get("sales-by-tender")).json() == {
        **period,
        "tenders": [
            {"tender": "cash", "revenue": "225.00", "returned": "0.00", "net": "225.00"},
            {"tender": "mpesa", "revenue": "0.00", "returned": "0.00", "net": "0.00"},
            {"tender": "on_account", "revenue": "0.00", "returned": "0.00", "net": "0.00"},
        ],
        "total": day,
    }
    profit = {"net": "225.00", "net_cost": "150.00", "gross_profit": "75.00", "margin_percent": "33.3"}
    assert (await owner.get("gross-profit")).json() == {
        **period,
        "days": [{**profit, "day": "2026-03-02"}],
        "total": profit,
    }
    products = (await owner.get("sales-by-product")).json()
    assert (products["products_sold"], products["gross_profit"]) == (1, "75.00")
    assert (products["products"][0]["name"], products["products"][0]["quantity"]) == ("=Sukari ya Wanjikũ", "1.500")
    cashiers = (await owner.get("sales-by-cashier")).json()["cashiers"]
    assert [(one["name"], one["sales"], one["revenue"]) for one in cashiers] == [("Cashier", 1, "225.00")]
    stock = (await owner.get("stock-value")).json()
    assert (stock["value"], stock["selling_value"], stock["products_in_stock"]) == ("750.00", "1125.00", 1)
    tokens = (await owner.get("tokens")).json()
    assert (tokens["balance_now"], tokens["reserved_now"]) == (8, 1)
    assert tokens["days"] == [
        {"day": "2026-03-02", "granted": 10, "bought": 0, "reserved": 2, "charged": 1, "refunded": 0, "owed": 0}
    ]


async def test_the_owner_reads_who_owes(owner: httpx.AsyncClient, shop: Shop, clock: SetClock) -> None:
    assert (await owner.get("debts")).json() == {"debtors": [], "debtors_in_all": 0, "owed_in_all": "0.00"}
    customer = await adds_customer(shop, "Wanjikũ", "+254712345678")
    await shop.transact(credit.open_account, customer.id, AccountDraft(Decimal(1000), 20))
    tea = await has_stock(shop, "Tea", price="33.00")
    draft = replace(draft_of((tea, "2"), customer=customer.id), credit=CreditTerms())
    await shop.transact(sales.open_sale, draft, role="cashier")

    clock.at = at(25, 9)
    told = (await owner.get("debts")).json()

    assert (told["debtors_in_all"], told["owed_in_all"]) == (1, "66.00")
    assert (told["debtors"][0]["name"], told["debtors"][0]["days_1_30"]) == ("Wanjikũ", "66.00")
    day = await shop.transact(queries.sales_by_day, at(0, 9).date(), at(0, 9).date())
    assert (day.figures[0].on_account, day.figures[0].mpesa) == (Decimal("66.00"), Decimal(0))


async def test_an_empty_period_has_no_rows(owner: httpx.AsyncClient) -> None:
    for report in REPORTS:
        answer = await owner.get(report, params={"from_day": "2025-01-01", "to_day": "2025-12-31"})
        assert answer.status_code == 200, answer.text
        drawn = await owner.get(report, params={"from_day": "2025-01-01", "to_day": "2025-12-31", "format": "pdf"})
        assert drawn.status_code == 200, drawn.text


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("form", ["text", "csv", "xlsx", "pdf"])
async def test_every_report_comes_in_every_form(owner: httpx.AsyncClient, report: str, form: str) -> None:
    answer = await owner.get(report, params={"format": form})

    assert answer.status_code == 200
    assert answer.content
    assert answer.headers["content-disposition"].endswith(f'.{"txt" if form == "text" else form}"')


async def test_a_name_is_no_formula_in_a_spreadsheet(owner: httpx.AsyncClient) -> None:
    answer = await owner.get("sales-by-product", params={"format": "csv"})
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows[1] == ["'=Sukari ya Wanjikũ", "", "kg", "1.5", "0", "225.00", "150.00", "75.00"]

    workbook = openpyxl.load_workbook(BytesIO((await owner.get("stock-value", params={"format": "xlsx"})).content))
    assert [workbook.active[cell].data_type for cell in ("A7", "D7", "E7")] == ["s", "n", "n"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ({"from_day": "2026-03-02", "to_day": "2026-03-01"}, "period_backwards"),
        ({"from_day": "2025-01-01", "to_day": "2026-01-02"}, "report_too_long"),
        ({"from_day": "0001-01-01", "to_day": "2026-01-02"}, "invalid_request"),
        ({"to_day": "9999-12-31"}, "invalid_request"),
    ],
)
async def test_an_impossible_period_is_refused(owner: httpx.AsyncClient, period: dict[str, str], code: str) -> None:
    answer = await owner.get("sales-by-day", params=period)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_cashier_reads_no_reports(owner: httpx.AsyncClient, shop: Shop) -> None:
    answer = await owner.get("sales-by-day", headers=shop.person("cashier").headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
