"""Every SQL statement is understood by the migrated schema, and every one on a tenant table names its business."""

import re

import asyncpg
import pytest

from payme.kit.db.pool import AsyncpgPool
from tests.architecture.source import SOURCE, Module, modules, statements


def all_statements() -> list[tuple[str, str]]:
    return [(module.at(node, ""), text) for module in modules() for node, text in statements(module)]


async def prepare(pool: AsyncpgPool, statement: str) -> str | None:
    """Say why PostgreSQL, as the app role, does not understand a statement."""
    connection = await pool.acquire()
    try:
        await connection.execute("SELECT 1")
        await connection.prepare(statement)  # type: ignore[attr-defined]  # asyncpg's own
    except asyncpg.PostgresError as error:
        return str(error)
    finally:
        await pool.release(connection)
    return None


async def tenant_tables(owner_dsn: str) -> set[str]:
    connection = await asyncpg.connect(owner_dsn)
    try:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND obj_description(oid) = 'tenant'"
        )
        return {row["relname"] for row in rows}
    finally:
        await connection.close()


def forgets_the_business(statement: str, tenants: set[str]) -> bool:
    """Whether a statement reads or writes a tenant table without a business_id parameter."""
    named = {table for table in tenants if re.search(rf"\b(FROM|JOIN|INTO|UPDATE)\s+{table}\b", statement)}
    if not named:
        return False
    if statement.lstrip().startswith("INSERT"):
        return "business_id" not in statement
    return not re.search(r"business_id\s*=\s*\$\d", statement)


async def test_every_statement_is_understood(app_pool: AsyncpgPool) -> None:
    found = all_statements()
    assert len(found) > 50

    wrong = [f"{where}: {why}" for where, text in found if (why := await prepare(app_pool, text))]

    assert wrong == []


async def test_every_statement_names_its_business(app_pool: AsyncpgPool, owner_dsn: str) -> None:
    tenants = await tenant_tables(owner_dsn)
    assert "sales" in tenants

    assert [where for where, text in all_statements() if forgets_the_business(text, tenants)] == []


@pytest.mark.parametrize(
    "statement",
    ["SELECT nothing FROM sales", "UPDATE wallet_transactions SET change_tokens = 5", "DELETE FROM audit_entries"],
)
async def test_a_wrong_or_forbidden_statement_is_found(app_pool: AsyncpgPool, statement: str) -> None:
    connection = await app_pool.acquire()
    try:
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(statement)
    finally:
        await app_pool.release(connection)


def test_a_forgotten_business_is_found() -> None:
    assert forgets_the_business("SELECT id FROM sales WHERE id = $1", {"sales"})
    assert forgets_the_business("UPDATE sales SET paid = 0 WHERE id = $1", {"sales"})
    assert not forgets_the_business("SELECT id FROM sales WHERE business_id = $1", {"sales"})
    assert not forgets_the_business("SELECT id FROM users WHERE id = $1", {"sales"})


def test_statements_are_found_in_the_source() -> None:
    module = Module(SOURCE / "sales" / "queries.py", "SQL = 'SELECT 1'\n")
    assert len(statements(module)) == 1
