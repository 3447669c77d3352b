"""A month of a shop that sells on credit and takes goods back: to the cent as books kept by hand."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from payme import credit, ledger
from payme.app.assembly import record
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database, Tx
from payme.kit.seams import Seams
from payme.reports.queries import sales_by_day, stock_value
from tests.journeys.brute_books import NOTHING, Entry
from tests.journeys.month import Month, MonthClock
from tests.journeys.retail import ARCHIVE, History, make_up, read_files, real_data_folder, unpack
from tests.support.shops import make_shop

MONTH = "2011-01"
SEED = 4
AGED_AFTER = (0, 12, 45, 75, 120)
BUCKETS_OF_DEBT = ("current", "days_1_30", "days_31_60", "days_61_90", "over_90")
PAGE = 100


@dataclass(frozen=True)
class LedgerEntry:
    """An entry of a customer's ledger, as the books have it."""

    customer_id: UUID
    change_due: Decimal
    due_after: Decimal
    change_credit: Decimal
    credit_after: Decimal


@dataclass(frozen=True)
class AccountNow:
    """What an account says by itself."""

    customer_id: UUID
    balance_due: Decimal
    customer_credit: Decimal


@dataclass(frozen=True)
class DebtNow:
    """A credit sale, as the books have it."""

    sale_id: UUID
    amount: Decimal
    outstanding: Decimal
    written_off: Decimal
    due_on: date


@dataclass(frozen=True)
class SaleNow:
    """A sale, as the books have it."""

    id: UUID
    total: Decimal
    returned: Decimal
    on_account: Decimal
    cost: Decimal
    cost_back: Decimal


@dataclass(frozen=True)
class BatchNow:
    """A delivery of a product, as the books have it."""

    sku: str
    unit_cost: Decimal
    left: Decimal


@dataclass(frozen=True)
class Figures:
    """A day's figures, as the tables have them."""

    day: date
    revenue: Decimal
    cost: Decimal
    returned: Decimal
    cost_back: Decimal
    spoiled: Decimal


async def _entries(tx: Tx) -> list[LedgerEntry]:
    return await tx.rows(
        LedgerEntry,
        """
        SELECT account.customer_id, entry.change_due, entry.due_after, entry.change_credit, entry.credit_after
          FROM credit_ledger AS entry
          JOIN credit_accounts AS account ON account.business_id = $1 AND account.id = entry.account_id
         WHERE entry.business_id = $1
         ORDER BY entry.sequence
        """,
        tx.business_id,
    )


async def _accounts(tx: Tx) -> list[AccountNow]:
    return await tx.rows(
        AccountNow,
        "SELECT customer_id, balance_due, customer_credit FROM credit_accounts WHERE business_id = $1",
        tx.business_id,
    )


async def _debts(tx: Tx) -> list[DebtNow]:
    return await tx.rows(
        DebtNow,
        "SELECT sale_id, amount, outstanding, written_off, due_on FROM credit_sales WHERE business_id = $1",
        tx.business_id,
    )


async def _sales(tx: Tx) -> list[SaleNow]:
    return await tx.rows(
        SaleNow,
        """
        SELECT sale.id, sale.total, sale.returned, sale.on_account,
               (SELECT sum(taking.quantity * taking.unit_cost) FROM sale_item_takings AS taking
                 WHERE taking.business_id = $1 AND taking.sale_id = sale.id) AS cost,
               (SELECT coalesce(sum(movement.quantity * movement.unit_cost), 0)
                  FROM returns AS document
                  JOIN stock_movements AS movement
                    ON movement.business_id = $1 AND movement.source_id = document.id
                   AND movement.kind = 'sale_returned'
                 WHERE document.business_id = $1 AND document.sale_id = sale.id) AS cost_back
          FROM sales AS sale
         WHERE sale.business_id = $1
        """,
        tx.business_id,
    )


async def _batches(tx: Tx) -> list[BatchNow]:
    return await tx.rows(
        BatchNow,
        """
        SELECT product.sku, batch.unit_cost, batch.quantity_available AS left
          FROM stock_batches AS batch
          JOIN products AS product ON product.business_id = $1 AND product.id = batch.product_id
         WHERE batch.business_id = $1
         ORDER BY batch.received_at, product.sku
        """,
        tx.business_id,
    )


