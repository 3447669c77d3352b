"""Reads of callbacks."""

from collections.abc import Sequence
from uuid import UUID

from payme.callbacks.errors import CallbackNotFound
from payme.callbacks.models import Address, Callback, LooseEnds
from payme.callbacks.types import CallbackState, PathKind
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def find_addresses(tx: Tx, callback_ids: Sequence[UUID]) -> dict[UUID, Address]:
    """Return whose callbacks these are, by the secrets in their paths; an unknown path has no entry."""
    records = await tx.records(
        """
        SELECT callback.id, path.business_id, path.kind, path.subject_id
          FROM callbacks AS callback
          JOIN callback_paths AS path ON path.path_hash = callback.path_hash
         WHERE callback.id = ANY($1::uuid[])
        """,
        list(callback_ids),
    )
    return {
        record["id"]: Address(record["business_id"], PathKind(record["kind"]), record["subject_id"])
        for record in records
    }


async def find_path(tx: Tx, path_hash: bytes) -> Address | None:
    """Return what a callback path was made for."""
    return await tx.row(
        Address, "SELECT business_id, kind, subject_id FROM callback_paths WHERE path_hash = $1", path_hash
    )


async def get_callback(tx: Tx, callback_id: UUID) -> Callback:
    """Return a callback of this business; raises CallbackNotFound."""
    found = await tx.row(
        Callback,
        """
        SELECT id, path_hash, body, shortcode, address, outside, state, reason, attempts, business_id, payment_id,
               received_at, updated_at
          FROM callbacks
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        callback_id,
    )
    if found is None:
        raise CallbackNotFound(callback_id=callback_id)
    return found


async def list_callbacks(tx: Tx, state: CallbackState | None, after: After | None, limit: int) -> list[Callback]:
    """Return callbacks of this business newest first, of one state or of all."""
    return await tx.rows(
        Callback,
        """
        SELECT id, path_hash, body, shortcode, address, outside, state, reason, attempts, business_id, payment_id,
               received_at, updated_at
          FROM callbacks
         WHERE business_id = $1
           AND ($2::text IS NULL OR state = $2)
           AND ($3::timestamptz IS NULL OR (received_at, id) < ($3, $4::uuid))
         ORDER BY received_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def count_loose_ends(tx: Tx) -> list[LooseEnds]:
    """Return what had no effect and waits for nobody, or for a person, over all businesses."""
    return await tx.rows(
        LooseEnds,
        """
        SELECT state, reason, count(*)::integer AS count, min(received_at) AS oldest_at
          FROM callbacks
         WHERE state IN ('orphan', 'quarantined', 'dead')
         GROUP BY state, reason
         ORDER BY state, reason
        """,
    )


async def list_loose_ends(tx: Tx, state: CallbackState, limit: int) -> list[Callback]:
    """Return callbacks of one state over all businesses, newest first."""
    return await tx.rows(
        Callback,
        """
        SELECT id, path_hash, body, shortcode, address, outside, state, reason, attempts, business_id, payment_id,
               received_at, updated_at
          FROM callbacks
         WHERE state = $1
         ORDER BY received_at DESC, id DESC
         LIMIT $2
        """,
        state,
        limit,
    )
