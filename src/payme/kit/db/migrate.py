"""Forward-only migrations: plain SQL files, one transaction each; several processes may start at once."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from pgqueuer.queries import Queries

from payme.kit.db.pool import APP_ROLE

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_LOCK_KEY = 0x7061796D65  # "payme"
_LOCK_TIMEOUT = "10s"


class MigrationError(Exception):
    """The database cannot be brought up to date; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text: a migration that ran may not change afterwards."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def all_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Read the files in order."""
    return [Migration(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.sql"))]


def statements(text: str) -> Iterator[str]:
    """Split a file: a statement ends with a line that ends in ``;`` outside ``$$`` (Citus wants one at a time)."""
    lines: list[str] = []
    quoted = False
    for line in text.splitlines():
        code = line.split("-- ")[0].rstrip() if not quoted else line.rstrip()
        lines.append(line)
        quoted ^= line.count("$$") % 2 == 1
        if code.endswith(";") and not quoted:
            yield "\n".join(lines)
            lines = []
    if any(line.strip() and not line.startswith("--") for line in lines):
        yield "\n".join(lines)


async def migrate(dsn: str, *, on_progress: Callable[[str], None] = lambda _: None) -> list[str]:
    """Bring the database up to date as its owner and return the names of the migrations that ran now.

    Raises MigrationError where a file that already ran was changed, or the database is newer than this program.
    """
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK_KEY)
        return await _migrate(connection, on_progress)
    finally:
        await connection.close()  # also gives the advisory lock back


async def _migrate(connection: "asyncpg.Connection[asyncpg.Record]", on_progress: Callable[[str], None]) -> list[str]:
    await connection.execute("""
        CREATE TABLE IF NOT EXISTS schema_migrations (
            name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
    """)
    applied = {
        row["name"]: row["digest"] for row in await connection.fetch("SELECT name, digest FROM schema_migrations")
    }
    files = all_migrations()
    unknown = sorted(set(applied) - {file.name for file in files})
    if unknown:
        raise MigrationError(f"the database knows {unknown[-1]}, which this version does not: upgrade PayMe first")
    ran = []
    for migration in files:
        if migration.name in applied:
            if applied[migration.name] != migration.digest:
                raise MigrationError(f"{migration.name} was changed after it ran: restore it and add a new migration")
            continue
        on_progress(f"migration {migration.name}")
        await _apply(connection, migration)
        ran.append(migration.name)
    await connection.execute(f"GRANT SELECT ON schema_migrations TO {APP_ROLE}")  # it says whether it is ready
    await _install_jobs(connection)
    return ran


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"):
            await connection.execute("SET LOCAL citus.enable_local_reference_table_foreign_keys = off")
            await connection.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")
        for statement in statements(migration.text):
            await connection.execute(statement)
        await connection.execute(
            "INSERT INTO schema_migrations (name, digest) VALUES ($1, $2)", migration.name, migration.digest
        )


async def _install_jobs(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Let pgqueuer make or upgrade its own tables, and let the app role use them."""
    queries = Queries.from_asyncpg_connection(connection)
    names = queries.qbe.settings
    if await queries.schema_is_installed():
        await queries.upgrade()
    else:
        await queries.install()
    tables = f"{names.queue_table}, {names.queue_table_log}, {names.statistics_table}, {names.schedules_table}"
    await connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {APP_ROLE}")
    await connection.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