async def _figures(tx: Tx) -> list[Figures]:
    """Add up sales by the day they were made, and everything that came back by the day it came."""
    return await tx.rows(
        Figures,
        """
        WITH moved AS (SELECT kind, (created_at AT TIME ZONE 'Africa/Nairobi')::date AS day,
                              sum(quantity * unit_cost) AS value
                         FROM stock_movements WHERE business_id = $1 GROUP BY kind, day),
             sold AS (SELECT business_day AS day, sum(total) AS total FROM sales WHERE business_id = $1 GROUP BY day),
             back AS (SELECT business_day AS day, sum(total) AS total FROM returns WHERE business_id = $1 GROUP BY day)
        SELECT day, coalesce(sold.total, 0) AS revenue, coalesce(back.total, 0) AS returned,
               coalesce((SELECT -value FROM moved WHERE kind = 'sale' AND moved.day = days.day), 0) AS cost,
               coalesce((SELECT value FROM moved WHERE kind = 'sale_returned' AND moved.day = days.day), 0)
               AS cost_back,
               coalesce((SELECT -value FROM moved WHERE kind = 'spoilage' AND moved.day = days.day), 0) AS spoiled
          FROM (SELECT day FROM sold UNION SELECT day FROM back) AS days
          LEFT JOIN sold USING (day)
          LEFT JOIN back USING (day)
        """,
        tx.business_id,
    )


@pytest.fixture(params=["real", "made up"])
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> History:
    if request.param == "made up":
        return make_up(SEED, days=20, sales_a_day=8)
    if not (real_data_folder() / ARCHIVE).is_file():
        reason = f"NOT TESTED: {ARCHIVE} is not in {real_data_folder()}; name its folder with PAYME_REAL_DATA"
        pytest.skip(reason)
    return read_files(unpack(tmp_path_factory.mktemp("online-retail"), month=MONTH))


async def _check_debts(month: Month) -> None:
    """Each account, each entry of it, each debt."""
    books, shop = month.books, month.shop
    ledgers: dict[UUID, list[Entry]] = {month.customers[customer]: [] for customer in books.accounts}
    for entry in await shop.transact(_entries):
        ledgers[entry.customer_id].append((entry.change_due, entry.due_after, entry.change_credit, entry.credit_after))
    assert ledgers == {month.customers[customer]: account.ledger for customer, account in books.accounts.items()}
    assert {one.customer_id: (one.balance_due, one.customer_credit) for one in await shop.transact(_accounts)} == {
        month.customers[customer]: (account.due, account.credit) for customer, account in books.accounts.items()
    }
    assert {
        debt.sale_id: (debt.amount, debt.outstanding, debt.written_off, debt.due_on)
        for debt in await shop.transact(_debts)
    } == {
        month.sale_ids[sale]: (sold.debt, sold.outstanding, sold.written_off, sold.due_on)
        for sale, sold in books.sales.items()
        if sold.debt
    }


async def _check_goods(month: Month) -> None:
    """What each sale cost, what came back at which cost, and what is left of each batch."""
    books, shop = month.books, month.shop
    told = {sale.id: sale for sale in await shop.transact(_sales)}
    for sale, sold in books.sales.items():
        now = told.pop(month.sale_ids[sale])
        assert (now.total, now.returned, now.on_account) == (sold.total, sold.returned, sold.on_account), sale
        assert (now.cost, now.cost_back) == (sold.cost, sold.cost_back), sale
    assert not told
    shelf: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for batch in await shop.transact(_batches):
        shelf.setdefault(batch.sku, []).append((batch.unit_cost, batch.left))
    assert shelf == {
        code: [(batch.cost, batch.left) for batch in batches] for code, batches in books.shelf.items() if batches
    }


