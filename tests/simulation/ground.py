"""The real PostgreSQL under the simulation: emptied before each seed, so that a seed begins with empty books."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from payme.kit.db.migrate import migrate
from payme.kit.db.pool import PoolLimits, open_pool
from payme.kit.db.ports import Connection

CONNECTIONS = 12
LOCK_WAIT: Final = "lock_timeout = '1ms'"
"""How long PostgreSQL may keep anybody waiting; who waits longer is parked by the scheduler."""
_KEPT = ["token_packages", "ledger_rules", "audit_eras", "schema_migrations"]


@dataclass
class Ground:
    """Connections as the app role, the judge's own, which sees everything, and one for who edits books by hand."""

    connections: Sequence[Connection]
    judge: "asyncpg.Connection[asyncpg.Record]"
    hand: "asyncpg.Connection[asyncpg.Record]"
    empty: str

    async def clear(self) -> None:
        """Forget every seed before."""
        if self.hand.is_in_transaction():
            await self.hand.execute("ROLLBACK")
        await self.judge.execute(self.empty)


@asynccontextmanager
async def open_ground(server_dsn: str, name: str = "simulation") -> AsyncIterator[Ground]:
    """Make a database of its own on the server, migrated, and open the connections."""
    server = await asyncpg.connect(server_dsn)
    try:
        await server.execute(f"DROP DATABASE IF EXISTS {name}")
        await server.execute(f"CREATE DATABASE {name}")
        # A background ANALYZE would change plans, and with them the order of what has none.
        await server.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    finally:
        await server.close()
    dsn = _named(server_dsn, name)
    await migrate(dsn)
    pool = await open_pool(
        dsn, limits=PoolLimits(connections_max=CONNECTIONS, statement_s=30, idle_in_transaction_s=600)
    )
    judge = await asyncpg.connect(
        dsn,
        max_cacheable_statement_size=0,
        server_settings={
            "jit": "off",
            "timezone": "UTC",
            "plan_cache_mode": "force_generic_plan",
            "session_replication_role": "replica",  # so that rows go in any order, without asking foreign keys
        },
    )
    hand = await asyncpg.connect(dsn)
    try:
        tables = await judge.fetch(
            """
            SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
             WHERE schemaname = 'public' AND tablename <> ALL ($1::text[]) AND tablename NOT LIKE 'pgqueuer%'
               AND tablename NOT LIKE '%migration%'
             ORDER BY 1
            """,
            _KEPT,
        )
        # Not TRUNCATE: every plan of every session would be made anew for each seed.
        empty = "".join(f"DELETE FROM {row['name']};" for row in tables)
        await judge.execute("".join(f"ALTER TABLE {row['name']} SET (autovacuum_enabled = off);" for row in tables))
        connections = [await pool.acquire() for _ in range(CONNECTIONS)]
        for connection in connections:
            await connection.execute(f"SET {LOCK_WAIT}")
        yield Ground(connections, judge, hand, empty)
    finally:
        await hand.close()
        await judge.close()
        await pool.close(timeout_s=0.5)


def _named(dsn: str, name: str) -> str:
    head, _, query = dsn.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
