"""Shops, a clock that tests turn, and the routes of identity over real HTTP messages."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from payme import identity
from payme.audit import record_events
from payme.http import problems
from payme.identity.controllers import business, businesses, invitations, members, people
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams, SystemClock
from tests.support.shops import Shop, make_shop

OF_A_BUSINESS = "/v1/businesses/{business_id}"

Till = Callable[..., httpx.AsyncClient]


class TurnedClock(SystemClock):
    """Ticks once each time somebody looks, so that what comes later is later, and otherwise waits for the test."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def database(app_pool: AsyncpgPool, clock: TurnedClock) -> Database:
    """The database, with the time in the test's hand."""
    return Database(app_pool, Seams(clock=clock), record=record_events, jobs=PgQueuerJobs())


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def other_shop(database: Database) -> Shop:
    return await make_shop(database, "Duka la pili")


@pytest.fixture
def app(database: Database, clock: TurnedClock) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.include_router(people, prefix="/v1")
    app.include_router(businesses, prefix="/v1/businesses")
    app.include_router(business, prefix=OF_A_BUSINESS)
    app.include_router(members, prefix=OF_A_BUSINESS)
    app.include_router(invitations, prefix="/v1/invitations")
    app.state.database = database
    app.state.admission = identity.admit
    app.state.sign_in_limits = identity.SignInLimits(Seams(clock=clock))
    return app


@pytest.fixture
async def till(app: FastAPI) -> AsyncIterator[Till]:
    """Make a client at an address of its own."""
    clients: list[httpx.AsyncClient] = []

    def at(address: str = "10.0.0.1", headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, client=(address, 40000))
        clients.append(httpx.AsyncClient(transport=transport, base_url="https://payme.test", headers=headers))
        return clients[-1]

    yield at
    for client in clients:
        await client.aclose()
