"""What does it cost to ask the books? A shop with a long history is asked everything, and what changed.

    .venv/bin/python bench/verify.py [--json] [--sales 1000000] [--a-day 333] [--changes 100]

The history agrees with itself (see history.py): whatever an invariant finds is a fault, of it or of PayMe. Its ended
days are kept added up, as the worker does every hour. Asking everything is compared with reading the same tables from
end to end in the same session: once each (``scan_s``), and once for each invariant that names them or a view of them
(``scans_s``), which is the best that queries that share nothing can come to. Aim: at most 5 times the scans. Then sales
are made through the services and edits by hand, and the runs that follow are timed, and one where nothing changed; aim:
a second. Exit code 1 where an invariant finds what is not there, or an edit is not found.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter

import asyncpg
from history import write_history
from product import free_port, own_installation
from stage import StagedShop, acting_in, stage, vacuum

from payme import reconciliation
from payme.app.assembly import assemble
from payme.app.ground import prepare
from payme.app.settings import Settings
from payme.kit.db.transaction import Database, Scope, Tx
from payme.ledger.jobs import keep_ended_days as keep_ledger
from payme.reconciliation import OF_A_BUSINESS, Run, count_rewritten
from payme.reports.jobs import keep_ended_days as keep_reports
from payme.sales import DraftLine, SaleDraft, open_sale

_ANYWHERE = Scope.system("bench")


@dataclass(frozen=True, slots=True)
class Compared:
    """How long one invariant takes, asked of everything, and how long reading its tables does."""

    invariant: str
    seconds: float
    scan_s: float
    ratio: float
    found: int


def say(text: str) -> None:
    """Tell how far it is: a million sales take a while."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


async def list_tables(tx: Tx) -> dict[str, frozenset[str]]:
    """Return what an invariant reads where it names a table or a view: that table, or those of the view."""
    records = await tx.records(
        """
        SELECT named.relname::text AS name,
               CASE named.relkind
               WHEN 'r' THEN ARRAY[named.relname::text]
               ELSE ARRAY(SELECT DISTINCT part.relname::text
                            FROM pg_rewrite AS rule
                            JOIN pg_depend AS need ON need.classid = 'pg_rewrite'::regclass AND need.objid = rule.oid
                            JOIN pg_class AS part
                              ON need.refclassid = 'pg_class'::regclass AND part.oid = need.refobjid
                           WHERE rule.ev_class = named.oid AND part.relkind = 'r') END AS tables
          FROM pg_class AS named
         WHERE named.relkind IN ('r', 'v') AND named.relname = ANY($1)
           AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = named.oid AND attname = 'business_id')
        """,
        sorted(frozenset().union(*(one.tables for one in OF_A_BUSINESS))),
    )
    return {record["name"]: frozenset(record["tables"]) for record in records}


async def scan(database: Database, shop: StagedShop, tables: Collection[str]) -> dict[str, float]:
    """Read tables from end to end, once warm; returns seconds by table."""

    async def read(tx: Tx) -> dict[str, float]:
        await tx.records(
            "SELECT set_config('enable_indexscan', 'off', true), set_config('enable_bitmapscan', 'off', true)"
        )
        await tx.records("SELECT set_config('enable_indexonlyscan', 'off', true)")
        took = {}
        for table in sorted(tables):
            for _ in range(2):
                began = perf_counter()
                await tx.records(f"SELECT count(*) FROM {table} WHERE business_id = $1", tx.business_id)  # noqa: S608
                took[table] = perf_counter() - began
        return took

    return await database.snapshot(acting_in(shop), read)


async def sell(database: Database, shop: StagedShop, sales: int) -> None:
    """Make sales through the services."""
    for number in range(sales):
        product_id = shop.product_ids[number % len(shop.product_ids)]
        line = DraftLine(product_id, Decimal(1), None, Decimal(0))
        await database.transact(acting_in(shop), open_sale, SaleDraft((line,), Decimal(100), ""))


async def look(database: Database, shop: StagedShop) -> tuple[float, Run | None]:
    """Ask what changed; returns how long it took, and the run."""
    rewritten = await database.transact(_ANYWHERE, count_rewritten)
    began = perf_counter()
    run = await reconciliation.ask_changes(database, shop.business_id, rewritten)
    return perf_counter() - began, run


async def edit(owner_dsn: str, statement: str, *args: object) -> None:
    """Edit the books by hand, as the owner of the database, without a trace."""
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(statement, *args)
    await connection.execute("SELECT pg_stat_force_next_flush()")
    await connection.close()


