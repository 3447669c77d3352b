"""Fixtures for every test: one migrated database for each worker process, in which each test makes its own business."""

from collections.abc import AsyncIterator, Iterator

import pytest

from payme.app.assembly import record
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.migrate import migrate
from payme.kit.db.pool import AsyncpgPool, PoolLimits, open_pool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from tests.support.database import embedded_postgres


@pytest.fixture(scope="session")
def owner_dsn() -> Iterator[str]:
    """The DSN of the owner of an embedded PostgreSQL that lives as long as the tests."""
    with embedded_postgres() as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def app_pool(owner_dsn: str) -> AsyncIterator[AsyncpgPool]:
    """Connections as the app role to the migrated database."""
    await migrate(owner_dsn)
    pool = await open_pool(owner_dsn, limits=PoolLimits(connections_max=20, acquire_s=30))
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def database(app_pool: AsyncpgPool) -> Database:
    """Transactions as the product makes them."""
    return Database(app_pool, Seams(), record=record, jobs=PgQueuerJobs())
