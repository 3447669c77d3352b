"""A shop whose clock a test sets, so that days pass."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payme.app.assembly import record
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams, SystemClock
from tests.support.shops import Shop, make_shop


class SetClock(SystemClock):
    """A clock that shows what a test says."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def books(app_pool: AsyncpgPool, clock: SetClock) -> Database:
    return Database(app_pool, replace(Seams(), clock=clock), record=record, jobs=PgQueuerJobs())


@pytest.fixture
async def shop(books: Database) -> Shop:
    return await make_shop(books)
