"""The SQL that callbacks writes. Its tables are local: a body comes in before it is known whose it is."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payme.callbacks.models import Callback, NewCallback, Waiting
from payme.callbacks.types import CallbackState, PathKind
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Database, Tx


async def store_callback(database: Database, callback: NewCallback) -> None:
    """Keep a callback raw: one statement, one round trip. Stored twice, it is there once."""
    await database.store(
        """
        INSERT INTO callbacks (id, path_hash, body, shortcode, address, headers, outside, state, attempts, due_at,
                               received_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'received', 0, $8, $8, $8)
        ON CONFLICT (id) DO NOTHING
        """,
        callback.id,
        callback.path_hash,
        callback.body,
        callback.shortcode,
        callback.address,
        json.dumps(dict(callback.headers)),
        callback.outside,
        callback.received_at,
    )


def insert_path(tx: Tx, path_hash: bytes, kind: PathKind, subject_id: UUID) -> None:
    """Write where a callback will arrive."""
    tx.write(
        """
        INSERT INTO callback_paths (path_hash, business_id, kind, subject_id, created_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        path_hash,
        tx.business_id,
        kind,
        subject_id,
        tx.now,
    )


async def lock_waiting(tx: Tx, limit: int) -> list[Waiting]:
    """Return callbacks that may be tried now, oldest first, ours until the transaction ends; passes by those taken."""
    return await tx.lock_free(
        Waiting,
        LockRank.CALLBACK,
        """
        SELECT id, attempts FROM callbacks
         WHERE state = 'received' AND due_at <= $1
         ORDER BY id
         LIMIT $2
        """,
        tx.now,
        limit,
    )


def lease(tx: Tx, callback_ids: Sequence[UUID], until: datetime) -> None:
    """Count a try of each, and let nobody else have it before ``until``."""
    if not callback_ids:
        return
    tx.write(
        """
        UPDATE callbacks SET attempts = attempts + 1, due_at = $2, updated_at = $3 WHERE id = ANY($1::uuid[])
        """,
        list(callback_ids),
        until,
        tx.now,
    )


def close_orphans(tx: Tx, callback_ids: Sequence[UUID]) -> None:
    """Write that these came on paths that lead nowhere."""
    if not callback_ids:
        return
    tx.write(
        """
        UPDATE callbacks SET state = 'orphan', reason = 'unknown path', updated_at = $2 WHERE id = ANY($1::uuid[])
        """,
        list(callback_ids),
        tx.now,
    )


def put_back(tx: Tx, callback_id: UUID, due_at: datetime, tries_taken: int) -> None:
    """Let a callback be tried again at ``due_at``; ``tries_taken`` were not its own fault."""
    tx.write(
        """
        UPDATE callbacks SET due_at = $2, attempts = greatest(attempts - $3, 0), updated_at = $4
         WHERE id = $1 AND state = 'received'
        """,
        callback_id,
        due_at,
        tries_taken,
        tx.now,
    )


async def lock_callback(tx: Tx, callback_id: UUID) -> Callback | None:
    """Return a callback, ours until the transaction ends."""
    found = await tx.lock(
        Callback,
        LockRank.CALLBACK,
        """
        SELECT id, path_hash, body, shortcode, address, outside, state, reason, attempts, business_id, payment_id,
               received_at, updated_at
          FROM callbacks
         WHERE id = $1
        """,
        callback_id,
    )
    return found[0] if found else None


def close_callback(
    tx: Tx,
    callback_id: UUID,
    state: CallbackState,
    reason: str,
    business_id: UUID | None,
    payment_id: UUID | None,
) -> None:
    """Write what became of a callback."""
    tx.write(
        """
        UPDATE callbacks SET state = $2, reason = $3, business_id = $4, payment_id = $5, updated_at = $6
         WHERE id = $1
        """,
        callback_id,
        state,
        reason,
        business_id,
        payment_id,
        tx.now,
    )


def revive(tx: Tx, callback_id: UUID) -> None:
    """Let a dead callback be tried afresh, at once."""
    tx.write(
        """
        UPDATE callbacks SET state = 'received', reason = '', attempts = 0, due_at = $2, updated_at = $2
         WHERE id = $1 AND state = 'dead'
        """,
        callback_id,
        tx.now,
    )


async def forget_orphans(tx: Tx, before: datetime, limit: int) -> int:
    """Delete orphans that came before an instant, the oldest first; returns how many."""
    forgotten: int = await tx.value("SELECT forget_orphans($1, $2)", before, limit)
    return forgotten
