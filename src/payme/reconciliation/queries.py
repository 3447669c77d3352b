"""Reads of reconciliation: what the invariants find, and the figures of one business."""

from collections.abc import Sequence
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.reconciliation.invariants import ONE_STATEMENT
from payme.reconciliation.models import (
    CallbacksWaiting,
    Finding,
    Invariant,
    OpenPayments,
    WalletFigures,
)


async def list_businesses(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """Return the ids of businesses in the order of their ids, after one of them."""
    records = await tx.records(
        """
        SELECT business_id FROM business_directory
         WHERE $1::uuid IS NULL OR business_id > $1
         ORDER BY business_id
         LIMIT $2
        """,
        after,
        limit,
    )
    return [record["business_id"] for record in records]


async def list_newest_businesses(tx: Tx, limit: int) -> list[UUID]:
    """Return the ids of the newest businesses."""
    records = await tx.records(
        "SELECT business_id FROM business_directory ORDER BY created_at DESC, business_id DESC LIMIT $1", limit
    )
    return [record["business_id"] for record in records]


async def plan_for_any_size(tx: Tx) -> None:
    """Make the rest of the transaction plan for large books, whatever the statistics say.

    Of a shop that was just imported they say that it is empty, and a nested loop over it is quadratic; a hash join
    never is.
    """
    await tx.records("SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '32MB', true)")


async def ask(tx: Tx, invariant: Invariant) -> list[Finding]:
    """Return what one invariant finds, of one business or of the platform."""
    subjects: Sequence[object] = () if invariant.is_of_platform else (tx.business_id,)
    given = [*subjects, tx.now][: invariant.parameters]
    return [
        Finding(invariant.id, record["subject"], record["detail"])
        for record in await tx.records(invariant.statement, *given)
    ]


async def ask_all(tx: Tx) -> list[Finding]:
    """Return what every invariant of one business finds, in one statement.

    Planning the statement costs many times what a small shop's answer does, so its plan is made once a session.
    """
    await tx.records(
        """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_nestloop', 'off', true)
        """
    )
    return await tx.rows(Finding, ONE_STATEMENT, tx.business_id, tx.now)


async def open_payments(tx: Tx) -> list[OpenPayments]:
    """Return the M-Pesa payments without an end, by state, with the age of the oldest."""
    return await tx.rows(
        OpenPayments,
        """
        SELECT state, count(*)::integer AS count,
               greatest(extract(epoch FROM $2::timestamptz - min(created_at)), 0)::float8 AS oldest_age_s
          FROM payments
         WHERE business_id = $1 AND state NOT IN ('failed', 'succeeded')
         GROUP BY state
        """,
        tx.business_id,
        tx.now,
    )


async def wallet_figures(tx: Tx) -> WalletFigures:
    """Return the tokens of one business; nothing where its wallet is not open yet."""
    rows = await tx.rows(
        WalletFigures,
        """
        SELECT coalesce(sum(balance_tokens), 0)::integer AS balance_tokens,
               coalesce(sum(owed_tokens), 0)::integer AS owed_tokens
          FROM wallets
         WHERE business_id = $1
        """,
        tx.business_id,
    )
    return rows[0]


async def callbacks_waiting(tx: Tx) -> CallbacksWaiting:
    """Return how many callbacks were stored and not applied, with the age of the oldest."""
    rows = await tx.rows(
        CallbacksWaiting,
        """
        SELECT count(*)::integer AS count,
               coalesce(greatest(extract(epoch FROM $1::timestamptz - min(received_at)), 0), 0)::float8 AS oldest_age_s
          FROM callbacks
         WHERE state = 'received'
        """,
        tx.now,
    )
    return rows[0]
