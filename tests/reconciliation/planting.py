"""Faults planted in the books by their owner, past every guard, in a transaction that is never committed."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from payme.kit.db.pool import set_codecs
from payme.kit.db.transaction import Scope, Tx
from payme.kit.seams import Seams

_TAKE_DOWN_THE_GUARDS = """
    DO $$
    DECLARE
        guard record;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR guard IN SELECT conrelid::regclass AS name, conname
                       FROM pg_constraint
                      WHERE contype = 'c' AND obj_description(conrelid, 'pg_class') = 'tenant'
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.name, guard.conname);
        END LOOP;
        FOR guard IN SELECT indexrelid::regclass AS name
                       FROM pg_index
                      WHERE indisunique AND NOT indisprimary AND obj_description(indrelid, 'pg_class') = 'tenant'
        LOOP
            EXECUTE format('DROP INDEX %s', guard.name);
        END LOOP;
        ALTER TABLE idempotency_records DROP CONSTRAINT idempotency_records_pkey;
    END $$
"""


@dataclass(frozen=True)
class Fault:
    """What is done to the books, which invariant must find it, and which others see the same wound.

    The last statement returns whom the invariant may accuse.
    """

    name: str
    invariant: str
    sql: str
    also: frozenset[str] = frozenset()


def fault(name: str, invariant: str, sql: str, *also: str) -> Fault:
    """Write a fault down."""
    return Fault(name, invariant, sql, frozenset(also))


@dataclass(frozen=True)
class Planted:
    """A transaction of the owner's, in which faults are planted and looked for."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    seams: Seams
    before_everything = 3  # the first transaction of a database

    async def plant(self, fault: str, business_id: UUID | None = None) -> set[str]:
        """Run the fault; returns the subjects that its last statement names."""
        *before, last = [statement for statement in fault.split(";\n") if statement.strip()]
        for statement in before:
            await self._run(statement, business_id)
        rows = await self._run(last, business_id)
        return {str(row[0]) for row in rows}

    async def _run(self, statement: str, business_id: UUID | None) -> Sequence[asyncpg.Record]:
        return await self.connection.fetch(statement, *([business_id] if "$1" in statement else []))

    async def mark(self, business_id: UUID, seen_before: int | None = None) -> None:
        """Say that the books were asked up to now, or up to some transaction."""
        await self.connection.execute(
            """
            INSERT INTO reconciliation_marks (business_id, seen_before, asked_at, asked_again_at, rewritten, updated_at)
            VALUES ($1, coalesce($2, pg_snapshot_xmin(pg_current_snapshot())::text::bigint), '1980-01-01Z', now(), '{}',
                    now())
                ON CONFLICT (business_id) DO UPDATE SET seen_before = EXCLUDED.seen_before
            """,
            business_id,
            seen_before,
        )

    async def mark_edited(self, business_id: UUID, tables: Collection[str]) -> None:
        """Say of which tables rows were changed where nobody may, some time ago."""
        await self.connection.execute(
            "UPDATE reconciliation_marks SET edited = $2, asked_again_at = '1980-01-01Z' WHERE business_id = $1",
            business_id,
            sorted(tables),
        )

    async def rewritten(self) -> dict[str, int]:
        """Count what was changed or deleted in this very transaction, as its end would tell everybody."""
        rows = await self.connection.fetch(
            """
            SELECT 'DELETE ' || relname AS what, n_tup_del AS rows FROM pg_stat_xact_user_tables
             WHERE n_tup_del > 0 AND NOT has_table_privilege('payme_app', relid, 'DELETE')
             UNION ALL
            SELECT 'UPDATE ' || relname, n_tup_upd FROM pg_stat_xact_user_tables
             WHERE n_tup_upd > 0 AND NOT has_any_column_privilege('payme_app', relid, 'UPDATE')
            """
        )
        return {row["what"]: row["rows"] for row in rows}

    async def look(self, business_id: UUID | None = None) -> Tx:
        """Become the app role, in one business or in none, as every transaction of the product is."""
        await self.connection.execute(f"SET LOCAL payme.business_id = '{business_id or ''}'")
        await self.connection.execute("SET LOCAL ROLE payme_app")
        return Tx(self.connection, Scope.system("test", business_id), self.seams)


@asynccontextmanager
async def planted(owner_dsn: str, seams: Seams, *, guarded: bool = False) -> AsyncIterator[Planted]:
    """Open the transaction, with every check and unique key taken down unless ``guarded``; roll back at the end."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(owner_dsn)
    await set_codecs(connection)
    outer = connection.transaction()
    await outer.start()
    try:
        if not guarded:
            await connection.execute(_TAKE_DOWN_THE_GUARDS)
        yield Planted(connection, seams)
    finally:
        await outer.rollback()
        await connection.close()