async def _check_ageing(month: Month, last: date) -> None:
    """Who owes how much for how long, on the last day and long after it."""
    for later in AGED_AFTER:
        today = last + timedelta(days=later)
        told: dict[UUID, dict[str, Decimal]] = {}
        after: UUID | None = None
        while page := await month.shop.transact(credit.list_debtors, today, after, PAGE):
            if after is None:
                owed = sum((account.due for account in month.books.accounts.values()), NOTHING)
                assert page[0].owed_in_all == owed
            for debtor in page:
                told[debtor.customer_id] = {bucket: getattr(debtor, bucket) for bucket in BUCKETS_OF_DEBT}
            after = page[-1].account_id
        aged = month.books.ageing(today)
        assert told == {
            month.customers[customer]: {bucket: buckets[bucket] for bucket in BUCKETS_OF_DEBT}
            for customer, buckets in aged.items()
        }, today


async def _check_reports(month: Month, first: date, last: date) -> None:
    """What the shop is told of its days, and of what is on the shelf."""
    report = await month.shop.transact(sales_by_day, first, last)
    told = {
        one.day: (one.revenue, one.cost, one.cash, one.on_account, one.mpesa, one.returned, one.returned_cost,
                  one.returned_cash, one.returned_mpesa, one.gross_profit)
        for one in report.figures
    }  # fmt: skip
    assert told == {
        day: (kept.revenue, kept.cost, kept.cash, kept.on_account, 0, kept.returned, kept.cost_back,
              kept.cash_back, 0, kept.gross_profit)
        for day, kept in month.books.days.items()
        if kept.revenue or kept.returned
    }  # fmt: skip
    value = await month.shop.transact(stock_value)
    assert value.figures[0].all_value == month.books.stock_value()


async def _check_ledger(month: Month, first: date, last: date) -> None:
    """What was earned each day, and what there is in the end, in double entry."""
    books, shop = month.books, month.shop
    days = books.days.values()
    for day, kept in books.days.items():
        one = await shop.transact(ledger.profit_and_loss, day, day)
        assert (one.revenue, one.returned, one.cost) == (kept.revenue, kept.returned, kept.cost - kept.cost_back), day
    earned = await shop.transact(ledger.profit_and_loss, first, last)
    assert earned.gross_profit == books.gross_profit()
    trial = await shop.transact(ledger.trial_balance, last)
    stands = {one.account.code: one.closing for one in trial.balances}
    missing = sum((one.expected - one.counted for one in month.closed.values()), NOTHING)
    assert trial.difference == NOTHING
    assert stands["1000"] + stands.get("1020", NOTHING) == sum((kept.drawer for kept in days), NOTHING) - missing
    assert stands["1100"] == sum((account.due for account in books.accounts.values()), NOTHING)
    assert stands["1200"] == books.stock_value()
    assert stands.get("2000", NOTHING) == -sum((account.credit for account in books.accounts.values()), NOTHING)
    assert stands.get("5100", NOTHING) == sum((kept.spoiled for kept in days), NOTHING)
    assert stands.get("6300", NOTHING) == sum((sold.never_paid for sold in books.sales.values()), NOTHING)
    assert stands.get("6400", NOTHING) == missing
    assert stands.get("2050", NOTHING) == NOTHING
    assert (await shop.transact(ledger.balance_sheet, last)).difference == NOTHING


@pytest.mark.timeout(600)
async def test_a_month_on_credit_is_to_the_cent_as_books_kept_by_hand(
    database: Database, app_pool: AsyncpgPool, history: History
) -> None:
    clock = MonthClock()
    dated = Database(app_pool, Seams(clock=clock), record=record, jobs=PgQueuerJobs())
    month = Month(await make_shop(dated, "Month", paybill=False), clock, history, SEED)

    await month.trade()

    await _check_debts(month)
    await _check_ageing(month, max(month.closed))
    await _check_goods(month)
    await _check_reports(month, min(month.closed), max(month.closed))
    await _check_ledger(month, min(month.closed), max(month.closed))
    figures = {one.day: one for one in await month.shop.transact(_figures)}
    for day, kept in month.books.days.items():
        if day not in figures:
            assert not kept.revenue + kept.returned, day
            continue
        now = figures[day]
        assert (now.revenue, now.cost, now.returned) == (kept.revenue, kept.cost, kept.returned), day
        assert (now.cost_back, now.spoiled) == (kept.cost_back, kept.spoiled), day
    assert await month.shop.disagreements() == []
    print(dict(month.counts), f"profit {month.books.gross_profit()}")  # noqa: T201
