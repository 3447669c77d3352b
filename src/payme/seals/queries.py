"""Reads of seals, and of the entries that they are over."""

from datetime import datetime

from payme.kit.db.transaction import Tx
from payme.seals.models import Era, Head, Restored, Seal, SealedEntry, SealHead


async def find_head(tx: Tx) -> Head | None:
    """Return how far the business is sealed."""
    return await tx.row(
        Head,
        """
        SELECT number, era, last_position AS position, last_transaction_id AS transaction_id,
               last_sequence AS sequence, digest
          FROM audit_seals
         WHERE business_id = $1
         ORDER BY number DESC
         LIMIT 1
        """,
        tx.business_id,
    )


async def list_heads(tx: Tx, before: int | None, limit: int) -> list[SealHead]:
    """Return seals as a person sees them, the newest first."""
    return await tx.rows(
        SealHead,
        """
        SELECT number, last_position, digest, sealed_at, key_id
          FROM audit_seals
         WHERE business_id = $1 AND ($2::bigint IS NULL OR number < $2)
         ORDER BY number DESC
         LIMIT $3
        """,
        tx.business_id,
        before,
        limit,
    )


async def find_head_at(tx: Tx, at: datetime) -> SealHead | None:
    """Return the seal that was the newest at an instant."""
    return await tx.row(
        SealHead,
        """
        SELECT number, last_position, digest, sealed_at, key_id
          FROM audit_seals
         WHERE business_id = $1 AND sealed_at <= $2
         ORDER BY number DESC
         LIMIT 1
        """,
        tx.business_id,
        at,
    )


async def list_eras(tx: Tx, since: int) -> list[Era]:
    """Return an era and those after it, in order."""
    return await tx.rows(
        Era,
        """
        SELECT number,
               CASE WHEN number = 1 THEN -9223372036854775808 ELSE first_sequence END AS first_sequence,
               end_sequence
          FROM (SELECT number, first_sequence, lead(first_sequence) OVER (ORDER BY number) AS end_sequence
                  FROM audit_eras) AS era
         WHERE number >= $1
         ORDER BY number
        """,
        since,
    )


async def list_entries(tx: Tx, after: Head, era: Era, until: tuple[int, int] | None, limit: int) -> list[SealedEntry]:
    """Return entries of an era in the order in which they are sealed, up to and with a transaction and sequence.

    Without an end: those of transactions before which every other one has ended, so that none can still come between;
    of an era that is over, all.
    """
    transaction_id, sequence = until or (None, None)
    return await tx.rows(
        SealedEntry,
        """
        SELECT business_id, id, sequence, transaction_id::text::bigint AS transaction_id, at, actor_kind, actor_name,
               user_id, request_id, action, subject_id, facts::text AS facts
          FROM audit_entries
         WHERE business_id = $1
           AND (transaction_id, sequence) > ($2::text::xid8, $3::bigint)
           AND sequence >= $4 AND sequence < coalesce($5::bigint, 9223372036854775807)
           AND (transaction_id, sequence) <= (coalesce($6::text::xid8, '18446744073709551615'),
                                              coalesce($7::bigint, 9223372036854775807))
           AND transaction_id < CASE WHEN $5::bigint IS NULL AND $6::text IS NULL
                                     THEN pg_snapshot_xmin(pg_current_snapshot())
                                     ELSE '18446744073709551615'::xid8 END
         ORDER BY transaction_id, sequence
         LIMIT $8
        """,
        tx.business_id,
        str(after.transaction_id),
        after.sequence,
        era.first_sequence,
        era.end_sequence,
        transaction_id if transaction_id is None else str(transaction_id),
        sequence,
        limit,
    )


async def count_unsealed(tx: Tx, after: Head, era: Era) -> tuple[int, datetime | None]:
    """Return how many entries of an era no seal is over yet, and the time of the oldest."""
    (row,) = await tx.records(
        """
        SELECT count(*) AS entries, min(at) AS since
          FROM audit_entries
         WHERE business_id = $1
           AND (transaction_id, sequence) > ($2::text::xid8, $3::bigint)
           AND sequence >= $4 AND sequence < coalesce($5::bigint, 9223372036854775807)
        """,
        tx.business_id,
        str(after.transaction_id),
        after.sequence,
        era.first_sequence,
        era.end_sequence,
    )
    return row["entries"], row["since"]


async def next_transaction(tx: Tx) -> int:
    """Return the number that this cluster gives to its next transaction."""
    found: int = await tx.value("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    return found


async def list_seals(tx: Tx, after: int, limit: int) -> list[Seal]:
    """Return seals in order."""
    return await tx.rows(
        Seal,
        """
        SELECT business_id, number, era, first_position, last_position,
               last_transaction_id, last_sequence, leaves, digest, sealed_at,
               key_id, signature
          FROM audit_seals
         WHERE business_id = $1 AND number > $2
         ORDER BY number
         LIMIT $3
        """,
        tx.business_id,
        after,
        limit,
    )


async def list_restores(tx: Tx, after_era: int) -> list[Restored]:
    """Return the restores with which eras after one began, in order, as whoever restored signed them."""
    return await tx.rows(
        Restored,
        """
        SELECT number AS era, made_at, restored_at, key_id, signature
          FROM audit_eras
         WHERE number > $1 AND signature IS NOT NULL
         ORDER BY number
        """,
        after_era,
    )
