"""Each part of a shop's health is broken once in its books, and then its number says so."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from payme import alerts, credit, health, issues, reconciliation, sales
from payme.credit import AccountDraft, CreditTerms
from payme.health import Health, PartName
from payme.issues import NewIssue
from payme.kit.days import business_day
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.seams import SystemClock
from tests.support.daraja import Counter, not_paid
from tests.support.database import in_time
from tests.support.drawers import opens_drawer
from tests.support.goods import draft_of, has_stock, opens_sale
from tests.support.issues import an_issue
from tests.support.people import adds_customer
from tests.support.plans import Explaining
from tests.support.shops import Shop, make_shop
from tests.support.web import a_client, an_app


@pytest.fixture
async def owner(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def shop(database: Database, owner: asyncpg.Connection) -> Shop:
    await owner.execute("TRUNCATE platform_beats")  # of workers that tests have killed
    return await make_shop(database)


async def look(shop: Shop, after: timedelta = timedelta()) -> Health:
    """How the shop does after a time in which nothing happens."""
    later = replace(shop, database=in_time(shop.database, SystemClock().now() + after))
    return await later.transact(health.get_health)


def ill(found: Health) -> dict[PartName, str]:
    """The parts that have not all their points, with their figures; but that nobody asks here, which has its test."""
    parts = [part for part in found.parts if part.name is not PartName.FRESHNESS]
    return {part.name: part.figure for part in parts if part.points < part.weight}


async def test_a_new_shop_is_well(shop: Shop) -> None:
    found = await look(shop)
    assert (found.score, ill(found)) == (100, {})


async def test_open_issues_are_seen_until_they_are_closed(shop: Shop) -> None:
    subject = uuid4()
    [critical] = await shop.transact(issues.open_issues, [NewIssue("W1", subject, {})])
    await shop.transact(issues.open_issues, [NewIssue("over_credit_limit", uuid4(), {})])
    found = await look(shop)
    assert (found.score, found.capped, ill(found)) == (60, True, {PartName.ISSUES: "2"})

    await shop.transact(issues.acknowledge, critical)
    assert (await look(shop)).capped
    await shop.transact(issues.resolve, critical, "counted")
    assert (await look(shop)).score == 100  # 0.3 for the low one rounds away
    assert ill(await look(shop)) == {PartName.ISSUES: "1"}


async def test_books_that_were_not_asked_for_days_are_seen(shop: Shop, database: Database) -> None:
    def freshness(found: Health) -> tuple[Decimal, str]:
        return next((part.points, part.figure) for part in found.parts if part.name is PartName.FRESHNESS)

    assert freshness(await look(shop, timedelta(days=8))) == (Decimal("0.0"), "192")
    later = in_time(database, SystemClock().now() + timedelta(days=7, hours=12))
    await reconciliation.ask_everything(later, shop.business_id, {})
    assert freshness(await look(shop, timedelta(days=8))) == (Decimal("15.0"), "12")

    await database.transact(Scope.system("test"), alerts.beat, alerts.Part.WORKER)
    assert freshness(await look(shop, timedelta(minutes=9)))[0] == Decimal("15.0")
    assert freshness(await look(shop, timedelta(days=8))) == (Decimal("7.5"), "12")


async def test_a_payment_without_an_end_is_seen_after_an_hour(shop: Shop) -> None:
    opened = await opens_sale(shop, (await has_stock(shop), "1"))
    await Counter(shop).asks(opened.sale.id)

    assert ill(await look(shop, timedelta(minutes=59))) == {}
    assert ill(await look(shop, timedelta(minutes=61))) == {PartName.PAYMENTS: "1"}


async def test_a_callback_that_waits_is_seen_after_a_minute_by_its_own_shop(shop: Shop, database: Database) -> None:
    counter = Counter(shop)
    opened = await opens_sale(shop, (await has_stock(shop), "1"))
    payment = await counter.asks(opened.sale.id)
    await counter.stores(not_paid(payment), counter.daraja.secret_of(payment))

    assert ill(await look(shop, timedelta(seconds=50))) == {}
    assert ill(await look(shop, timedelta(seconds=70))) == {PartName.CALLBACKS: "1"}
    assert ill(await look(await make_shop(database), timedelta(seconds=70))) == {}


async def test_money_that_waits_is_seen_after_a_quarter_of_an_hour(shop: Shop) -> None:
    issue = await an_issue(shop)
    await shop.transact(issues.settle, [issues.Settled(issue.kind, issue.subject_id, "looked at")])

    assert ill(await look(shop, timedelta(minutes=14))) == {}
    assert ill(await look(shop, timedelta(days=2))) == {PartName.UNALLOCATED: "300.00"}


async def test_tokens_last_for_days_of_trade(shop: Shop, owner: asyncpg.Connection) -> None:
    yesterday = business_day(SystemClock().now()) - timedelta(days=1)
    for day in (yesterday, yesterday - timedelta(days=1), yesterday - timedelta(days=20)):
        await owner.execute(
            """
            INSERT INTO day_tokens (business_id, day, granted, bought, reserved, charged, refunded, owed)
            VALUES ($1, $2, 0, 0, 5, 5, 0, 0)
            """,
            shop.business_id,
            day,
        )

    assert ill(await look(shop)) == {PartName.TOKENS: "2.0"}  # ten, at five a day
    await owner.execute(
        "UPDATE wallets SET balance_tokens = 0, owed_tokens = 1 WHERE business_id = $1", shop.business_id
    )
    assert ill(await look(shop)) == {PartName.TOKENS: "0"}


async def test_a_drawer_that_nobody_closed_is_seen_on_the_next_day(shop: Shop) -> None:
    await opens_drawer(shop, "500.00")

    assert ill(await look(shop)) == {}
    assert ill(await look(shop, timedelta(days=1))) == {PartName.DRAWERS: "1"}


async def test_debts_are_seen_when_they_are_overdue(shop: Shop) -> None:
    customer = await adds_customer(shop)
    await shop.transact(credit.open_account, customer.id, AccountDraft(Decimal("600.00"), 30))
    draft = draft_of((await has_stock(shop), "1"), customer=customer.id)
    await shop.transact(sales.open_sale, replace(draft, credit=CreditTerms()))

    assert ill(await look(shop, timedelta(days=29))) == {}
    found = await look(shop, timedelta(days=32))
    assert ill(found) == {PartName.DEBTS: "150.00"}
    assert found.score == 75  # the books were not asked for a month, either


async def test_it_is_one_statement_that_reads_only_what_stands_open(shop: Shop, owner: asyncpg.Connection) -> None:
    await owner.execute(
        """
        INSERT INTO reconciliation_issues
               (business_id, id, kind, severity, state, subject_id, facts, times_seen, last_seen_at, acknowledged_at,
                closed_at, told, created_at, updated_at)
        SELECT $1, gen_random_uuid(), 'late_money', 'high', 'resolved', gen_random_uuid(), '{}', 1, now(), now(),
               now(), 'ended', now(), now()
          FROM generate_series(1, 3000)
        """,
        shop.business_id,
    )
    # Money that was given its purpose, as an old shop has it; nothing else of it is read here.
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        """
        INSERT INTO allocations (business_id, id, money_in_id, purpose, amount, created_at)
        SELECT $1, gen_random_uuid(), gen_random_uuid(), 'test', 1, now()
          FROM generate_series(1, 3000)
        """,
        shop.business_id,
    )
    await owner.execute("ANALYZE reconciliation_issues, allocations")

    async def explained(tx: Tx) -> list[str]:
        await tx.records("SELECT set_config('enable_seqscan', 'off', true)")
        explaining = Explaining.of(tx)
        await health.get_health(explaining)
        return explaining.plans

    try:
        [plan] = await shop.transact(explained)
    finally:
        await owner.execute("DELETE FROM allocations WHERE business_id = $1", shop.business_id)
        await owner.execute("RESET session_replication_role")

    for index in (
        "reconciliation_issues_one_open",
        "payments_unsettled",
        "callbacks_waiting",
        "allocations_unallocated",
        "drawers_by_day",
        "credit_sales_",
    ):
        assert index in plan
    assert "Seq Scan" not in plan


async def test_owners_and_managers_read_it(database: Database, shop: Shop) -> None:
    here = f"/v1/businesses/{shop.business_id}/health-score"
    app = an_app(database)
    async with a_client(app, token=shop.person("manager").token) as manager:
        found = (await manager.get(here)).json()
        assert (found["score"], found["capped"]) == (100, False)
        assert [part["name"] for part in found["parts"]] == [name.value for name in PartName]
        assert found["parts"][0]["points"] == "30.0"
    async with a_client(app, token=shop.person("cashier").token) as cashier:
        assert (await cashier.get(here)).status_code == 403
