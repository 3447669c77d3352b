"""Do reports grow with history? A shop with a million sales is asked for the same days as one with ten thousand.

    .venv/bin/python bench/reports.py [--json] [--sales 1000000] [--small 10000] [--a-day 333] [--rounds 20]

Both shops sell the same each day, so their last days are alike; one has traded for thirty days, the other for years.
Histories are written by SQL, past the services, oldest first and with ids that rise with time, as a shop writes them.
Each report is asked of both in turns, once while nothing is kept added up (counted) and once after the job ran (kept);
tokens only then, since those that are not kept are all read. The ratio is that of the medians; the aim is 1.5 at the
most. Exit code 1 where kept and counted figures differ, or an invariant of kept days is broken.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from time import perf_counter

import asyncpg
from product import free_port, own_installation
from stage import StagedShop, acting_in, stage, vacuum

from payme.app.assembly import assemble
from payme.app.ground import prepare
from payme.app.settings import Settings
from payme.kit.days import SHOP_TIME, business_day
from payme.kit.db.transaction import Database, Tx
from payme.reconciliation import verify
from payme.reports import jobs, queries
from payme.reports.models import Report

DAYS = 30
INVARIANTS = ("D1", "D2", "D3", "D4")
AT_ONCE = 200_000
"""Sales that one statement writes."""

Ask = Callable[[Tx], Awaitable[Report[object]]]

_FIRST_TOKENS = "UPDATE wallet_transactions SET created_at = '1990-01-01Z' WHERE business_id = $1"
_HISTORY = (
    """
    CREATE TEMP TABLE history AS
    SELECT uuidv7(at - clock_timestamp()) AS id, number, at
      FROM generate_series($3::bigint, $4::bigint) AS number
     CROSS JOIN LATERAL (SELECT $1::timestamptz - (number / $2) * interval '1 day'
                                - (number % $2) * interval '1 minute') AS sold (at)
     ORDER BY number DESC
    """,
    """
    INSERT INTO sales (business_id, id, number, state, total, paid, opened_by, opened_at, completed_at, business_day,
                       created_at, updated_at)
    SELECT $1, id, number + 1, 'completed', 41, 41, $2, at, at, (at AT TIME ZONE 'Africa/Nairobi')::date, at, at
      FROM history
    """,
    """
    INSERT INTO sale_items (business_id, id, sale_id, line, product_id, product_name, unit, quantity, list_price,
                            unit_price, discount, line_total)
    SELECT $1, uuidv7(at - clock_timestamp()), id, line,
           ($2::uuid[])[1 + (number * 2 + line) % cardinality($2::uuid[])], 'Article', 'kg', 1, 20.50, 20.50, 0, 20.50
      FROM history CROSS JOIN generate_series(1, 2) AS line
    """,
    """
    INSERT INTO sale_item_takings (business_id, sale_item_id, batch_id, sale_id, quantity, unit_cost)
    SELECT $1, item.id, batch.id, item.sale_id, 1, 12.25
      FROM history
      JOIN sale_items AS item ON item.business_id = $1 AND item.sale_id = history.id
      JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.product_id = item.product_id
    """,
    """
    INSERT INTO payments (business_id, id, purpose, sale_id, method, state, amount, tendered, change_given, request_id,
                          created_at, updated_at)
    SELECT $1, uuidv7(at - clock_timestamp()), 'sale', id, 'cash', 'succeeded', 41, 50, 9, 'bench', at, at FROM history
    """,
    """
    INSERT INTO wallet_transactions (business_id, id, type, change_tokens, balance_after, sale_id, created_at)
    SELECT $1, uuidv7(at - clock_timestamp()), step.type, step.change, 1, history.id, history.at
      FROM history CROSS JOIN (VALUES ('reserve', -1), ('charge', 0)) AS step (type, change)
     ORDER BY history.number DESC
    """,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """How long one report took in both shops (milliseconds, medians), and their ratio."""

    report: str
    days: str
    small_ms: float
    large_ms: float
    ratio: float


async def write_history(connection: asyncpg.Connection, shop: StagedShop, sales: int, a_day: int) -> None:
    """Let a shop have sold so much, the same each day, until some minutes ago."""
    last = datetime.combine(business_day(datetime.now(UTC)) - timedelta(1), time(23), SHOP_TIME)
    await connection.execute("SET session_replication_role = replica")  # foreign keys hold by the way this is written
    await connection.execute(_FIRST_TOKENS, shop.business_id)
    for start in range(((sales - 1) // AT_ONCE) * AT_ONCE, -1, -AT_ONCE):
        first, *others = _HISTORY
        await connection.execute(first, last, a_day, start, min(start + AT_ONCE, sales) - 1)
        for statement in others:
            given = [shop.business_id]
            given += [shop.owner.user_id] if "$2, at" in statement else []
            given += [list(shop.product_ids)] if "$2::uuid[]" in statement else []
            await connection.execute(statement, *given)
        await connection.execute("DROP TABLE history")


def reports(to_day: date) -> dict[str, Ask]:
    """Return every report, for the days that both shops have whole."""
    days = (to_day - timedelta(DAYS - 1), to_day)
    return {
        "sales by day": lambda tx: queries.sales_by_day(tx, *days),
        "sales by product": lambda tx: queries.sales_by_product(tx, *days),
        "sales by cashier": lambda tx: queries.sales_by_cashier(tx, *days),
        "stock value": queries.stock_value,
        "tokens": lambda tx: queries.tokens_by_day(tx, *days),
    }


async def ask_both(
    database: Database, shops: Sequence[StagedShop], asked: dict[str, Ask], rounds: int, days: str
) -> list[Asked]:
    """Ask every report of both shops in turns; the first answers, which plan, are not counted."""
    found = []
    for name, ask in asked.items():
        taken: tuple[list[float], list[float]] = ([], [])
        for number in range(rounds + 6):
            for shop, times in zip(shops, taken, strict=True):
                began = perf_counter()
                await database.transact(acting_in(shop), ask)
                if number >= 6:  # noqa: PLR2004  PostgreSQL settles on a plan after five
                    times.append((perf_counter() - began) * 1000)
        small, large = (statistics.median(times) for times in taken)
        found.append(Asked(name, days, round(small, 2), round(large, 2), round(large / small, 2)))
    return found


async def figures_of(database: Database, shop: StagedShop, asked: dict[str, Ask]) -> dict[str, str]:
    """Return what each report says, without the ids of products and people."""
    found = {}
    for name, ask in asked.items():
        rows = (await database.transact(acting_in(shop), ask)).figures
        found[name] = str([_plain(row) for row in rows if getattr(row, "day", True)])  # type: ignore[attr-defined]
    return found


def _plain(row: object) -> dict[str, str]:
    hidden = ("_id", "name", "_now")
    told = asdict(row)  # type: ignore[call-overload]
    return {
        key: f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
        for key, value in told.items()
        if not key.endswith(hidden)
    }


async def measure(settings: Settings, app_dsn: str, owner_dsn: str, wanted: argparse.Namespace) -> dict[str, object]:
    """Make both shops, ask, keep, ask again."""
    async with assemble(settings, app_dsn) as assembly:
        database = assembly.database
        shops = await stage(database, 2)
        connection = await asyncpg.connect(owner_dsn)
        began = perf_counter()
        for shop, sales in zip(shops, (wanted.small, wanted.sales), strict=True):
            await write_history(connection, shop, sales, wanted.a_day)
        await connection.close()
        await vacuum(owner_dsn)
        written_s = perf_counter() - began
        asked = reports(business_day(datetime.now(UTC)) - timedelta(1))
        by_day = {name: ask for name, ask in asked.items() if name != "tokens"}
        rows = await ask_both(database, shops, by_day, wanted.rounds, "counted")
        counted = [await figures_of(database, shop, asked) for shop in shops]
        began = perf_counter()
        for shop in shops:
            await jobs.keep_ended_days(database, shop.business_id)
        kept_s = perf_counter() - began
        await vacuum(owner_dsn)
        rows += await ask_both(database, shops, asked, wanted.rounds, "kept")
        kept = [await figures_of(database, shop, asked) for shop in shops]
        checked = await verify(database, business_ids=[shop.business_id for shop in shops], only=INVARIANTS)
    return {
        "sales": [wanted.small, wanted.sales],
        "written_s": round(written_s, 1),
        "kept_s": round(kept_s, 1),
        "reports": [asdict(row) for row in rows],
        "ratio_max": max(row.ratio for row in rows),
        "kept_equal_counted": counted == kept,
        "violations": [violation.detail for violation in checked.violations],
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="Whether reports grow with history.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sales", type=int, default=1_000_000, help="of the shop with a long history")
    parser.add_argument("--small", type=int, default=10_000, help="of the shop with a short one")
    parser.add_argument("--a-day", type=int, default=333)
    parser.add_argument("--rounds", type=int, default=20)
    wanted = parser.parse_args()
    port = str(free_port())
    with own_installation(PAYME_SIMULATOR_PORT=port) as (settings, ground, _), asyncio.Runner() as runner:
        runner.run(prepare(ground))
        figures = runner.run(measure(settings, ground.app_dsn, ground.owner_dsn, wanted))
    if wanted.json:
        print(json.dumps(figures))
    else:
        for row in figures.pop("reports"):  # type: ignore[attr-defined]
            print(f"{row['report']:18} {row['days']:8} {row['small_ms']:9} ms {row['large_ms']:9} ms {row['ratio']:6}")
        for label, value in figures.items():
            print(f"{label.replace('_', ' '):24} {value}")
    sys.exit(0 if figures["kept_equal_counted"] and not figures["violations"] else 1)


if __name__ == "__main__":
    main()
