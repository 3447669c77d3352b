"""For whoever runs the server: is it up, is it ready, how does it do, what do its refusals mean."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from payme.app.main import create_app
from payme.app.metrics import BusinessGauges, IssuesOfKind, PaymentsInState
from payme.app.operations import READY_WITHIN_S, all_refusals
from payme.app.services import AppServices
from payme.audit import record_events
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool, PoolLimits, open_pool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from tests.support.web import a_client, an_app, settings_of


async def test_a_server_over_a_migrated_database_is_ready(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/healthz")).text == "ok\n"
    answer = await visitor.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"server": "ok", "database": "ok", "migrations": "ok"}}


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz"])
async def test_a_monitor_may_look_at_the_status_alone(visitor: httpx.AsyncClient, path: str) -> None:
    assert (await visitor.head(path)).status_code == 200


async def test_a_server_that_is_stopping_is_not_ready_and_lets_callers_go(database: Database) -> None:
    app = an_app(database)
    app.state.draining.is_on = True
    async with a_client(app) as visitor:
        answer = await visitor.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["code"] == "not_ready"
    assert answer.json()["checks"]["server"] == "stopping"
    assert answer.headers["connection"] == "close"


@pytest.fixture
async def another_database(owner_dsn: str) -> AsyncIterator[str]:
    """An empty database on the same server."""
    name = "payme_never_migrated"
    server = await asyncpg.connect(owner_dsn)
    await server.execute(f"CREATE DATABASE {name}")
    yield owner_dsn.replace("/postgres?", f"/{name}?")
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


async def test_a_database_without_migrations_is_not_ready(another_database: str) -> None:
    pool = await open_pool(another_database)
    async with a_client(an_app(database_over(pool))) as visitor:
        answer = await visitor.get("/readyz")
    await pool.close()

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "none applied: run payme migrate"


async def test_a_missing_migration_is_named(owner_dsn: str, visitor: httpx.AsyncClient) -> None:
    owner = await asyncpg.connect(owner_dsn)
    last = await owner.fetchrow("DELETE FROM schema_migrations WHERE name LIKE '0007%' RETURNING *")
    assert last is not None
    try:
        answer = await visitor.get("/readyz")
        await owner.execute("INSERT INTO schema_migrations VALUES ($1, 'another text', $2)", last[0], last[2])
        changed = await visitor.get("/readyz")
    finally:
        await owner.execute("UPDATE schema_migrations SET digest = $1 WHERE name = $2", last[1], last[0])
        await owner.close()

    assert answer.json()["checks"]["migrations"] == f"{last[0]} is not applied: run payme migrate"
    assert changed.json()["checks"]["migrations"] == "the database is of another version of PayMe"
    assert answer.status_code == changed.status_code == 503


def database_over(pool: AsyncpgPool) -> Database:
    return Database(pool, Seams(), record=record_events, jobs=PgQueuerJobs())


async def test_a_database_that_does_not_answer_is_told_within_a_second(owner_dsn: str, app_pool: AsyncpgPool) -> None:
    pool = await open_pool(owner_dsn, limits=PoolLimits(connections_max=1))
    held = await pool.acquire()
    clock = asyncio.get_running_loop()
    async with a_client(an_app(database_over(pool))) as visitor:
        started = clock.time()
        answer = await visitor.get("/readyz")
        took_s = clock.time() - started
        alive = await visitor.get("/healthz")
    await pool.release(held)
    await pool.close()

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "no answer within 1 s"
    assert took_s < READY_WITHIN_S + 1
    assert alive.status_code == 200


class Books:
    """Business figures that a test sets."""

    def __init__(self) -> None:
        self.reads = 0
        self.now = 100.0
        self.broken = False

    def timer(self) -> float:
        return self.now

    async def read(self) -> BusinessGauges:
        self.reads += 1
        if self.broken:
            raise ConnectionError
        return BusinessGauges(
            open_payments=(PaymentsInState("submitted", 3, 42.5),),
            callbacks_waiting=2,
            callbacks_oldest_age_s=1.5,
            tokens_balance=70 + self.reads,
            tokens_owed=4,
            open_issues=(IssuesOfKind("late_money", "high", 2, 61.5),),
            violations=0,
            broken=(("W1", 2),),
            changes_age_s=21.0,
            anchors_failing_s=(("store", 90.0),),
        )


async def figures(app: FastAPI) -> list[str]:
    async with a_client(app) as scraper:
        answer = await scraper.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text.splitlines()


async def test_figures_of_the_server_are_told_by_route(database: Database, app_pool: AsyncpgPool) -> None:
    app = create_app(AppServices(settings_of(), database, pool_use=app_pool.use))
    async with a_client(app) as visitor:
        for code in ("busy", "rate_limited"):
            await visitor.get(f"/problems/{code}")
        await visitor.get("/nothing/4711")
        await visitor.request("BREW", "/problems")

    lines = await figures(app)

    assert 'payme_http_requests_total{method="GET",route="/problems/{code}",status="200"} 2.0' in lines
    assert 'payme_http_requests_total{method="GET",route="unknown",status="404"} 1.0' in lines
    assert any(line.startswith('payme_http_requests_total{method="other"') for line in lines)
    assert 'payme_http_request_duration_seconds_count{method="GET",route="/problems/{code}"} 2.0' in lines
    assert "payme_http_requests_in_flight 1.0" in lines
    assert "payme_db_pool_max 20.0" in lines
    assert "payme_business_gauges_up 0.0" in lines
    assert not any("4711" in line for line in lines)


async def test_figures_of_the_business_are_read_at_most_every_five_seconds(database: Database) -> None:
    books = Books()
    app = create_app(AppServices(settings_of(), database, business_gauges=books.read, timer=books.timer))

    first = await figures(app)
    books.now += 4.9
    again = await figures(app)
    books.now += 0.2
    later = await figures(app)

    assert 'payme_payments_open{state="submitted"} 3.0' in first
    assert 'payme_payments_open_oldest_seconds{state="submitted"} 42.5' in first
    assert {"payme_callbacks_waiting 2.0", "payme_callbacks_waiting_oldest_seconds 1.5"} <= set(first)
    assert {"payme_tokens_balance 71.0", "payme_tokens_owed 4.0", "payme_violations 0.0"} <= set(first)
    assert {'payme_invariant_broken{invariant="W1"} 2.0', "payme_changes_asked_age_seconds 21.0"} <= set(first)
    assert 'payme_anchors_failing_seconds{place="store"} 90.0' in first
    assert not any("everything_asked" in line for line in first)  # there was no round yet
    assert 'payme_issues_open{kind="late_money",severity="high"} 2.0' in first
    assert 'payme_issues_unacknowledged_oldest_seconds{kind="late_money",severity="high"} 61.5' in first
    assert {"payme_alerts_waiting 0.0", "payme_alerts_failed 0.0"} <= set(first)
    assert "payme_business_gauges_up 1.0" in first
    assert "payme_tokens_balance 71.0" in again
    assert "payme_tokens_balance 72.0" in later
    assert books.reads == 2


async def test_many_scrapers_are_one_reading(database: Database) -> None:
    books = Books()
    app = create_app(AppServices(settings_of(), database, business_gauges=books.read, timer=books.timer))

    await asyncio.gather(*(figures(app) for _ in range(8)))

    assert books.reads == 1


async def test_when_the_books_cannot_be_read_the_server_still_tells_its_own_figures(database: Database) -> None:
    books = Books()
    books.broken = True
    app = create_app(AppServices(settings_of(), database, business_gauges=books.read, timer=books.timer))

    lines = await figures(app)

    assert "payme_business_gauges_up 0.0" in lines
    assert "payme_http_requests_in_flight 1.0" in lines


async def test_figures_are_not_for_everybody(database: Database) -> None:
    app = an_app(database, {"PAYME_METRICS_TOKEN": "a-long-token", "PAYME_TRUSTED_PROXIES": "127.0.0.1"})
    plain = an_app(database)
    async with a_client(app) as here, a_client(app, address="203.0.113.1") as far, a_client(plain) as unknown_proxy:
        assert (await here.get("/metrics")).status_code == 200
        assert (await far.get("/metrics")).json()["code"] == "metrics_closed"
        assert (await far.get("/metrics", headers={"Authorization": "Bearer wrong"})).status_code == 403
        assert (await far.get("/metrics", headers={"Authorization": "Bearer a-long-token"})).status_code == 200
        forwarded = {"X-Forwarded-For": "203.0.113.1"}
        assert (await here.get("/metrics", headers=forwarded)).status_code == 403
        assert (await unknown_proxy.get("/metrics", headers=forwarded)).status_code == 403


async def test_every_refusal_is_explained(visitor: httpx.AsyncClient) -> None:
    listed = (await visitor.get("/problems")).json()["items"]
    assert [item["code"] for item in listed] == [refusal.code for refusal in all_refusals()]
    assert {"stock_short", "not_found", "body_too_large", "busy", "not_ready"} <= {item["code"] for item in listed}
    assert len({item["code"] for item in listed}) == len(listed)

    for item in listed:
        one = await visitor.get(item["type"])
        assert one.json() == item
        assert item["title"].endswith(".")
        assert item["advice"].endswith(".")
        assert 400 <= item["status"] < 600

    assert (await visitor.get("/problems/never_heard_of")).status_code == 404


async def test_a_person_gets_a_page_about_refusals(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/problems", headers={"Accept": "text/html"})
    one = await visitor.get("/problems/stock_short", headers={"Accept": "text/html"})

    assert page.headers["content-type"].startswith("text/html")
    assert "There is not enough in stock." in page.text
    assert "There is not enough in stock." in one.text
    assert "wallet_exhausted" not in one.text
