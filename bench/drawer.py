"""How long it takes to count and close a drawer, after a quiet day and after a busy one.

    .venv/bin/python bench/drawer.py [--json] [--sales 50000] [--few 500] [--rounds 7]

See README.md in this directory for what the figures mean. Exit code 1 where a report is not what its sales say.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import asyncpg
from product import own_installation
from stage import StagedShop, acting_in, stage

from payme import drawers
from payme.app.assembly import assemble
from payme.app.ground import Ground, prepare
from payme.app.settings import Settings
from payme.drawers import Count
from payme.kit.db.transaction import Database

PRICE = Decimal("150.00")
WARM_UP = 3
AIM = 1.3

# A day's sales as the product writes them, with what a drawer knows of them; what no drawer reads is left out.
_SALES = """
    INSERT INTO sales (business_id, id, number, state, total, paid, opened_at, completed_at, business_day, drawer_id,
                       created_at, updated_at)
    SELECT $1, gen_random_uuid(), $3 + made.number, 'completed', $5, $5, now(), now(), current_date, $2, now(), now()
      FROM generate_series(1, $4) AS made (number)
"""
_PAYMENTS = """
    INSERT INTO payments (business_id, id, purpose, sale_id, method, state, amount, tendered, change_given, request_id,
                          created_at, updated_at)
    SELECT business_id, gen_random_uuid(), 'sale', id, 'cash', 'succeeded', total, total, 0, 'bench', now(), now()
      FROM sales WHERE business_id = $1 AND drawer_id = $2
"""
_MOVEMENTS = """
    INSERT INTO drawer_movements (business_id, id, drawer_id, tender, kind, amount, source_id, after_closing,
                                  business_day, created_at)
    SELECT sale.business_id, gen_random_uuid(), $2, 'cash', 'sale', sale.total, payment.id, false, current_date, now()
      FROM sales AS sale
      JOIN payments AS payment ON payment.business_id = sale.business_id AND payment.sale_id = sale.id
     WHERE sale.business_id = $1 AND sale.drawer_id = $2
"""
_TOTALS = """
    UPDATE drawer_totals SET sold = sold + $3::integer * $4::numeric, takings = takings + $3::integer
     WHERE business_id = $1 AND drawer_id = $2 AND tender = 'cash'
"""


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for."""

    sales: int
    few: int
    rounds: int
    as_json: bool


@dataclass
class Seen:
    """Milliseconds of each closing."""

    many_ms: list[float] = field(default_factory=list)
    few_ms: list[float] = field(default_factory=list)
    wrong: int = 0

    @property
    def ratio(self) -> float:
        """The median after a busy day to that after a quiet one."""
        return statistics.median(self.many_ms) / statistics.median(self.few_ms)


class Till:
    """One shop, whose drawers are filled by SQL and closed by the product."""

    def __init__(self, database: Database, shop: StagedShop, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Begin with the first receipt number."""
        self._database, self._shop, self._owner = database, shop, owner
        self._number = 0

    async def day_of(self, sales: int) -> tuple[float, bool]:
        """Open a drawer, sell so often, and close it: how long the closing took (ms), and whether it is right."""
        scope = acting_in(self._shop)
        opened = await self._database.transact(scope, drawers.open_drawer, "Till 1", Decimal(0))
        await self._sell(opened.drawer.id, sales)
        found = Count(((Decimal(50), sales * 3),), Decimal(0))
        started = time.perf_counter()
        closed = await self._database.transact(scope, drawers.count_drawer, opened.drawer.id, found)
        took_ms = (time.perf_counter() - started) * 1000
        cash = closed.totals[0]
        return took_ms, closed.drawer.z_number is not None and (cash.sold, cash.takings) == (PRICE * sales, sales)

    async def _sell(self, drawer_id: UUID, sales: int) -> None:
        business_id = self._shop.business_id
        await self._owner.execute(_SALES, business_id, drawer_id, self._number, sales, PRICE)
        await self._owner.execute(_PAYMENTS, business_id, drawer_id)
        await self._owner.execute(_MOVEMENTS, business_id, drawer_id)
        await self._owner.execute(_TOTALS, business_id, drawer_id, sales, PRICE)
        self._number += sales
        for table in ("sales", "payments", "drawer_movements", "drawer_totals", "drawers"):
            await self._owner.execute(f"VACUUM (ANALYZE) {table}")


async def measure(ground: Ground, settings: Settings, wanted: Wanted) -> Seen:
    """Close a quiet and a busy drawer in turns, each of its own day."""
    seen = Seen()
    await prepare(ground)
    async with assemble(settings, ground.app_dsn) as assembly:
        owner = await asyncpg.connect(ground.owner_dsn)
        (shop,) = await stage(assembly.database, 1)
        till = Till(assembly.database, shop, owner)
        for _ in range(WARM_UP):
            await till.day_of(wanted.few)
        for _ in range(wanted.rounds):
            for sales, times in ((wanted.few, seen.few_ms), (wanted.sales, seen.many_ms)):
                took_ms, right = await till.day_of(sales)
                times.append(took_ms)
                seen.wrong += not right
        await owner.close()
    return seen


def tell(seen: Seen, wanted: Wanted) -> None:
    """Print what was seen."""
    figures = {
        "sales": wanted.sales,
        "few": wanted.few,
        "many_ms": [
            round(min(seen.many_ms), 2),
            round(statistics.median(seen.many_ms), 2),
            round(max(seen.many_ms), 2),
        ],
        "few_ms": [round(min(seen.few_ms), 2), round(statistics.median(seen.few_ms), 2), round(max(seen.few_ms), 2)],
        "ratio": round(seen.ratio, 3),
        "aim": AIM,
        "wrong": seen.wrong,
    }
    if wanted.as_json:
        print(json.dumps(figures))
        return
    print(f"closing after {wanted.few} sales: {figures['few_ms']} ms (min, median, max)")
    print(f"closing after {wanted.sales} sales: {figures['many_ms']} ms")
    print(f"ratio {figures['ratio']} (aim {AIM}), {seen.wrong} reports wrong")


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sales", type=int, default=50_000)
    parser.add_argument("--few", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    told = parser.parse_args()
    wanted = Wanted(told.sales, told.few, told.rounds, told.json)
    with own_installation() as (settings, ground, _), asyncio.Runner() as runner:
        seen = runner.run(measure(ground, settings, wanted))
    tell(seen, wanted)
    return int(seen.wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
