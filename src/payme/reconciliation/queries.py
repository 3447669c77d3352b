"""Reads of reconciliation: what the invariants find, and the figures of one business."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.reconciliation.errors import RunNotFound
from payme.reconciliation.invariants import CHANGES, CHANGES_OF, ONE_STATEMENT
from payme.reconciliation.models import (
    Asked,
    CallbacksWaiting,
    Change,
    Finding,
    Invariant,
    LedgerLine,
    Mark,
    OpenPayments,
    Position,
    Run,
    Standing,
    WalletFigures,
)

_LOWEST = UUID(int=0)


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
    await tx.records("SELECT set_config('enable_nestloop', 'off', true), set_config('enable_seqscan', 'on', true)")


async def ask(tx: Tx, invariant: Invariant) -> list[Finding]:
    """Return what one invariant finds, of one business or of the platform."""
    subjects: Sequence[object] = () if invariant.is_of_platform else (tx.business_id,)
    given = [*subjects, tx.now][: invariant.parameters]
    return [
        Finding(invariant.id, record["subject"], record["detail"])
        for record in await tx.records(invariant.statement, *given)
    ]


async def plan_for_little(tx: Tx) -> None:
    """Make the rest of the transaction plan for a few rows of large books, with plans that are made once a session.

    Of the newest page of a ledger the planner can only guess that it is a third, and would read the ledger through.
    """
    await tx.records(
        """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_nestloop', 'on', true),
               set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)
        """
    )


async def ask_changed(tx: Tx, asked: Asked, ids: Sequence[UUID]) -> list[Finding]:
    """Return what one invariant finds, of everything or of some things only."""
    if asked.is_whole or asked.invariant.focused is None:
        return await ask(tx, asked.invariant)
    return [
        Finding(asked.invariant.id, record["subject"], record["detail"])
        for record in await tx.records(asked.invariant.focused, tx.business_id, tx.now, ids)
    ]


async def position_after(tx: Tx, mark: int | None) -> Position:
    """Say where this snapshot stands in the row of transactions, and how long ago a mark is.

    The numbers of rows have 32 bits; beyond a billion, or where the mark is of the future because the database was
    restored, nobody can say.
    """
    rows = await tx.rows(
        Position,
        """
        SELECT seen_before,
               CASE WHEN seen_before - $1::bigint BETWEEN 0 AND 1000000000
                    THEN age((($1::bigint % 4294967296)::text)::xid) END AS transactions_ago
          FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS seen_before) AS here
        """,
        mark,
    )
    return rows[0]


async def list_changes(
    tx: Tx, transactions_ago: int, lowest_id: UUID, callbacks_since: datetime, edited: Collection[str], limit: int
) -> list[Change]:
    """Return the rows of the business that a mark had not seen; of ``edited`` tables, however old a row is.

    It is planned for what is given: a plan for any lowest id would read every ledger through.
    """
    found = await tx.rows(Change, CHANGES, tx.business_id, transactions_ago, lowest_id, callbacks_since, limit)
    changes = [change for change in found if change.relation not in edited]
    for table in sorted(edited):
        given = (tx.business_id, transactions_ago, _LOWEST, callbacks_since, limit)
        changes += await tx.rows(Change, CHANGES_OF[table], *given)
    return changes


async def count_rewritten(tx: Tx) -> dict[str, int]:
    """Return how many rows of each table of the books were changed or deleted by whoever may not, as PostgreSQL counts.

    The app role cannot; its rights say in which tables. Counted over all businesses, and since the last crash.
    """
    records = await tx.records(
        """
        SELECT action || ' ' || relname AS what, rows
          FROM pg_stat_user_tables
         CROSS JOIN LATERAL (VALUES ('UPDATE', n_tup_upd, has_any_column_privilege('payme_app', relid, 'UPDATE')),
                                    ('DELETE', n_tup_del, has_table_privilege('payme_app', relid, 'DELETE')))
               AS counted (action, rows, may)
         WHERE schemaname = current_schema() AND obj_description(relid, 'pg_class') = 'tenant' AND rows > 0 AND NOT may
        """
    )
    return {record["what"]: record["rows"] for record in records}


async def count_writes(tx: Tx, tables: Collection[str]) -> int:
    """Return how many rows were ever written to some tables, over all businesses, as PostgreSQL counts."""
    written: int = await tx.value(
        """
        SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
          FROM pg_stat_user_tables
         WHERE schemaname = current_schema() AND relname = ANY($1)
        """,
        list(tables),
    )
    return written


async def find_mark(tx: Tx) -> Mark | None:
    """Return up to where the books of the business were asked; None where they never were."""
    return await tx.row(
        Mark,
        """
        SELECT seen_before, asked_at, asked_fully_at, asked_again_at, rewritten, edited
          FROM reconciliation_marks
         WHERE business_id = $1
        """,
        tx.business_id,
    )


async def list_standing(tx: Tx, kinds: Collection[str], seen_until: datetime) -> list[Standing]:
    """Return the issues of some kinds that nobody has closed, and nobody saw after an instant."""
    return await tx.rows(
        Standing,
        """
        SELECT kind, subject_id
          FROM reconciliation_issues
         WHERE business_id = $1 AND kind = ANY($2) AND state IN ('open', 'acknowledged') AND last_seen_at <= $3
        """,
        tx.business_id,
        list(kinds),
        seen_until,
    )


async def get_run(tx: Tx, run_id: UUID) -> Run:
    """Return a run; raises RunNotFound."""
    run = await tx.row(
        Run,
        """
        SELECT id, kind, state, since, at, changed_rows, to_ask, asked, found, opened, seen_again, closed, seconds,
               figures, ledgers, created_at, updated_at
          FROM reconciliation_runs
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        run_id,
    )
    if run is None:
        raise RunNotFound(run_id=run_id)
    return run


