"""Three months of a real shop, traded through the services day by day, and counted again without them.

Skipped, loudly, where the data is not: see ``retail``.
"""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from payme.app.assembly import record
from payme.app.commands.importing.history import HistoryTerms, read_history
from payme.app.commands.importing.tables import read_table
from payme.app.commands.importing.trading import HistoryClock, HistoryTrade, TradeTerms
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database, Tx
from payme.kit.seams import Seams
from tests.journeys.retail import ARCHIVE, NAIROBI, History, SoldLine, read_files, real_data_folder, unpack
from tests.support.shops import Shop, make_shop

SEED = 7


@dataclass(frozen=True)
class Days:
    """The files, and what an independent reader makes of them."""

    files: tuple[Path, ...]
    history: History


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    if not (real_data_folder() / ARCHIVE).is_file():
        reason = f"NOT TESTED: {ARCHIVE} is not in {real_data_folder()}; name its folder with PAYME_REAL_DATA"
        pytest.skip(reason)
    files = unpack(tmp_path_factory.mktemp("online-retail"))
    return Days(files, read_files(files))


@dataclass(frozen=True)
class TradedSale:
    """A sale as the books have it."""

    note: str
    business_day: str
    total: Decimal
    cost: Decimal
    customer: str | None


@dataclass(frozen=True)
class SoldProduct:
    """What was sold of a product."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True)
class Delivered:
    """A batch that came in."""

    sku: str
    quantity: Decimal
    unit_cost: Decimal
    received_at: datetime
    left: Decimal


async def _traded(tx: Tx) -> list[TradedSale]:
    return await tx.rows(
        TradedSale,
        """
        SELECT sale.note, sale.business_day::text, sale.total,
               (SELECT sum(quantity * unit_cost) FROM sale_item_takings AS taking
                 WHERE taking.business_id = $1 AND taking.sale_id = sale.id) AS cost,
               customer.name AS customer
          FROM sales AS sale
          LEFT JOIN customers AS customer ON customer.business_id = $1 AND customer.id = sale.customer_id
         WHERE sale.business_id = $1 AND sale.state = 'completed'
         ORDER BY sale.number
        """,
        tx.business_id,
    )


async def _sold(tx: Tx) -> list[SoldProduct]:
    return await tx.rows(
        SoldProduct,
        """
        SELECT product.sku, sum(item.quantity) AS quantity
          FROM sale_items AS item
          JOIN products AS product ON product.business_id = $1 AND product.id = item.product_id
         WHERE item.business_id = $1
         GROUP BY product.sku
        """,
        tx.business_id,
    )


async def _delivered(tx: Tx) -> list[Delivered]:
    return await tx.rows(
        Delivered,
        """
        SELECT product.sku, batch.quantity_received AS quantity, batch.unit_cost, batch.received_at,
               batch.quantity_available AS left
          FROM stock_batches AS batch
          JOIN products AS product ON product.business_id = $1 AND product.id = batch.product_id
         WHERE batch.business_id = $1
         ORDER BY batch.received_at
        """,
        tx.business_id,
    )


def _cost_by_brute_force(sales: list[list[SoldLine]], delivered: list[Delivered]) -> tuple[list[Decimal], Decimal]:
    """Take every unit off the oldest delivery by hand: the cost of each sale, and the value of what is left."""
    shelf: dict[str, deque[list[Decimal]]] = defaultdict(deque)
    waiting = deque(delivered)
    costs = []
    for sale in sales:
        at = min(line.at for line in sale).replace(tzinfo=NAIROBI)
        while waiting and waiting[0].received_at <= at:
            batch = waiting.popleft()
            shelf[batch.sku].append([batch.quantity, batch.unit_cost])
        cost = Decimal(0)
        for line in sale:
            wanted = Decimal(line.quantity)
            while wanted:
                oldest = shelf[line.code][0]
                part = min(wanted, oldest[0])
                cost += part * oldest[1]
                wanted -= part
                oldest[0] -= part
                if not oldest[0]:
                    shelf[line.code].popleft()
        costs.append(cost)
    left = sum((quantity * cost for batches in shelf.values() for quantity, cost in batches), Decimal(0))
    return costs, left


def _called(customer: str) -> str | None:
    """Name a customer of whom the files know an id alone."""
    return f"Customer {customer}" if customer else None


async def _trades(app_pool: AsyncpgPool, shop: Shop, days: Days) -> tuple[int, int, Counter[str]]:
    """Bring all days in; returns how many sales were imported and known, and how many rows were refused for what."""
    clock = HistoryClock()
    database = Database(app_pool, Seams(clock=clock), record=record, jobs=PgQueuerJobs())
    history = read_history(
        [read_table(file) for file in days.files], {}, HistoryTerms(price_times=Decimal(100)), datetime.now(UTC)
    )
    terms = TradeTerms(add_products=True, deliver=True, seed=SEED)
    tally = await HistoryTrade(database, clock, shop.business_id, terms).trade(history.invoices)
    assert not tally.refused, tally.refused[:5]
    return tally.imported, tally.known, Counter(one.kind for one in history.refused)


@pytest.mark.timeout(600)
async def test_three_months_of_a_real_shop_add_up(database: Database, app_pool: AsyncpgPool, days: Days) -> None:
    shop = await make_shop(database, "Winter")
    expected = days.history.sales()

    imported, known, refused = await _trades(app_pool, shop, days)
    traded = await shop.transact(_traded)
    delivered = await shop.transact(_delivered)

    assert (imported, known) == (len(expected), 0)
    assert refused == {
        "returns, which cannot be imported yet": days.history.refused["return"],
        "with a quantity that is not above 0": days.history.refused["quantity"],
        "with a price of 0": days.history.refused["price"],
    }
    assert [(sale.note, sale.total, sale.customer) for sale in traded] == [
        (f"Imported: {lines[0].invoice}", sum((line.total for line in lines), Decimal(0)), _called(lines[0].customer))
        for lines in expected
    ]
    revenue: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    for line in days.history.lines:
        revenue[f"{line.at:%Y-%m-%d}"] += line.total  # type: ignore[assignment]  # money, not a count
        pieces[line.code] += line.quantity
    by_day: Counter[str] = Counter()
    for sale in traded:
        by_day[sale.business_day] += sale.total  # type: ignore[assignment]
    assert by_day == revenue
    assert {row.sku: row.quantity for row in await shop.transact(_sold)} == pieces
    costs, left = _cost_by_brute_force(expected, delivered)
    assert [sale.cost for sale in traded] == costs
    assert sum(batch.left * batch.unit_cost for batch in delivered) == left
    profit = sum((sale.total - sale.cost for sale in traded), Decimal(0))
    assert profit == sum(revenue.values()) - sum(costs)
    assert await shop.disagreements() == []
    assert await _trades(app_pool, shop, days) == (0, len(expected), refused)
    people = len({sale.customer for sale in traded if sale.customer})
    told = f"{len(traded)} sales of {len(days.history.lines)} lines to {people} customers, {len(delivered)} deliveries"
    print(f"{told}, profit {profit}")  # noqa: T201
