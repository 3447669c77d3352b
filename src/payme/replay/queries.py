"""Reads for a replay: the entries in the order in which they are sealed, and what the tables hold, a page at a time.

Pages of a table are by id: ``after`` is the last one of the page before, and a page has so many rows of the table, each
with all its parts.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.replay.models import Held, Standing, Told

FIRST: Final = UUID(int=0)
HeldQuery = Callable[[Tx, UUID, int], Awaitable[list[Held]]]


async def list_told(tx: Tx, actions: Sequence[str], after: tuple[int, int], limit: int) -> list[Told]:
    """Return entries of some actions."""
    return await tx.rows(
        Told,
        """
        SELECT sequence, transaction_id::text::bigint AS transaction_id, action, subject_id, facts
          FROM audit_entries
         WHERE business_id = $1 AND action = ANY($2::text[])
           AND (transaction_id, sequence) > ($3::text::xid8, $4::bigint)
         ORDER BY transaction_id, sequence
         LIMIT $5
        """,
        tx.business_id,
        list(actions),
        str(after[0]),
        after[1],
        limit,
    )


async def count_entries(tx: Tx) -> int:
    """Count the entries of the business."""
    return int(await tx.value("SELECT count(*) FROM audit_entries WHERE business_id = $1", tx.business_id))


async def list_standing(tx: Tx, seen_until: datetime, limit: int) -> list[Standing]:
    """Return issues of the audit that nobody has closed, and nobody saw after an instant, oldest first."""
    return await tx.rows(
        Standing,
        """
        SELECT kind, subject_id, (facts ->> 'seal')::bigint AS seal
          FROM reconciliation_issues
         WHERE business_id = $1 AND starts_with(kind, 'audit_') AND state IN ('open', 'acknowledged')
           AND last_seen_at <= $2
         ORDER BY created_at, id
         LIMIT $3
        """,
        tx.business_id,
        seen_until,
        limit,
    )


async def wallets(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return the tokens that are left and owed."""
    return await tx.rows(
        Held,
        """
        SELECT $2::uuid AS subject_id, part.name AS part, part.figure, NULL AS state
          FROM wallets AS wallet
         CROSS JOIN LATERAL (VALUES ('tokens', balance_tokens::numeric), ('owed', owed_tokens::numeric))
                         AS part (name, figure)
         WHERE business_id = $1 AND $2 = '00000000-0000-0000-0000-000000000000'
         LIMIT $3
        """,
        tx.business_id,
        after,
        limit,
    )


