"""The SQL that the ledger writes: what is kept of ended days."""

from datetime import date

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.ledger import rules
from payme.ledger.models import Mark


async def claim_mark(tx: Tx, kept_until: date) -> Mark:
    """Return how far the business is kept, ours until the transaction ends; a new mark stands at ``kept_until``."""
    (mark,) = await tx.claim(
        Mark,
        LockRank.LEDGER_MARK,
        """
        INSERT INTO ledger_marks (business_id, kept_until, beyond, updated_at)
        VALUES ($1, $2, 0, $3)
        ON CONFLICT (business_id) DO UPDATE SET updated_at = excluded.updated_at
        RETURNING kept_until
        """,
        tx.business_id,
        kept_until,
        tx.now,
    )
    return mark


def keep_days(tx: Tx, from_day: date, to_day: date) -> None:
    """Add days up, both included, of which nothing is kept yet; the mark still stands before them."""
    tx.write(
        """
        INSERT INTO ledger_days (business_id, day, fact, amount, beyond)
        SELECT $1, day, fact, sum(amount), sum(beyond)
          FROM (SELECT day, fact, amount, beyond
                  FROM ledger_facts
                 WHERE business_id = $1 AND day BETWEEN $2 AND $3 AND at >= $4 AND at < $5
                 UNION ALL
                SELECT day, 'goods_rounding', amount, 0
                  FROM ledger_roundings($1, $2, $3)) AS said
         GROUP BY day, fact
        HAVING sum(amount) <> 0 OR sum(beyond) <> 0
        """,
        tx.business_id,
        from_day,
        to_day,
        rules.begins(from_day),
        rules.ends(to_day),
    )


def forget_days(tx: Tx, from_day: date) -> None:
    """Forget what is kept of a day and of all after it."""
    tx.write("DELETE FROM ledger_days WHERE business_id = $1 AND day >= $2", tx.business_id, from_day)


def update_mark(tx: Tx, kept_until: date) -> None:
    """Write how far the business is kept, and what its kept days are beyond cents."""
    tx.write(
        """
        UPDATE ledger_marks
           SET kept_until = $2, updated_at = $3,
               beyond = (SELECT coalesce(sum(beyond), 0) FROM ledger_days WHERE business_id = $1)
         WHERE business_id = $1
        """,
        tx.business_id,
        kept_until,
        tx.now,
    )
