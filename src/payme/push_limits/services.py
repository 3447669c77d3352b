"""Commands of push limits: count a push before it is asked for, and forget what does not matter any more."""

from typing import Final

from payme.kit.db.transaction import Tx
from payme.push_limits import repository, rules
from payme.push_limits.models import PushLimits

FORGOTTEN_AT_ONCE: Final = 5_000


async def count_push(tx: Tx, phone: str, limits: PushLimits) -> None:
    """Count a push to a phone by whoever asks, exactly and over all processes; a refused one is not counted.

    The phone's count holds over all businesses, so it has no tenant, and keeps a keyed hash in place of the number.
    Locks: PUSH_COUNT. Raises: PushLimitReached. Emits: nothing.
    """
    counters = rules.counters_of(limits, phone, tx.business_id, tx.actor.user_id)
    counts = await repository.count(tx, counters)
    rules.check(counters, {count.key: count.pushed_at for count in counts}, tx.now)


async def forget_old(tx: Tx) -> int:
    """Forget those who were not counted for a day; returns how many, at most ``FORGOTTEN_AT_ONCE``.

    Locks: PUSH_COUNT. Raises: nothing. Emits: nothing.
    """
    keys = await repository.lock_old(tx, tx.now - rules.DAY, FORGOTTEN_AT_ONCE)
    if keys:
        repository.delete(tx, keys)
    return len(keys)