async def list_runs(tx: Tx, kind: str | None, after: After | None, limit: int) -> list[Run]:
    """Return runs newest first, of one kind or of all."""
    return await tx.rows(
        Run,
        """
        SELECT id, kind, state, since, at, changed_rows, to_ask, asked, found, opened, seen_again, closed, seconds,
               figures, ledgers, created_at, updated_at
          FROM reconciliation_runs
         WHERE business_id = $1
           AND ($2::text IS NULL OR kind = $2)
           AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        kind,
        after and after.at,
        after and after.id,
        limit,
    )


async def add_up_ledgers(tx: Tx) -> list[LedgerLine]:
    """Return what each ledger of the business holds, and what its entries add up to."""
    return await tx.rows(
        LedgerLine,
        """
        SELECT ledger, coalesce(sum(holds), 0) AS holds, coalesce(sum(entries), 0) AS entries,
               count(*)::integer AS accounts, (count(*) FILTER (WHERE holds <> entries))::integer AS differing
          FROM (SELECT 'tokens' AS ledger, wallet.balance_tokens::numeric AS holds,
                       coalesce(entry.tokens, 0)::numeric AS entries
                  FROM wallets AS wallet
                  LEFT JOIN (SELECT sum(change_tokens) AS tokens
                               FROM wallet_transactions
                              WHERE business_id = $1) AS entry ON true
                 WHERE wallet.business_id = $1
                 UNION ALL
                SELECT 'stock', batch.quantity_available, batch.quantity_received + coalesce(moved.quantity, 0)
                  FROM stock_batches AS batch
                  LEFT JOIN (SELECT batch_id, sum(quantity) AS quantity
                               FROM stock_movements
                              WHERE business_id = $1
                              GROUP BY batch_id) AS moved ON moved.batch_id = batch.id
                 WHERE batch.business_id = $1
                 UNION ALL
                SELECT 'stock_value', batch.quantity_available * batch.unit_cost,
                       batch.quantity_received * batch.unit_cost + coalesce(moved.value, 0)
                  FROM stock_batches AS batch
                  LEFT JOIN (SELECT batch_id, sum(quantity * unit_cost) AS value
                               FROM stock_movements
                              WHERE business_id = $1
                              GROUP BY batch_id) AS moved ON moved.batch_id = batch.id
                 WHERE batch.business_id = $1
                 UNION ALL
                SELECT 'debts', account.balance_due, coalesce(entry.due, 0)
                  FROM credit_accounts AS account
                  LEFT JOIN (SELECT account_id, sum(change_due) AS due
                               FROM credit_ledger
                              WHERE business_id = $1
                              GROUP BY account_id) AS entry ON entry.account_id = account.id
                 WHERE account.business_id = $1
                 UNION ALL
                SELECT 'customer_credit', account.customer_credit, coalesce(entry.credit, 0)
                  FROM credit_accounts AS account
                  LEFT JOIN (SELECT account_id, sum(change_credit) AS credit
                               FROM credit_ledger
                              WHERE business_id = $1
                              GROUP BY account_id) AS entry ON entry.account_id = account.id
                 WHERE account.business_id = $1
                 UNION ALL
                SELECT 'drawers', total.expected, coalesce(moved.amount, 0)
                  FROM (SELECT drawer_id, sum(expected) AS expected
                          FROM drawer_totals
                         WHERE business_id = $1
                         GROUP BY drawer_id) AS total
                  LEFT JOIN (SELECT drawer_id,
                                    sum(CASE WHEN kind IN ('cash_out', 'cancelled', 'returned', 'refunded')
                                             THEN -amount ELSE amount END) AS amount
                               FROM drawer_movements
                              WHERE business_id = $1 AND NOT after_closing
                              GROUP BY drawer_id) AS moved ON moved.drawer_id = total.drawer_id) AS account
         GROUP BY ledger
         ORDER BY ledger
        """,
        tx.business_id,
    )


async def find_open_round(tx: Tx) -> datetime | None:
    """Return when the last night's round began, if it has not ended."""
    began: datetime | None = await tx.value(
        """
        SELECT began_at
          FROM (SELECT began_at, done_at FROM reconciliation_rounds ORDER BY began_at DESC LIMIT 1) AS last
         WHERE done_at IS NULL
        """
    )
    return began


async def last_platform_figures(tx: Tx) -> dict[str, int]:
    """Return what the last round found of the whole database, by invariant."""
    found = await tx.value("SELECT platform FROM reconciliation_rounds ORDER BY began_at DESC LIMIT 1")
    return {str(invariant): int(rows) for invariant, rows in (found or {}).items()}


async def last_round(tx: Tx) -> datetime | None:
    """Return when the last round that asked everything of every business began."""
    began: datetime | None = await tx.value("SELECT max(began_at) FROM reconciliation_rounds WHERE done_at IS NOT NULL")
    return began


async def last_look(tx: Tx) -> datetime | None:
    """Return when somebody last looked for changes in all businesses."""
    looked_at: datetime | None = await tx.value("SELECT looked_at FROM reconciliation_looks WHERE only_one")
    return looked_at


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
