"""What the books say of a day, one shop at a time."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx


@dataclass(frozen=True, slots=True)
class ShopFigures:
    """The figures of one shop; money in KES, goods at cost."""

    sales_completed: int
    sales_cancelled: int
    sales_open: int
    revenue: Decimal
    cost: Decimal
    stock_value: Decimal
    tokens_granted: int
    tokens_charged: int
    tokens_refunded: int
    tokens_left: int
    late_money: int
    late_money_amount: Decimal
    customers: int
    credit_sales: int
    credit_given: Decimal
    repayments: int
    repayments_mpesa: int
    repaid: Decimal
    debts: Decimal
    returns: int
    money_returned: Decimal
    drawers_closed: int
    z_reports: int
    drawer_expected: Decimal
    drawer_counted: Decimal


@dataclass(frozen=True, slots=True)
class Tender:
    """What was taken in one way, and not given back."""

    method: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AttemptCount:
    """Attempts to collect by M-Pesa that ended in one way; ``was_expired`` where our deadline passed before."""

    state: str
    result_code: str
    was_expired: bool
    count: int


@dataclass(frozen=True, slots=True)
class BookedSale:
    """A sale as the books have it."""

    id: UUID
    state: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class BookedMoney:
    """A receipt of M-Pesa money and the account reference it was asked under."""

    account_reference: str
    amount: Decimal


async def shop_figures(tx: Tx) -> ShopFigures:
    """Return the figures of the shop."""
    figures = await tx.row(
        ShopFigures,
        """
        WITH sold AS (SELECT count(*) AS sales, coalesce(sum(total), 0) AS total,
                             coalesce(sum(returned), 0) AS returned,
                             count(*) FILTER (WHERE on_account > 0) AS credit_sales,
                             coalesce(sum(on_account), 0) AS on_account
                        FROM sales
                       WHERE business_id = $1 AND completed_at IS NOT NULL AND state <> 'voided'),
             taken AS (SELECT coalesce(sum(taking.quantity * taking.unit_cost), 0) AS cost
                         FROM sale_item_takings AS taking
                         JOIN sales AS sale ON sale.business_id = $1 AND sale.id = taking.sale_id
                        WHERE taking.business_id = $1 AND sale.completed_at IS NOT NULL AND sale.state <> 'voided'),
             back AS (SELECT coalesce(sum(quantity * unit_cost), 0) AS cost
                        FROM stock_movements WHERE business_id = $1 AND kind = 'sale_returned'),
             counted AS (SELECT count(*) AS drawers, coalesce(sum(total.closing), 0) AS expected,
                                coalesce(sum(total.counted), 0) AS counted
                           FROM drawer_totals AS total
                           JOIN drawers AS drawer ON drawer.business_id = $1 AND drawer.id = total.drawer_id
                          WHERE total.business_id = $1 AND total.tender = 'cash' AND drawer.state = 'closed')
        SELECT sold.sales AS sales_completed,
               (SELECT count(*) FROM sales WHERE business_id = $1 AND state = 'cancelled') AS sales_cancelled,
               (SELECT count(*) FROM sales WHERE business_id = $1 AND state = 'open') AS sales_open,
               sold.total - sold.returned AS revenue,
               taken.cost - back.cost AS cost,
               (SELECT coalesce(sum(quantity_available * unit_cost), 0)
                  FROM stock_batches WHERE business_id = $1) AS stock_value,
               (SELECT coalesce(sum(change_tokens), 0)
                  FROM wallet_transactions WHERE business_id = $1 AND type = 'grant') AS tokens_granted,
               (SELECT count(*) FROM wallet_transactions WHERE business_id = $1 AND type = 'charge') AS tokens_charged,
               (SELECT count(*) FROM wallet_transactions WHERE business_id = $1 AND type = 'refund') AS tokens_refunded,
               (SELECT balance_tokens FROM wallets WHERE business_id = $1) AS tokens_left,
               (SELECT count(*) FROM reconciliation_issues
                 WHERE business_id = $1 AND kind = 'late_money') AS late_money,
               (SELECT coalesce(sum(amount), 0)
                  FROM allocations WHERE business_id = $1 AND purpose = 'unallocated') AS late_money_amount,
               (SELECT count(*) FROM customers WHERE business_id = $1) AS customers,
               sold.credit_sales, sold.on_account AS credit_given,
               (SELECT count(*) FROM credit_payments WHERE business_id = $1) AS repayments,
               (SELECT count(*) FROM credit_payments WHERE business_id = $1 AND money_in_id IS NOT NULL)
               AS repayments_mpesa,
               (SELECT coalesce(sum(amount), 0) FROM credit_payments WHERE business_id = $1) AS repaid,
               (SELECT coalesce(sum(balance_due), 0) FROM credit_accounts WHERE business_id = $1) AS debts,
               (SELECT count(*) FROM returns WHERE business_id = $1) AS returns,
               sold.returned AS money_returned,
               counted.drawers AS drawers_closed,
               (SELECT count(*) FROM z_reports WHERE business_id = $1) AS z_reports,
               counted.expected AS drawer_expected,
               counted.counted AS drawer_counted
          FROM sold, taken, back, counted
        """,
        tx.business_id,
    )
    assert figures is not None, "a SELECT of sums has one row"  # noqa: S101
    return figures


async def list_tenders(tx: Tx) -> list[Tender]:
    """Return what completed sales were paid with, without what was given back for returns."""
    return await tx.rows(
        Tender,
        """
        SELECT method, count(*) FILTER (WHERE amount > 0) AS count, sum(amount) AS amount
          FROM (SELECT payment.method, payment.amount
                  FROM payments AS payment
                  JOIN sales AS sale ON sale.business_id = $1 AND sale.id = payment.sale_id
                 WHERE payment.business_id = $1 AND payment.method = 'cash' AND payment.returned_at IS NULL
                   AND sale.completed_at IS NOT NULL AND sale.state <> 'voided'
                UNION ALL
                SELECT 'cash', -amount FROM money_back
                 WHERE business_id = $1 AND way = 'cash' AND return_id IS NOT NULL
                UNION ALL
                SELECT 'account', on_account FROM sales
                 WHERE business_id = $1 AND on_account > 0 AND completed_at IS NOT NULL AND state <> 'voided'
                UNION ALL
                SELECT 'account', -amount FROM money_back
                 WHERE business_id = $1 AND way IN ('debt', 'customer_credit') AND return_id IS NOT NULL
                UNION ALL
                SELECT 'mpesa', allocation.amount
                  FROM allocations AS allocation
                  JOIN sales AS sale ON sale.business_id = $1 AND sale.id = allocation.sale_id
                 WHERE allocation.business_id = $1 AND allocation.purpose = 'sale' AND sale.completed_at IS NOT NULL
                   AND sale.state <> 'voided')
               AS taken
         GROUP BY method
         ORDER BY method
        """,
        tx.business_id,
    )


async def count_attempts(tx: Tx) -> list[AttemptCount]:
    """Return how attempts to collect by M-Pesa ended."""
    return await tx.rows(
        AttemptCount,
        """
        SELECT state, result_code, was_expired, count(*) AS count
          FROM (SELECT payment.state, coalesce(payment.result_code, '') AS result_code,
                       EXISTS (SELECT FROM payment_events AS event
                                WHERE event.business_id = $1 AND event.payment_id = payment.id
                                  AND event.to_state = 'expired') AS was_expired
                  FROM payments AS payment
                 WHERE payment.business_id = $1 AND payment.method = 'mpesa') AS attempt
         GROUP BY state, result_code, was_expired
         ORDER BY state, result_code, was_expired
        """,
        tx.business_id,
    )


async def list_booked_sales(tx: Tx) -> list[BookedSale]:
    """Return every sale of the shop."""
    return await tx.rows(BookedSale, "SELECT id, state, total FROM sales WHERE business_id = $1", tx.business_id)


async def list_booked_money(tx: Tx) -> list[BookedMoney]:
    """Return every receipt of M-Pesa money."""
    return await tx.rows(
        BookedMoney,
        """
        SELECT payment.account_reference, money.amount
          FROM money_in AS money
          JOIN payments AS payment ON payment.business_id = $1 AND payment.money_in_id = money.id
         WHERE money.business_id = $1
        """,
        tx.business_id,
    )


async def list_references(tx: Tx) -> list[str]:
    """Return the account references under which customers were asked."""
    records = await tx.records(
        "SELECT account_reference FROM payments WHERE business_id = $1 AND method = 'mpesa'", tx.business_id
    )
    return [record["account_reference"] for record in records]


async def count_unsettled(tx: Tx) -> int:
    """Return how many payments may still move by themselves."""
    count: int = await tx.value(
        """
        SELECT count(*) FROM payments
         WHERE business_id = $1 AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted')
        """,
        tx.business_id,
    )
    return count


async def count_waiting_callbacks(tx: Tx) -> int:
    """Return how many callbacks of any shop are stored and not applied."""
    count: int = await tx.value("SELECT count(*) FROM callbacks WHERE state = 'received'")
    return count
