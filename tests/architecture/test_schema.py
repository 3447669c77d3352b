"""The schema keeps the rules that make another tenant's row impossible, on one PostgreSQL and on many."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from payme.kit.db.pool import AsyncpgPool

Connection = asyncpg.Connection

TABLES_WITHOUT_RLS = """
    SELECT relname AS found FROM pg_class
     WHERE relkind IN ('r', 'p') AND obj_description(oid) = 'tenant'
       AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
"""
UNDECLARED_TABLES = """
    SELECT relname AS found FROM pg_class
     WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
       AND relname NOT LIKE 'pgqueuer%' AND relname <> 'schema_migrations'
       AND coalesce(obj_description(oid), '') NOT IN ('tenant', 'reference', 'local')
"""
KEYS_WITHOUT_BUSINESS = """
    SELECT index.indexrelid::regclass::text AS found
      FROM pg_index AS index
      JOIN pg_class AS tab ON tab.oid = index.indrelid AND obj_description(tab.oid) = 'tenant'
     WHERE index.indisunique
       AND (SELECT attname FROM pg_attribute WHERE attrelid = tab.oid AND attnum = index.indkey[0])
           IS DISTINCT FROM 'business_id'
"""
FOREIGN_KEYS_WITHOUT_BUSINESS = """
    SELECT con.conname || ' of ' || tab.relname AS found
      FROM pg_constraint AS con
      JOIN pg_class AS tab ON tab.oid = con.conrelid
      JOIN pg_class AS target ON target.oid = con.confrelid
     WHERE con.contype = 'f'
       AND ((obj_description(target.oid) = 'tenant'
             AND NOT 'business_id' = ANY (SELECT attname::text FROM pg_attribute
                                           WHERE attrelid = tab.oid AND attnum = ANY (con.conkey)))
            OR (obj_description(target.oid) = 'tenant' AND obj_description(tab.oid) <> 'tenant')
            OR (obj_description(target.oid) = 'local' AND obj_description(tab.oid) = 'tenant')
            OR con.confdeltype = 'n')
"""
TRIGGERS = """
    SELECT tgname || ' on ' || tab.relname AS found
      FROM pg_trigger JOIN pg_class AS tab ON tab.oid = tgrelid AND obj_description(tab.oid) = 'tenant'
     WHERE NOT tgisinternal
"""
HISTORIES_THE_APP_MAY_CHANGE = """
    SELECT table_name || ' ' || privilege_type AS found FROM information_schema.table_privileges
     WHERE grantee = 'payme_app' AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
       AND table_name IN ('stock_movements', 'wallet_transactions', 'payment_events', 'sale_events', 'money_in',
                          'allocations', 'audit_entries', 'sale_items', 'sale_item_takings', 'idempotency_records',
                          'stock_adjustments', 'mpesa_receipts', 'callback_paths', 'callbacks', 'drawer_movements',
                          'z_reports', 'z_report_lines', 'credit_ledger', 'credit_payments',
                          'credit_payment_parts', 'statement_lines', 'mpesa_fees')
    UNION ALL
    SELECT table_name || '.' || column_name FROM information_schema.column_privileges
     WHERE grantee = 'payme_app' AND privilege_type = 'UPDATE'
       AND table_name IN ('stock_movements', 'wallet_transactions', 'payment_events', 'sale_events', 'money_in',
                          'allocations', 'audit_entries', 'sale_items', 'sale_item_takings', 'idempotency_records',
                          'credit_ledger', 'credit_payments', 'credit_payment_parts', 'statement_lines',
                          'mpesa_fees')
    UNION ALL
    SELECT table_name || ' DELETE' FROM information_schema.table_privileges
     WHERE grantee = 'payme_app' AND privilege_type IN ('DELETE', 'TRUNCATE') AND table_schema = 'public'
       AND table_name NOT IN ('product_words', 'customer_words', 'webhook_messages',  -- search, an outbox,
                              'reconciliation_runs',  -- a log,
                              'day_sales', 'day_products', 'day_cashiers', 'ledger_days')  -- sums: not books
       AND obj_description(to_regclass(format('public.%I', table_name))) = 'tenant'
"""
APP_POWERS = """
    SELECT 'owns ' || relname AS found FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
     WHERE rolname = 'payme_app'
    UNION ALL
    SELECT rolname FROM pg_roles
     WHERE rolname IN ('payme_app', 'payme_read') AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole)
"""
VIEWS_PAST_POLICIES = """
    SELECT relname AS found FROM pg_class
     WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
       AND NOT coalesce(reloptions::text LIKE '%security_invoker=true%', false)
"""
RULES = {
    "RLS forced": TABLES_WITHOUT_RLS,
    "class declared": UNDECLARED_TABLES,
    "unique keys start with the business": KEYS_WITHOUT_BUSINESS,
    "foreign keys carry the business": FOREIGN_KEYS_WITHOUT_BUSINESS,
    "no triggers": TRIGGERS,
    "histories only grow": HISTORIES_THE_APP_MAY_CHANGE,
    "the app owns nothing": APP_POWERS,
    "views invoke": VIEWS_PAST_POLICIES,
}
PLANTED = {
    "RLS forced": "ALTER TABLE sales NO FORCE ROW LEVEL SECURITY",
    "class declared": "CREATE TABLE leftovers (id int)",
    "unique keys start with the business": "CREATE UNIQUE INDEX planted ON sales (id)",
    "foreign keys carry the business": (
        "ALTER TABLE sessions ADD FOREIGN KEY (id) REFERENCES businesses (business_id) NOT VALID"
    ),
    "no triggers": "CREATE TRIGGER planted AFTER INSERT ON sales EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "histories only grow": "GRANT UPDATE (amount) ON money_in TO payme_app",
    "the app owns nothing": "ALTER TABLE sales OWNER TO payme_app",
    "views invoke": "CREATE VIEW planted AS SELECT * FROM sales",
}


@pytest.fixture
async def owner(owner_dsn: str, app_pool: AsyncpgPool) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


async def findings(owner: Connection, rule: str) -> list[str]:
    return [row["found"] for row in await owner.fetch(RULES[rule])]


@pytest.mark.parametrize("rule", RULES)
async def test_the_schema_keeps_the_rule(owner: Connection, rule: str) -> None:
    assert await findings(owner, rule) == []


@pytest.mark.parametrize("rule", RULES)
async def test_the_rule_finds_a_planted_fault(owner: Connection, rule: str) -> None:
    transaction = owner.transaction()
    await transaction.start()
    try:
        await owner.execute(PLANTED[rule])
        assert await findings(owner, rule)
    finally:
        await transaction.rollback()
