"""What does it cost to ask the books? A shop with a long history is asked everything, and what changed.

    .venv/bin/python bench/verify.py [--json] [--sales 1000000] [--a-day 333] [--changes 100] [--rounds 3]

The history agrees with itself (see history.py): whatever an invariant finds is a fault, of it or of PayMe. Its ended
days are kept added up, as the worker does every hour. Each invariant is asked of everything right after its tables were
read from end to end, those of a view that it names among them: both find them in memory, on a machine that is as fast
for the one as for the other. What all take is compared with all those readings (``full_to_scans``), which is the best
that queries that share nothing can come to, in several rounds. Aim: at most 5 times. Then everything is asked as the
night does (``run_s``), sales are made through the services and edits by hand, and the runs that follow are timed, and
one where nothing changed; aim: a second. Exit code 1 where an invariant finds what is not there, or an edit is not
found.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
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
from payme.reconciliation.queries import ask, plan_for_any_size
from payme.reports.jobs import keep_ended_days as keep_reports
from payme.sales import DraftLine, SaleDraft, open_sale

_ANYWHERE = Scope.system("bench")


@dataclass(frozen=True, slots=True)
class Compared:
    """How long one invariant takes, asked of everything, and how long reading its tables does."""

    invariant: str
    seconds: float
    scan_s: float
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


async def scan(tx: Tx, tables: Collection[str]) -> float:
    """Read tables from end to end, once to have them in memory, and again; returns how long they took again."""
    await _let_indexes_be_read(tx, "off")
    took = 0.0
    for table in sorted(tables):
        statement = f"SELECT count(*) FROM {table} WHERE business_id = $1"  # noqa: S608
        await tx.records(statement, tx.business_id)
        began = perf_counter()
        await tx.records(statement, tx.business_id)
        took += perf_counter() - began
    await _let_indexes_be_read(tx, "on")
    return took


async def _let_indexes_be_read(tx: Tx, setting: str) -> None:
    for plan in ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan"):
        await tx.records("SELECT set_config($1, $2, true)", plan, setting)


async def ask_beside_scans(tx: Tx) -> list[Compared]:
    """Read the tables of each invariant, and ask it of everything; the slowest first."""
    tables = await list_tables(tx)
    await plan_for_any_size(tx)
    told = []
    for invariant in OF_A_BUSINESS:
        scan_s = await scan(tx, frozenset().union(*(tables[name] for name in invariant.tables if name in tables)))
        began = perf_counter()
        found = await ask(tx, invariant)
        told.append(Compared(invariant.id, round(perf_counter() - began, 3), round(scan_s, 4), len(found)))
    return sorted(told, key=lambda one: one.seconds, reverse=True)


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


def compared(rounds: Sequence[list[Compared]]) -> dict[str, object]:
    """Add the invariants of each round up, and set what they took beside their scans."""
    full = [sum(row.seconds for row in rows) for rows in rounds]
    scans = [sum(row.scan_s for row in rows) for rows in rounds]
    ratios = [round(took / scan_s, 2) for took, scan_s in zip(full, scans, strict=True)]
    return {
        "full_s": [round(took, 2) for took in full],
        "scans_s": [round(scan_s, 2) for scan_s in scans],
        "full_to_scans": ratios,
        "full_to_scans_min": min(ratios),
        "full_to_scans_median": round(median(ratios), 2),
        "full_to_scans_max": max(ratios),
    }


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
        rounds = []
        for number in range(wanted.rounds):
            rounds.append(await database.snapshot(acting_in(shop), ask_beside_scans))
            say(f"everything was read and asked, {number + 1} of {wanted.rounds}")
        _, full = await look(database, shop)
        assert full is not None  # noqa: S101
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
    found = full.found + sum(row.found for rows in rounds for row in rows)
    return {
        "sales": wanted.sales,
        "megabytes": megabytes,
        "written_s": round(written_s, 1),
        "kept_s": round(kept_s, 1),
        **compared(rounds),
        "run_s": round(full.seconds, 2),
        "idle_s": round(idle_s, 3),
        "first_changes_s": round(first_s, 3),
        "changes_s": round(changes_s, 3),
        "changed_rows": changes and changes.changed_rows,
        "edit_s": round(edit_s, 3),
        "ledger_edit_s": round(ledger_s, 3),
        "found_of_history": found,
        "found_of_sales": sum(run.found for run in (first, changes) if run is not None),
        "found_of_edits": [run.found if run is not None else None for run in (edited, ledger)],
        "is_right": found == 0
        and idle is None
        and [run is not None and run.found > 0 for run in runs] == [False, False, True, True],
        "invariants": [asdict(row) for row in rounds[-1]],
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="What asking the books costs.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sales", type=int, default=1_000_000)
    parser.add_argument("--a-day", type=int, default=333)
    parser.add_argument("--changes", type=int, default=100, help="sales between two runs")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is read and asked")
    wanted = parser.parse_args()
    with own_installation(PAYME_SIMULATOR_PORT=str(free_port())) as (settings, ground, _), asyncio.Runner() as runner:
        runner.run(prepare(ground))
        figures = runner.run(measure(settings, ground.app_dsn, ground.owner_dsn, wanted))
    if wanted.json:
        print(json.dumps(figures))
    else:
        for row in figures.pop("invariants"):  # type: ignore[attr-defined]
            print(f"{row['invariant']:5} {row['seconds']:8.3f} s {row['scan_s']:8.3f} s", row["found"] or "")
        for label, value in figures.items():
            print(f"{label.replace('_', ' '):24} {value}")
    sys.exit(0 if figures["is_right"] else 1)


if __name__ == "__main__":
    main()
