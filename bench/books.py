"""What the books say after a measurement: a fast wrong sale counts as zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from stage import StagedShop

from payme import reconciliation
from payme.kit.db.transaction import Database, Scope

CHECKED_SHOPS = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many sales are wrong, and in which way."""

    lost: int
    """Answered with 201, and not in the books as completed, or not under their key."""
    oversold: int
    """Batches from which more was sold than was received, or whose rest is not received minus sold."""
    duplicated: int
    """Sales beyond one for each key."""
    violations: int
    """Rows that break an invariant, in a sample of the shops."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.oversold or self.duplicated or self.violations)


async def judge(
    owner_dsn: str, database: Database, shops: Sequence[StagedShop], sold: Sequence[tuple[str, str, str]], doubled: int
) -> Verdict:
    """Compare what the tills were told with what is in the books of their shops."""
    businesses = [shop.business_id for shop in shops]
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute("CREATE TEMP TABLE told (business_id uuid, key text, sale_id uuid)")
        told = [(UUID(business), key, UUID(sale)) for business, key, sale in sold]
        await connection.copy_records_to_table("told", records=told)
        lost: int = await connection.fetchval(
            """
            SELECT count(*) FROM told
             WHERE NOT EXISTS (SELECT FROM sales JOIN idempotency_records AS kept USING (business_id)
                                WHERE sales.business_id = told.business_id AND sales.id = told.sale_id
                                  AND sales.state = 'completed' AND kept.key = told.key
                                  AND kept.body::jsonb ->> 'id' = told.sale_id::text)
            """
        )
        oversold: int = await connection.fetchval(
            """
            SELECT count(*)
              FROM stock_batches AS batch
              LEFT JOIN (SELECT business_id, batch_id, sum(quantity) AS quantity
                           FROM sale_item_takings GROUP BY 1, 2) AS taken
                ON taken.business_id = batch.business_id AND taken.batch_id = batch.id
             WHERE batch.business_id = ANY($1)
               AND (batch.quantity_available < 0
                    OR batch.quantity_received - coalesce(taken.quantity, 0) <> batch.quantity_available)
            """,
            businesses,
        )
        beyond: int = await connection.fetchval(
            """
            SELECT (SELECT count(*) FROM sales WHERE business_id = ANY($1))
                 - (SELECT count(DISTINCT (business_id, body::jsonb ->> 'id'))
                      FROM idempotency_records WHERE business_id = ANY($1))
            """,
            businesses,
        )
    finally:
        await connection.close()
    violations = 0
    for shop in shops[:CHECKED_SHOPS]:
        scope = Scope.system("bench", shop.business_id)
        violations += len(await database.snapshot(scope, reconciliation.check_business))
    return Verdict(lost, oversold, abs(beyond) + doubled, violations)


_WRITTEN = """
    SELECT (SELECT count(*) FROM sales WHERE business_id = ANY($1)) AS sales,
           (SELECT count(*) FROM sale_items WHERE business_id = ANY($1)) AS items,
           (SELECT count(*) FROM sale_item_takings WHERE business_id = ANY($1)) AS takings,
           (SELECT count(*) FROM sale_events WHERE business_id = ANY($1)) AS steps,
           (SELECT count(*) FROM stock_movements WHERE business_id = ANY($1)) AS movements,
           (SELECT count(*) FROM wallet_transactions WHERE business_id = ANY($1)) AS tokens,
           (SELECT count(*) FROM payments WHERE business_id = ANY($1)) AS payments,
           (SELECT count(*) FROM payment_events WHERE business_id = ANY($1)) AS payment_steps,
           (SELECT count(*) FROM audit_entries WHERE business_id = ANY($1)) AS audit,
           (SELECT count(*) FROM idempotency_records WHERE business_id = ANY($1)) AS answers
"""


async def written(owner_dsn: str, shops: Sequence[StagedShop]) -> dict[str, int]:
    """Count the rows in the books of some shops."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        row = await connection.fetchrow(_WRITTEN, [shop.business_id for shop in shops])
    finally:
        await connection.close()
    assert row is not None  # noqa: S101
    return dict(row.items())


def rows_per_sale(before: dict[str, int], after: dict[str, int]) -> dict[str, float]:
    """Say how many rows a sale wrote in each table."""
    sales = after["sales"] - before["sales"]
    return {name: round((after[name] - before[name]) / sales, 3) for name in after if name != "sales"} if sales else {}
