"""The SQL that push limits write."""

from collections.abc import Sequence
from datetime import datetime

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.push_limits.models import Counter, PushCount


async def count(tx: Tx, counters: Sequence[Counter]) -> list[PushCount]:
    """Add now to what is remembered under each key; the rows are ours until the transaction ends.

    Whoever counts under one of the keys at the same moment waits here, and sees what we leave behind.
    """
    return await tx.claim(
        PushCount,
        LockRank.PUSH_COUNT,
        """
        INSERT INTO push_counts AS known (key, pushed_at, remembers, counted_at)
        SELECT counter.key, ARRAY[$2::timestamptz], counter.remembers, $2
          FROM unnest($1::bytea[], $3::interval[]) AS counter (key, remembers)
         ORDER BY counter.key
            ON CONFLICT (key) DO UPDATE
           SET pushed_at = ARRAY(SELECT at FROM unnest(known.pushed_at) AS at
                                  WHERE at > EXCLUDED.counted_at - EXCLUDED.remembers ORDER BY at)
                           || EXCLUDED.pushed_at,
               remembers = EXCLUDED.remembers, counted_at = EXCLUDED.counted_at
        RETURNING key, pushed_at
        """,
        [counter.key for counter in counters],
        tx.now,
        [counter.remembers for counter in counters],
    )


async def lock_old(tx: Tx, before: datetime, limit: int) -> list[bytes]:
    """Return keys under which nothing was counted since, ours until the transaction ends; others' are passed by."""
    found = await tx.lock_free(
        PushCount,
        LockRank.PUSH_COUNT,
        "SELECT key, pushed_at FROM push_counts WHERE counted_at < $1 ORDER BY counted_at LIMIT $2",
        before,
        limit,
    )
    return [row.key for row in found]


def delete(tx: Tx, keys: Sequence[bytes]) -> None:
    """Forget keys."""
    tx.write("DELETE FROM push_counts WHERE key = ANY($1::bytea[])", list(keys))