async def token_purchases(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return what was ordered, and what came of it."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, part.name AS part, part.figure, NULL AS state
          FROM (SELECT * FROM token_purchases WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS purchase
         CROSS JOIN LATERAL (VALUES ('ordered', tokens::numeric), ('price', price),
                                    ('credited', coalesce(credited_tokens, 0)::numeric),
                                    ('settled', coalesce(settled_tokens, 0)::numeric)) AS part (name, figure)
         ORDER BY id
        """,
        tx.business_id,
        after,
        limit,
    )


async def stock_batches(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return the goods that are left of each delivery."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, 'goods' AS part, quantity_available AS figure, NULL AS state
          FROM stock_batches
         WHERE business_id = $1 AND id > $2
         ORDER BY id
         LIMIT $3
        """,
        tx.business_id,
        after,
        limit,
    )


async def sales(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return where sales are and what they came to."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, part.name AS part, part.figure, part.state
          FROM (SELECT * FROM sales WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS sale
         CROSS JOIN LATERAL (VALUES ('state', NULL, sale.state), ('total', total, NULL), ('paid', paid, NULL),
                                    ('on account', on_account, NULL), ('returned', returned, NULL))
                         AS part (name, figure, state)
         ORDER BY id
        """,
        tx.business_id,
        after,
        limit,
    )


async def money_of_sales(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return what of sales is paid."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, 'paid' AS part, paid AS figure, NULL AS state
          FROM sales
         WHERE business_id = $1 AND id > $2
         ORDER BY id
         LIMIT $3
        """,
        tx.business_id,
        after,
        limit,
    )


async def payments(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return how much each payment is, and how far it came."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, part.name AS part, part.figure, part.state
          FROM (SELECT * FROM payments WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS payment
         CROSS JOIN LATERAL (VALUES ('state', NULL, payment.state), ('amount', amount, NULL))
                         AS part (name, figure, state)
         ORDER BY id
        """,
        tx.business_id,
        after,
        limit,
    )


async def cash_given_back(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return the cash that sales gave back."""
    return await tx.rows(
        Held,
        """
        SELECT sale_id AS subject_id, 'cash given back' AS part, sum(amount) AS figure, NULL AS state
          FROM payments
         WHERE business_id = $1 AND sale_id > $2 AND returned_at IS NOT NULL
         GROUP BY sale_id
         ORDER BY sale_id
         LIMIT $3
        """,
        tx.business_id,
        after,
        limit,
    )


async def money_in(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return receipts of money and what each is for; all of it is for something."""
    return await tx.rows(
        Held,
        """
        WITH receipt AS (SELECT id, amount FROM money_in WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3)
        SELECT id AS subject_id, part.name AS part, amount AS figure, NULL AS state
          FROM receipt
         CROSS JOIN (VALUES ('amount'), ('for anything')) AS part (name)
         UNION ALL
        SELECT receipt.id, 'for ' || given.purpose, sum(given.amount), NULL
          FROM receipt
          JOIN allocations AS given ON given.business_id = $1 AND given.money_in_id = receipt.id
         GROUP BY receipt.id, given.purpose
         ORDER BY subject_id
        """,
        tx.business_id,
        after,
        limit,
    )


async def refunds(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return how much each refund is, and how far it came."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, part.name AS part, part.figure, part.state
          FROM (SELECT * FROM refunds WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS refund
         CROSS JOIN LATERAL (VALUES ('state', NULL, refund.state), ('amount', amount, NULL))
                         AS part (name, figure, state)
         ORDER BY id
        """,
        tx.business_id,
        after,
        limit,
    )


async def returns(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return what goods that came back were worth, and which way the money went."""
    return await tx.rows(
        Held,
        """
        WITH document AS (SELECT id, total FROM returns WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3)
        SELECT id AS subject_id, 'amount' AS part, total AS figure, NULL AS state
          FROM document
         UNION ALL
        SELECT document.id, 'back by ' || way, sum(amount), NULL
          FROM document
          JOIN money_back AS back ON back.business_id = $1 AND back.return_id = document.id
         GROUP BY document.id, way
         ORDER BY subject_id
        """,
        tx.business_id,
        after,
        limit,
    )


async def voids(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return voids, how far they came, and which way the money went."""
    return await tx.rows(
        Held,
        """
        WITH document AS (SELECT id, total, state FROM voids WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3)
        SELECT id AS subject_id, 'amount' AS part, total AS figure, NULL AS state
          FROM document
         UNION ALL
        SELECT id, 'state', NULL, state
          FROM document
         UNION ALL
        SELECT document.id, 'back by ' || way, sum(amount), NULL
          FROM document
          JOIN money_back AS back ON back.business_id = $1 AND back.void_id = document.id
         GROUP BY document.id, way
         ORDER BY subject_id
        """,
        tx.business_id,
        after,
        limit,
    )


async def credit_accounts(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return what customers owe and are owed."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, part.name AS part, part.figure, NULL AS state
          FROM (SELECT * FROM credit_accounts WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS account
         CROSS JOIN LATERAL (VALUES ('due', balance_due), ('customer credit', customer_credit)) AS part (name, figure)
         ORDER BY id
        """,
        tx.business_id,
        after,
        limit,
    )


async def write_offs(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return what of debts is given up, and how far that came."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, part.name AS part, part.figure, part.state
          FROM (SELECT * FROM credit_write_offs WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS given_up
         CROSS JOIN LATERAL (VALUES ('state', NULL, given_up.state), ('amount', amount, NULL))
                         AS part (name, figure, state)
         ORDER BY id
        """,
        tx.business_id,
        after,
        limit,
    )


async def drawers(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return what drawers counted, by tender and reason."""
    return await tx.rows(
        Held,
        """
        SELECT drawer_id AS subject_id, tender || ' ' || part.name AS part, part.figure, NULL AS state
          FROM drawer_totals AS total
         CROSS JOIN LATERAL (VALUES ('float', opening_float), ('sale', sold), ('repayment', repaid),
                                    ('cash_in', cash_in), ('cash_out', cash_out), ('cancelled', cancelled),
                                    ('returned', returned), ('refunded', refunded)) AS part (name, figure)
         WHERE business_id = $1
           AND drawer_id IN (SELECT id FROM drawers WHERE business_id = $1 AND id > $2 ORDER BY id LIMIT $3)
         ORDER BY drawer_id
        """,
        tx.business_id,
        after,
        limit,
    )


async def expenses(tx: Tx, after: UUID, limit: int) -> list[Held]:
    """Return how much each expense is that was not paid from a drawer; of one that was reversed nothing."""
    return await tx.rows(
        Held,
        """
        SELECT id AS subject_id, 'amount' AS part, CASE WHEN reversed_at IS NULL THEN amount ELSE 0 END AS figure,
               NULL AS state
          FROM expenses
         WHERE business_id = $1 AND id > $2
         ORDER BY id
         LIMIT $3
        """,
        tx.business_id,
        after,
        limit,
    )


HELD: Final[dict[str, tuple[HeldQuery, ...]]] = {
    "wallet": (wallets,),
    "token purchases": (token_purchases,),
    "stock": (stock_batches,),
    "sales": (sales,),
    "money of sales": (money_of_sales,),
    "payments": (payments, cash_given_back),
    "money": (money_in, expenses),
    "refunds": (refunds,),
    "returns": (returns, voids),
    "credit": (credit_accounts, write_offs),
    "drawers": (drawers,),
}
"""Where each book of the rules stands in the tables."""
