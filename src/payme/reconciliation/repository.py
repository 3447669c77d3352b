"""The SQL that reconciliation writes."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.reconciliation.models import LedgerLine, Looked, Mark
from payme.reconciliation.types import RunKind


def insert_run(tx: Tx, run_id: UUID, looked: Looked, outcome: Sequence[int], figures: Mapping[str, object]) -> None:
    """Write a run down that is over; ``outcome`` is how many issues it opened, saw again and closed."""
    tx.write(
        """
        INSERT INTO reconciliation_runs
               (business_id, id, kind, state, since, at, changed_rows, to_ask, asked, found, opened, seen_again, closed,
                seconds, figures, ledgers, created_at, updated_at)
        VALUES ($1, $2, $3, 'done', $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13::text::jsonb, '[]', $14, $14)
        """,
        tx.business_id,
        run_id,
        looked.kind,
        looked.since,
        looked.at,
        looked.changed_rows,
        len(looked.asked),
        len(looked.findings),
        *outcome,
        looked.seconds,
        json.dumps(figures),
        tx.now,
    )


async def abandon_runs(tx: Tx, silent_since: datetime) -> None:
    """Give up a run whose worker has not been heard of since an instant."""
    await tx.records(
        """
        UPDATE reconciliation_runs SET state = 'abandoned', updated_at = $3
         WHERE business_id = $1 AND state = 'running' AND updated_at < $2
        RETURNING id
        """,
        tx.business_id,
        silent_since,
        tx.now,
    )


async def begin_run(tx: Tx, run_id: UUID, to_ask: int) -> bool:
    """Begin a full run; False where another one runs."""
    begun = await tx.records(
        """
        INSERT INTO reconciliation_runs (business_id, id, kind, state, at, to_ask, asked, created_at, updated_at)
        VALUES ($1, $2, $3, 'running', $4, $5, 0, $4, $4)
            ON CONFLICT (business_id) WHERE state = 'running' DO NOTHING
        RETURNING id
        """,
        tx.business_id,
        run_id,
        RunKind.FULL,
        tx.now,
        to_ask,
    )
    return bool(begun)


async def note_progress(tx: Tx, run_id: UUID, asked: int) -> None:
    """Write down how many invariants a run has asked."""
    tx.write(
        "UPDATE reconciliation_runs SET asked = $3, updated_at = $4 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        run_id,
        asked,
        tx.now,
    )


def end_run(tx: Tx, run_id: UUID, looked: Looked, outcome: Sequence[int], figures: Mapping[str, object]) -> None:
    """Write down what a full run found."""
    tx.write(
        """
        UPDATE reconciliation_runs
           SET state = 'done', at = $3, asked = to_ask, found = $4, opened = $5, seen_again = $6, closed = $7,
               seconds = $8, figures = $9::text::jsonb, ledgers = $10::text::jsonb, updated_at = $11
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        run_id,
        looked.at,
        len(looked.findings),
        *outcome,
        looked.seconds,
        json.dumps(figures),
        json.dumps([_told(line) for line in looked.ledgers]),
        tx.now,
    )


def _told(line: LedgerLine) -> dict[str, object]:
    return {
        "ledger": line.ledger,
        "holds": str(line.holds),
        "entries": str(line.entries),
        "difference": str(line.holds - line.entries),
        "accounts": line.accounts,
        "differing": line.differing,
    }


def move_mark(tx: Tx, mark: Mark) -> None:
    """Write down up to where the books were asked; a slower run does not take it back."""
    tx.write(
        """
        INSERT INTO reconciliation_marks AS mark
               (business_id, seen_before, asked_at, asked_fully_at, asked_again_at, rewritten, edited,
                updated_at)
        VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8)
            ON CONFLICT (business_id) DO UPDATE
           SET seen_before = CASE WHEN mark.asked_at <= EXCLUDED.asked_at THEN EXCLUDED.seen_before
                                  ELSE mark.seen_before END,
               rewritten = CASE WHEN mark.asked_at <= EXCLUDED.asked_at THEN EXCLUDED.rewritten
                                ELSE mark.rewritten END,
               edited = CASE WHEN mark.asked_at <= EXCLUDED.asked_at THEN EXCLUDED.edited ELSE mark.edited END,
               asked_at = greatest(mark.asked_at, EXCLUDED.asked_at),
               asked_fully_at = greatest(mark.asked_fully_at, EXCLUDED.asked_fully_at),
               asked_again_at = greatest(mark.asked_again_at, EXCLUDED.asked_again_at),
               updated_at = EXCLUDED.updated_at
        """,
        tx.business_id,
        mark.seen_before,
        mark.asked_at,
        mark.asked_fully_at,
        mark.asked_again_at,
        json.dumps(mark.rewritten),
        mark.edited,
        tx.now,
    )


async def take_look(tx: Tx, not_since: datetime, writes: int) -> bool:
    """Take the next look at all businesses.

    False where somebody looked since, or nothing was written since the last look that came to its end. What is not
    taken because nothing was written still says that somebody looked.
    """
    taken = await tx.records(
        """
        INSERT INTO reconciliation_looks AS look (only_one, looked_at) VALUES (true, $2)
            ON CONFLICT (only_one) DO UPDATE SET looked_at = EXCLUDED.looked_at
         WHERE look.looked_at <= $1
        RETURNING look.writes
        """,
        not_since,
        tx.now,
    )
    return bool(taken) and taken[0]["writes"] != writes


async def end_look(tx: Tx, writes: int) -> None:
    """Write down that all that was written by then was asked: one who dies on the way leaves it to the next."""
    tx.write("UPDATE reconciliation_looks SET writes = $1 WHERE only_one", writes)


async def begin_round(tx: Tx) -> None:
    """Begin a night's round."""
    await tx.records(
        """
        INSERT INTO reconciliation_rounds (began_at, updated_at) VALUES ($1, $1)
            ON CONFLICT (began_at) DO NOTHING
        RETURNING began_at
        """,
        tx.now,
    )


async def note_platform(tx: Tx, began_at: datetime, found: Mapping[str, int]) -> None:
    """Write down what a round found of the whole database."""
    tx.write(
        "UPDATE reconciliation_rounds SET platform = $2::text::jsonb, updated_at = $3 WHERE began_at = $1",
        began_at,
        json.dumps(found),
        tx.now,
    )


async def note_round(tx: Tx, began_at: datetime, businesses: int, found: int, is_done: bool) -> None:  # noqa: FBT001
    """Write down how far a round came."""
    tx.write(
        """
        UPDATE reconciliation_rounds
           SET businesses = businesses + $2, found = found + $3, updated_at = $5,
               done_at = CASE WHEN $4 THEN $5::timestamptz ELSE done_at END
         WHERE began_at = $1
        """,
        began_at,
        businesses,
        found,
        is_done,
        tx.now,
    )


async def forget_runs(tx: Tx, idle_before: datetime, changes_before: datetime, full_before: datetime) -> None:
    """Delete runs that nobody looks at any more: the sooner, the less they found."""
    tx.write(
        """
        DELETE FROM reconciliation_runs
         WHERE business_id = $1
           AND created_at < CASE WHEN kind = 'full' THEN $4::timestamptz
                                 WHEN found + opened + closed > 0 THEN $3::timestamptz ELSE $2::timestamptz END
        """,
        tx.business_id,
        idle_before,
        changes_before,
        full_before,
    )
