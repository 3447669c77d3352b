"""The SQL that reports write: what is kept of ended days."""

from datetime import date

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.reports.models import Mark
from payme.reports.types import ENTRIES_AT_ONCE


async def claim_mark(tx: Tx, until: date) -> Mark:
    """Return how far the business is kept, ours until the transaction ends; a new mark begins before its first sale.

    Of a business that never sold anything all days until ``until`` are as good as kept.
    """
    (mark,) = await tx.claim(
        Mark,
        LockRank.REPORT_MARK,
        """
        INSERT INTO report_marks (business_id, kept_until, kept_sequence, updated_at)
        SELECT $1, coalesce(min(completed_on) - 1, $2), 0, $3
          FROM sales
         WHERE business_id = $1 AND completed_on <= $2
        ON CONFLICT (business_id) DO UPDATE SET updated_at = excluded.updated_at
        RETURNING kept_until, kept_sequence, updated_at
        """,
        tx.business_id,
        until,
        tx.now,
    )
    return mark


async def next_day(tx: Tx, after: date) -> date | None:
    """Return the first day after one on which something was sold or came back."""
    found: date | None = await tx.value(
        """
        SELECT least((SELECT min(completed_on) FROM sales WHERE business_id = $1 AND completed_on > $2),
                     (SELECT min(business_day) FROM returns WHERE business_id = $1 AND business_day > $2))
        """,
        tx.business_id,
        after,
    )
    return found


def forget_days(tx: Tx, from_day: date) -> None:
    """Forget what is kept of a day and of all after it."""
    tx.write("DELETE FROM day_sales WHERE business_id = $1 AND day >= $2", tx.business_id, from_day)
    tx.write("DELETE FROM day_products WHERE business_id = $1 AND day >= $2", tx.business_id, from_day)
    tx.write("DELETE FROM day_cashiers WHERE business_id = $1 AND day >= $2", tx.business_id, from_day)


def keep_days(tx: Tx, from_day: date, to_day: date) -> None:
    """Add days up, both included, of which nothing is kept yet."""
    tx.write(
        """
        INSERT INTO day_sales (business_id, day, sales, revenue, cost, cash, on_account, returns, returned,
                               returned_cost, returned_cash, returned_on_account)
        SELECT $1, day, sales, revenue, cost, cash, on_account, returns, returned, returned_cost, returned_cash,
               returned_on_account
          FROM counted_days
         WHERE business_id = $1 AND day BETWEEN $2 AND $3
        """,
        tx.business_id,
        from_day,
        to_day,
    )
    tx.write(
        """
        INSERT INTO day_products (business_id, day, product_id, quantity, revenue, cost, returned_quantity, returned,
                                  returned_cost)
        SELECT $1, day, product_id, quantity, revenue, cost, returned_quantity, returned, returned_cost
          FROM counted_products
         WHERE business_id = $1 AND day BETWEEN $2 AND $3
        """,
        tx.business_id,
        from_day,
        to_day,
    )
    tx.write(
        """
        INSERT INTO day_cashiers (business_id, day, user_id, sales, revenue, returns, returned)
        SELECT $1, day, user_id, sales, revenue, returns, returned
          FROM counted_cashiers
         WHERE business_id = $1 AND day BETWEEN $2 AND $3
        """,
        tx.business_id,
        from_day,
        to_day,
    )


async def next_sequence(tx: Tx, after: int, until: date) -> int:
    """Return the last of the next entries of the wallet that are all of days up to ``until``, ``after`` where none is.

    The wallet's row orders its entries, so no entry appears among those before.
    """
    last: int | None = await tx.value(
        """
        SELECT max(sequence)
          FROM (SELECT sequence, bool_and((created_at AT TIME ZONE 'Africa/Nairobi')::date <= $3)
                                 OVER (ORDER BY sequence) AS ended
                  FROM (SELECT sequence, created_at
                          FROM wallet_transactions
                         WHERE business_id = $1 AND sequence > $2
                         ORDER BY sequence
                         LIMIT $4) AS coming) AS entry
         WHERE ended
        """,
        tx.business_id,
        after,
        until,
        ENTRIES_AT_ONCE,
    )
    return after if last is None else last


def keep_tokens(tx: Tx, after: int, to: int) -> None:
    """Add entries of the wallet to their days."""
    tx.write(
        """
        INSERT INTO day_tokens (business_id, day, granted, bought, reserved, charged, refunded, owed)
        SELECT $1, (created_at AT TIME ZONE 'Africa/Nairobi')::date,
               coalesce(sum(change_tokens) FILTER (WHERE type = 'grant'), 0),
               coalesce(sum(change_tokens) FILTER (WHERE type = 'purchase'), 0),
               count(*) FILTER (WHERE type = 'reserve'), count(*) FILTER (WHERE type = 'charge'),
               count(*) FILTER (WHERE type = 'refund'), sum(change_owed)
          FROM wallet_transactions
         WHERE business_id = $1 AND sequence > $2 AND sequence <= $3
         GROUP BY (created_at AT TIME ZONE 'Africa/Nairobi')::date
        ON CONFLICT (business_id, day) DO UPDATE
           SET granted = day_tokens.granted + excluded.granted, bought = day_tokens.bought + excluded.bought,
               reserved = day_tokens.reserved + excluded.reserved, charged = day_tokens.charged + excluded.charged,
               refunded = day_tokens.refunded + excluded.refunded, owed = day_tokens.owed + excluded.owed
        """,
        tx.business_id,
        after,
        to,
    )


def update_mark(tx: Tx, mark: Mark) -> None:
    """Write how far the business is kept."""
    tx.write(
        "UPDATE report_marks SET kept_until = $2, kept_sequence = $3, updated_at = $4 WHERE business_id = $1",
        tx.business_id,
        mark.kept_until,
        mark.kept_sequence,
        tx.now,
    )
