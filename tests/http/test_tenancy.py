"""Another shop's things do not exist: every route of the OpenAPI document, with every wrong owner, role and id."""

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from payme import (
    adjustments,
    credit,
    money,
    payments,
    receipt_links,
    reconciliation,
    refunds,
    returns,
    sales,
    statements,
    webhooks,
    write_offs,
)
from payme.credit import AccountDraft, CreditTerms
from payme.identity import PERMISSIONS, Permission, Role
from payme.kit.db.transaction import Database
from payme.receipt_links import Sharing
from payme.refunds import RefundDraft
from payme.repayments import repay_in_cash
from payme.sales import Cancellation, Condition, WantedBack
from payme.statement_files import read_statement
from payme.webhooks import EndpointDraft, EventType
from tests.statements.portal import Portal
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.daraja import PHONE, TERMS, Counter, paid
from tests.support.drawers import counts, opens_drawer
from tests.support.expenses import records
from tests.support.goods import draft_of, has_stock, opens_sale, receives
from tests.support.people import adds_customer, new_phone
from tests.support.shops import BOX, Shop, make_shop
from tests.support.web import a_client

Operation = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class Trading:
    """A shop in which something of everything has happened, and the ids of it."""

    shop: Shop
    ids: dict[str, UUID]


async def trading_shop(database: Database, owner: asyncpg.Connection) -> Trading:
    shop = await make_shop(database)
    sugar = await has_stock(shop, name="Sugar", quantity="50")
    await receives(shop, sugar.id, "5", "121.00")
    await opens_sale(shop, (sugar, "1"), cash="200.00")
    await registers(shop)
    opened = await opens_sale(shop, (sugar, "2"))
    await counts(shop, (await opens_drawer(shop)).drawer.id, "0.00")
    drawer = (await opens_drawer(shop, "2000.00", till="Till 2")).drawer
    counter = Counter(shop)
    first = await counter.asks(opened.sale.id, "100.00")
    await counter.receives(paid(first, amount="1"), first)
    await counter.receives(paid(first), first)
    payment = await counter.asks(opened.sale.id)
    bought = await counter.buys_tokens()
    tokens = await counter.payment(bought.payment_id)
    await counter.receives(paid(tokens), tokens)
    assert shop.paybill is not None
    await shop.transact(payments.try_config, shop.paybill.id, PHONE, TERMS)
    draft = EndpointDraft("https://books.example/hooks", "", (EventType.SALE_OPENED,))
    endpoint = (await shop.transact(webhooks.register_endpoint, draft, BOX.keys)).endpoint
    await shop.transact(webhooks.send_test, endpoint.id)
    ids = {"config_id": shop.paybill.id, "product_id": sugar.id, "sale_id": opened.sale.id, "payment_id": payment.id}
    ids["purchase_id"] = bought.id
    ids["drawer_id"] = drawer.id
    receipt = new_receipt(shop)
    await (await registers(shop)).confirms(notice(receipt))
    loose = await shop.transact(money.find_by_receipt, receipt)
    assert loose is not None
    ids["customer_id"] = (await adds_customer(shop, "Wanjiku", new_phone())).id
    agreed = AccountDraft(Decimal("1000.00"), 30)
    await shop.transact(credit.open_account, ids["customer_id"], agreed)
    on_credit = replace(draft_of((sugar, "1"), customer=ids["customer_id"]), credit=CreditTerms())
    await shop.transact(sales.open_sale, on_credit)
    await shop.transact(repay_in_cash, ids["customer_id"], Decimal("20.00"), None, None)
    given_up = await shop.transact(sales.open_sale, on_credit)
    asked_for = await shop.transact(write_offs.request_write_off, given_up.sale.id, "moved away")
    ids["write_off_id"] = asked_for.id
    ids["duplicate_id"] = (await adds_customer(shop, "Shiku", new_phone())).id
    sharing = Sharing("http://shop.test", BOX.keys)
    await shop.transact(receipt_links.send_receipt, opened.sale.id, PHONE, sharing)
    await shop.transact(refunds.request_refund, RefundDraft(loose.id, loose.amount, "a mistake"))
    bought_back = await opens_sale(shop, (sugar, "2"), cash="300.00")
    await shop.transact(
        returns.return_goods, bought_back.sale.id, [WantedBack(1, Decimal(1), Condition.RESTOCK, "old")], None
    )
    await shop.transact(returns.set_void_limit, Decimal(0))
    undone = await opens_sale(shop, (sugar, "1"), cash="150.00")
    await shop.transact(returns.void_sale, undone.sale.id, Cancellation("rung up twice"))
    ids |= await brings_statement(shop)
    await reconciliation.ask_everything(shop.database, shop.business_id, {})
    for name, table in (
        ("member_id", "members"),
        ("invitation_id", "invitations"),
        ("batch_id", "stock_batches"),
        ("issue_id", "reconciliation_issues"),
        ("run_id", "reconciliation_runs"),
        ("endpoint_id", "webhook_endpoints"),
        ("message_id", "webhook_messages"),
        ("callback_id", "callbacks"),
        ("money_in_id", "money_in"),
        ("refund_id", "refunds"),
        ("sms_id", "sms_messages"),
        ("return_id", "returns"),
        ("void_id", "voids"),
        ("report_id", "z_reports"),
    ):
        found = await owner.fetchval(f"SELECT id FROM {table} WHERE business_id = $1 LIMIT 1", shop.business_id)
        ids[name] = found or uuid4()
    return Trading(shop, ids)


