"""Reads of reports: one statement each, over the days that are kept added up and those that are counted."""

from datetime import date, datetime, time

from payme import credit
from payme.credit import Debtor
from payme.kit.days import SHOP_TIME, business_day
from payme.kit.db.transaction import Tx
from payme.reports import rules
from payme.reports.models import CashierSales, DaySales, Period, ProductSales, ProductStock, Report, TokenDay
from payme.reports.types import DEBTORS_MAX, PRODUCTS_MAX


async def sales_by_day(tx: Tx, from_day: date | None, to_day: date | None) -> Report[list[DaySales]]:
    """Return the days of a period on which something was sold. Raises PeriodBackwards, PeriodTooLong."""
    period = rules.period_of(from_day, to_day, business_day(tx.now))
    found = await tx.rows(
        DaySales,
        """
        SELECT day, sales, revenue, cost, cash, on_account, returns, returned, returned_cost, returned_cash,
               returned_on_account
          FROM day_sales
         WHERE business_id = $1
           AND day BETWEEN $2 AND least($3, (SELECT kept_until FROM report_marks WHERE business_id = $1))
         UNION ALL
        SELECT day, sales, revenue, cost, cash, on_account, returns, returned, returned_cost, returned_cash,
               returned_on_account
          FROM counted_days
         WHERE business_id = $1
           AND day BETWEEN greatest($2, (SELECT kept_until + 1 FROM report_marks WHERE business_id = $1)) AND $3
         ORDER BY day
        """,
        tx.business_id,
        period.from_day,
        period.to_day,
    )
    return Report(await _shop(tx), period, found)


async def sales_by_product(tx: Tx, from_day: date | None, to_day: date | None) -> Report[list[ProductSales]]:
    """Return what was sold of each product, the highest net revenue first. Raises PeriodBackwards, PeriodTooLong."""
    period = rules.period_of(from_day, to_day, business_day(tx.now))
    found = await tx.rows(
        ProductSales,
        """
        WITH sold AS (
            SELECT product_id, sum(quantity) AS quantity, sum(revenue) AS revenue, sum(cost) AS cost,
                   sum(returned_quantity) AS returned_quantity, sum(returned) AS returned,
                   sum(returned_cost) AS returned_cost
              FROM (SELECT product_id, quantity, revenue, cost, returned_quantity, returned, returned_cost
                      FROM day_products
                     WHERE business_id = $1
                       AND day BETWEEN $2 AND least($3, (SELECT kept_until FROM report_marks WHERE business_id = $1))
                     UNION ALL
                    SELECT product_id, quantity, revenue, cost, returned_quantity, returned, returned_cost
                      FROM counted_products
                     WHERE business_id = $1
                       AND day BETWEEN greatest($2, (SELECT kept_until + 1 FROM report_marks WHERE business_id = $1))
                               AND $3) AS day
             GROUP BY product_id)
        SELECT sold.product_id, product.name, product.sku, product.unit, sold.quantity, sold.revenue, sold.cost,
               sold.returned_quantity, sold.returned, sold.returned_cost,
               (count(*) OVER ())::integer AS all_products, sum(sold.revenue - sold.returned) OVER () AS all_net,
               sum(sold.cost - sold.returned_cost) OVER () AS all_net_cost
          FROM sold
          JOIN products AS product ON product.business_id = $1 AND product.id = sold.product_id
         ORDER BY sold.revenue - sold.returned DESC, product.name_key, sold.product_id
         LIMIT $4
        """,
        tx.business_id,
        period.from_day,
        period.to_day,
        PRODUCTS_MAX,
    )
    return Report(await _shop(tx), period, found)


async def sales_by_cashier(tx: Tx, from_day: date | None, to_day: date | None) -> Report[list[CashierSales]]:
    """Return what each person rang up, the highest revenue first. Raises PeriodBackwards, PeriodTooLong."""
    period = rules.period_of(from_day, to_day, business_day(tx.now))
    found = await tx.rows(
        CashierSales,
        """
        SELECT rung.user_id, sum(rung.sales)::integer AS sales, sum(rung.revenue) AS revenue,
               sum(rung.returns)::integer AS returns, sum(rung.returned) AS returned,
               (SELECT member.name FROM members AS member
                 WHERE member.business_id = $1 AND member.user_id = rung.user_id
                 ORDER BY member.removed_at DESC NULLS FIRST, member.id LIMIT 1) AS name
          FROM (SELECT user_id, sales, revenue, returns, returned
                  FROM day_cashiers
                 WHERE business_id = $1
                   AND day BETWEEN $2 AND least($3, (SELECT kept_until FROM report_marks WHERE business_id = $1))
                 UNION ALL
                SELECT user_id, sales, revenue, returns, returned
                  FROM counted_cashiers
                 WHERE business_id = $1
                   AND day BETWEEN greatest($2, (SELECT kept_until + 1 FROM report_marks WHERE business_id = $1))
                           AND $3) AS rung
         GROUP BY rung.user_id
         ORDER BY revenue DESC, rung.user_id
        """,
        tx.business_id,
        period.from_day,
        period.to_day,
    )
    return Report(await _shop(tx), period, found)