def compare(run: Run, scans: Mapping[str, float], tables: Mapping[str, frozenset[str]]) -> list[Compared]:
    """Set each invariant's time beside that of its tables' scan, the slowest first."""
    told = []
    for invariant in OF_A_BUSINESS:
        figure = run.figures[invariant.id]
        read = frozenset().union(*(tables[name] for name in invariant.tables if name in tables))
        scan_s = sum(scans[table] for table in read)
        seconds = figure["seconds"]  # type: ignore[index]
        told.append(
            Compared(invariant.id, seconds, round(scan_s, 4), round(seconds / scan_s, 2), figure["found"])  # type: ignore[index]
        )
    return sorted(told, key=lambda one: one.seconds, reverse=True)


async def measure(settings: Settings, app_dsn: str, owner_dsn: str, wanted: argparse.Namespace) -> dict[str, object]:
    """Make the shop, ask everything, ask what changed."""
    async with assemble(settings, app_dsn) as assembly:
        database = assembly.database
        [shop] = await stage(database, 1)
        connection = await asyncpg.connect(owner_dsn)
        began = perf_counter()
        await write_history(
            connection, shop, wanted.sales, wanted.a_day, lambda sales: say(f"{sales:,} sales are written")
        )
        megabytes = await connection.fetchval("SELECT pg_database_size(current_database()) / 1000000")
        await connection.close()
        written_s = perf_counter() - began
        began = perf_counter()
        await keep_reports(database, shop.business_id)
        await keep_ledger(database, shop.business_id)
        kept_s = perf_counter() - began
        say("ended days are kept")
        await vacuum(owner_dsn)
        tables = await database.snapshot(acting_in(shop), list_tables)
        scans = await scan(database, shop, frozenset().union(*tables.values()))
        say("every table was read")
        _, full = await look(database, shop)
        assert full is not None  # noqa: S101
        rows = compare(full, scans, tables)
        say("everything was asked")
        idle_s, idle = await look(database, shop)
        await sell(database, shop, wanted.changes)
        first_s, first = await look(database, shop)
        await sell(database, shop, wanted.changes)
        changes_s, changes = await look(database, shop)
        await edit(
            owner_dsn, "UPDATE wallets SET balance_tokens = balance_tokens + 1 WHERE business_id = $1", shop.business_id
        )
        edit_s, edited = await look(database, shop)
        await edit(
            owner_dsn,
            """UPDATE wallet_transactions SET balance_after = balance_after + 1
                WHERE business_id = $1
                  AND sequence = (SELECT max(sequence) FROM wallet_transactions WHERE business_id = $1)""",
            shop.business_id,
        )
        ledger_s, ledger = await look(database, shop)
    runs: Sequence[Run | None] = (first, changes, edited, ledger)
    return {
        "sales": wanted.sales,
        "megabytes": megabytes,
        "written_s": round(written_s, 1),
        "kept_s": round(kept_s, 1),
        "full_s": round(full.seconds, 2),
        "scan_s": round(sum(scans.values()), 3),
        "scans_s": round(sum(row.scan_s for row in rows), 3),
        "full_to_scan": round(full.seconds / sum(scans.values()), 2),
        "full_to_scans": round(full.seconds / sum(row.scan_s for row in rows), 2),
        "idle_s": round(idle_s, 3),
        "first_changes_s": round(first_s, 3),
        "changes_s": round(changes_s, 3),
        "changed_rows": changes and changes.changed_rows,
        "edit_s": round(edit_s, 3),
        "ledger_edit_s": round(ledger_s, 3),
        "found_of_history": full.found,
        "found_of_sales": sum(run.found for run in (first, changes) if run is not None),
        "found_of_edits": [run.found if run is not None else None for run in (edited, ledger)],
        "is_right": full.found == 0
        and idle is None
        and [run is not None and run.found > 0 for run in runs] == [False, False, True, True],
        "invariants": [asdict(row) for row in rows],
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="What asking the books costs.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sales", type=int, default=1_000_000)
    parser.add_argument("--a-day", type=int, default=333)
    parser.add_argument("--changes", type=int, default=100, help="sales between two runs")
    wanted = parser.parse_args()
    with own_installation(PAYME_SIMULATOR_PORT=str(free_port())) as (settings, ground, _), asyncio.Runner() as runner:
        runner.run(prepare(ground))
        figures = runner.run(measure(settings, ground.app_dsn, ground.owner_dsn, wanted))
    if wanted.json:
        print(json.dumps(figures))
    else:
        for row in figures.pop("invariants"):  # type: ignore[attr-defined]
            print(
                f"{row['invariant']:5} {row['seconds']:8.3f} s {row['scan_s']:8.3f} s {row['ratio']:7}",
                row["found"] or "",
            )
        for label, value in figures.items():
            print(f"{label.replace('_', ' '):24} {value}")
    sys.exit(0 if figures["is_right"] else 1)


if __name__ == "__main__":
    main()