async def brings_statement(shop: Shop) -> dict[str, UUID]:
    """Bring a statement with a payment that nobody knows of, and ask that it be booked; record an expense."""
    assert shop.paybill is not None
    portal = Portal(shop.paybill.shortcode)
    portal.pays(new_receipt(shop), datetime.now(UTC) + timedelta(minutes=1), "300")
    brought = await statements.import_statement(shop.transact, read_statement(portal.csv()), "", None)
    [difference] = await shop.transact(statements.list_differences, None, None, None, None, 2)
    asked = await shop.transact(adjustments.request_adjustment, difference.id, "it came")
    spent = await records(shop, "70.00")
    ids = {"import_id": brought.imported.id, "difference_id": difference.id, "adjustment_id": asked.id}
    return ids | {"expense_id": spent.id}


@pytest.fixture(scope="module")
async def owner(owner_dsn: str, database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def mine(database: Database, owner: asyncpg.Connection) -> Trading:
    return await trading_shop(database, owner)


@pytest.fixture(scope="module")
async def theirs(database: Database, owner: asyncpg.Connection) -> Trading:
    return await trading_shop(database, owner)


def operations(app: FastAPI) -> list[Operation]:
    """Every route of a business."""
    return [
        (path, method, operation)
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if "{business_id}" in path
    ]


async def everything(owner: asyncpg.Connection) -> dict[str, str]:
    """A digest of every row of every table of the shops."""
    tables = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND obj_description(oid) IN ('tenant', 'local')"
    )
    return {
        row["relname"]: await owner.fetchval(
            f"SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM {row['relname']} AS t"
        )
        for row in tables
    }


def address(path: str, business_id: UUID, ids: dict[str, UUID]) -> str:
    filled = path.replace("{business_id}", str(business_id))
    for name, value in ids.items():
        filled = filled.replace(f"{{{name}}}", str(value))
    assert "{" not in filled, f"{path} has a parameter for which this test has no id"
    return filled