async def stock_value(tx: Tx) -> Report[list[ProductStock]]:
    """Return what is on the shelf now, the highest value first."""
    found = await tx.rows(
        ProductStock,
        """
        WITH held AS (
            SELECT product_id, sum(quantity_available) AS quantity,
                   round(sum(quantity_available * unit_cost), 2) AS value
              FROM stock_batches
             WHERE business_id = $1 AND has_goods
             GROUP BY product_id)
        SELECT held.product_id, product.name, product.sku, product.unit, held.quantity, held.value,
               round(held.quantity * product.selling_price, 2) AS selling_value,
               (count(*) OVER ())::integer AS all_products, sum(held.value) OVER () AS all_value,
               sum(round(held.quantity * product.selling_price, 2)) OVER () AS all_selling_value
          FROM held
          JOIN products AS product ON product.business_id = $1 AND product.id = held.product_id
         ORDER BY held.value DESC, product.name_key, held.product_id
         LIMIT $2
        """,
        tx.business_id,
        PRODUCTS_MAX,
    )
    today = business_day(tx.now)
    return Report(await _shop(tx), Period(today, today), found)


async def tokens_by_day(tx: Tx, from_day: date | None, to_day: date | None) -> Report[list[TokenDay]]:
    """Return the tokens of each day that had any, at least one row. Raises PeriodBackwards, PeriodTooLong."""
    period = rules.period_of(from_day, to_day, business_day(tx.now))
    found = await tx.rows(
        TokenDay,
        """
        SELECT wallet.balance_tokens AS balance_now, wallet.owed_tokens AS owed_now,
               (SELECT count(*) FROM sales WHERE business_id = $1 AND state = 'open')::integer AS reserved_now,
               entry.day, coalesce(sum(entry.granted), 0)::integer AS granted,
               coalesce(sum(entry.bought), 0)::integer AS bought, coalesce(sum(entry.reserved), 0)::integer AS reserved,
               coalesce(sum(entry.charged), 0)::integer AS charged,
               coalesce(sum(entry.refunded), 0)::integer AS refunded, coalesce(sum(entry.owed), 0)::integer AS owed
          FROM wallets AS wallet
          LEFT JOIN (SELECT day, granted, bought, reserved, charged, refunded, owed
                       FROM day_tokens
                      WHERE business_id = $1 AND day BETWEEN $2 AND $3
                      UNION ALL
                     SELECT (created_at AT TIME ZONE 'Africa/Nairobi')::date,
                            CASE type WHEN 'grant' THEN change_tokens ELSE 0 END,
                            CASE type WHEN 'purchase' THEN change_tokens ELSE 0 END,
                            CASE type WHEN 'reserve' THEN 1 ELSE 0 END, CASE type WHEN 'charge' THEN 1 ELSE 0 END,
                            CASE type WHEN 'refund' THEN 1 ELSE 0 END, change_owed
                       FROM wallet_transactions
                      WHERE business_id = $1 AND created_at >= $4 AND created_at < $5
                        -- greatest() and not coalesce(): row level security lets an index answer only what it knows to
                        -- leak nothing. Both ends, so that the planner expects few entries and goes by the index.
                        AND sequence BETWEEN greatest((SELECT kept_sequence + 1 FROM report_marks
                                                        WHERE business_id = $1), 0) AND 9223372036854775807
                    ) AS entry ON true
         WHERE wallet.business_id = $1
         GROUP BY wallet.balance_tokens, wallet.owed_tokens, entry.day
         ORDER BY entry.day
        """,
        tx.business_id,
        period.from_day,
        period.to_day,
        datetime.combine(period.from_day, time.min, SHOP_TIME),
        datetime.combine(rules.day_after(period.to_day), time.min, SHOP_TIME),
    )
    return Report(await _shop(tx), period, found)


async def debts(tx: Tx) -> Report[list[Debtor]]:
    """Return who owes now, the most first, and for how long."""
    today = business_day(tx.now)
    return Report(await _shop(tx), Period(today, today), await credit.list_debtors(tx, today, None, DEBTORS_MAX))


async def _shop(tx: Tx) -> str:
    return str(await tx.value("SELECT name FROM businesses WHERE business_id = $1", tx.business_id))


async def find_kept_until(tx: Tx) -> date | None:
    """Return up to which day the business's days are kept added up, None where none is."""
    kept: date | None = await tx.value("SELECT kept_until FROM report_marks WHERE business_id = $1", tx.business_id)
    return kept
