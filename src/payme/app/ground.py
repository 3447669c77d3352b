"""The database under a process: the operator's own server, or one we start, keep alive and stop."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import asyncpg

from payme.app.settings import Settings
from payme.kit.db.embedded import EmbeddedPostgres
from payme.kit.db.migrate import migrate
from payme.kit.db.pool import APP_ROLE

DATABASE = "payme"
OWNER = "postgres"
SERVER_ROLE = "payme_server"
"""The login of our own processes in the database of our own: it can become payme_app, and nothing else."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the database is: for its owner, who migrates, and for the server and the worker."""

    owner_dsn: str
    app_dsn: str
    embedded: EmbeddedPostgres | None


def binaries_named(settings: Settings) -> Mapping[str, str]:
    """Return where the operator says the programs of PostgreSQL are, as ``find_binaries`` takes it."""
    return {"PAYME_POSTGRES_BIN": settings.postgres_bin} if settings.postgres_bin else {}


@contextmanager
def ground_of(
    settings: Settings,
    *,
    on_progress: Callable[[str], None] = lambda _: None,
    server_settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Ground]:
    """Open the ground: start or join the embedded server where no other is named. Raises PostgresUnavailable."""
    if settings.database_url is not None:
        yield Ground(settings.database_url, settings.app_database_url or settings.database_url, None)
        return
    with EmbeddedPostgres(
        settings.data_dir, on_progress=on_progress, environ=binaries_named(settings), settings=server_settings
    ) as embedded:
        endpoint = embedded.endpoint
        yield Ground(endpoint.dsn(OWNER, DATABASE), endpoint.dsn(SERVER_ROLE, DATABASE), embedded)


async def prepare(ground: Ground, *, on_progress: Callable[[str], None] = lambda _: None) -> list[str]:
    """Migrate, after making what an embedded server lacks; returns the migrations that ran now.

    Raises MigrationError, and what asyncpg raises where the server is not to be reached.
    """
    if ground.embedded is None:
        return await migrate(ground.owner_dsn, on_progress=on_progress)
    await _make_database(ground.embedded)
    ran = await migrate(ground.owner_dsn, on_progress=on_progress)
    connection = await asyncpg.connect(ground.owner_dsn)
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", SERVER_ROLE):
            await connection.execute(f"CREATE ROLE {SERVER_ROLE} LOGIN IN ROLE {APP_ROLE}")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        pass  # another process starting at the same moment made it
    finally:
        await connection.close()
    return ran


async def _make_database(embedded: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(embedded.endpoint.dsn(OWNER, "postgres"))
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # another process starting at the same moment made it
    finally:
        await connection.close()