def body_of(app: FastAPI, operation: dict[str, Any], ids: dict[str, UUID]) -> Any:
    """The example body of a route, with every id that it names."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = app.openapi()["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    return with_ids(copy.deepcopy(schema["examples"][0]), ids)


def with_ids(value: Any, ids: dict[str, UUID]) -> Any:
    if isinstance(value, dict):
        return {key: str(ids[key]) if key in ids else with_ids(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_ids(inner, ids) for inner in value]
    return value


async def call(
    client: httpx.AsyncClient, app: FastAPI, operation: Operation, business_id: UUID, ids: dict[str, UUID]
) -> httpx.Response:
    path, method, described = operation
    return await client.request(
        method,
        address(path, business_id, ids),
        json=body_of(app, described, ids),
        headers={"Idempotency-Key": str(uuid4())},
    )


async def test_my_token_opens_no_route_of_their_shop(
    app: FastAPI, owner: asyncpg.Connection, mine: Trading, theirs: Trading
) -> None:
    before = await everything(owner)
    answers = {}
    async with a_client(app, token=mine.shop.owner.token) as client:
        for operation in operations(app):
            for ids in (mine.ids, theirs.ids):
                answer = await call(client, app, operation, theirs.shop.business_id, ids)
                answers[operation[2]["operationId"]] = (answer.status_code, answer.json()["code"])

    assert set(answers.values()) == {(404, "not_found")}
    assert len(answers) > 25
    assert await everything(owner) == before


async def test_their_ids_in_my_shop_lead_nowhere(
    app: FastAPI, owner: asyncpg.Connection, mine: Trading, theirs: Trading
) -> None:
    before = await everything(owner)
    wrong = {}
    async with a_client(app, token=mine.shop.owner.token) as client:
        for operation in operations(app):
            path, _, described = operation
            in_body = body_of(app, described, theirs.ids)
            names_theirs = path.count("{") > 1 or any(str(value) in str(in_body) for value in theirs.ids.values())
            if not names_theirs:
                continue
            answer = await call(client, app, operation, mine.shop.business_id, theirs.ids)
            if answer.status_code != 404:
                wrong[described["operationId"]] = (answer.status_code, answer.text)

    assert wrong == {}
    assert await everything(owner) == before


async def test_a_filter_by_their_id_finds_nothing(app: FastAPI, mine: Trading, theirs: Trading) -> None:
    filtered = 0
    async with a_client(app, token=mine.shop.owner.token) as client:
        for path, method, operation in operations(app):
            for parameter in operation.get("parameters", []):
                name = parameter["name"]
                if method != "get" or parameter["in"] != "query" or name not in {*theirs.ids, "subject_id"}:
                    continue
                value = theirs.ids.get(name, theirs.ids["sale_id"])
                answer = await client.get(address(path, mine.shop.business_id, mine.ids), params={name: str(value)})
                filtered += 1
                assert answer.status_code in {200, 404}, path
                assert answer.json().get("items", []) == [], path
    assert filtered >= 2


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CASHIER])
async def test_a_role_without_the_permission_changes_nothing(
    app: FastAPI, owner: asyncpg.Connection, mine: Trading, role: Role
) -> None:
    before = await everything(owner)
    refused = 0
    async with a_client(app, token=mine.shop.person(role).token) as client:
        for operation in operations(app):
            permission = Permission(operation[2]["x-permission"])
            if permission in PERMISSIONS[role]:
                continue
            answer = await call(client, app, operation, mine.shop.business_id, mine.ids)
            assert answer.status_code == 403, (operation[2]["operationId"], answer.text)
            assert answer.json()["code"] == "not_allowed"
            refused += 1

    assert refused >= 3
    assert await everything(owner) == before


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_with_the_permission_may_read(app: FastAPI, mine: Trading, role: Role) -> None:
    async with a_client(app, token=mine.shop.person(role).token) as client:
        for operation in operations(app):
            if "text/event-stream" in operation[2]["responses"].get("200", {}).get("content", {}):
                continue  # goes on for ever; tests/live asks them
            if operation[1] == "get" and Permission(operation[2]["x-permission"]) in PERMISSIONS[role]:
                answer = await call(client, app, operation, mine.shop.business_id, mine.ids)
                assert answer.status_code in {200, 404}, (operation[2]["operationId"], answer.text)
                assert answer.status_code == 200 or "{invitation_id}" in operation[0] or "{issue_id}" in operation[0]
