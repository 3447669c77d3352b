"""Commands of callbacks: keep what came in, hand it to whoever applies it, and let a person decide about the rest."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from payme.callbacks import queries, repository, rules
from payme.callbacks.errors import CallbackNotFound, CallbackNotKept
from payme.callbacks.events import CallbackDied, CallbackRejected, CallbackReplayed
from payme.callbacks.models import Arrival, Callback, Leased, NewCallback
from payme.callbacks.types import LEASE_S, CallbackState, PathKind
from payme.kit.db.transaction import Database, Tx
from payme.kit.spool import Spool, SpoolFull

STORE_WITHIN_S = 1.5
"""How long Daraja, which sends once, is let wait for the database before the spool takes the callback."""
FORGOTTEN_AT_ONCE = 1000
log = structlog.get_logger(__name__)


class CallbackKeeper:
    """Keeps whatever comes in: in the database, and where that does not answer, in the spool on this machine's disk."""

    def __init__(self, database: Database, spool: Spool, *, store_within_s: float = STORE_WITHIN_S) -> None:
        """``spool`` is this process's own."""
        self._database = database
        self._spool = spool
        self._store_within_s = store_within_s

    async def keep(self, arrival: Arrival) -> NewCallback:
        """Keep a callback; when this returns it survives the end of this process and of the database's.

        Raises CallbackNotKept where neither place could take it.
        """
        seams = self._database.seams
        callback = rules.new_callback(arrival, seams.new_id(), seams.clock.now())
        try:
            async with asyncio.timeout(self._store_within_s):
                await repository.store_callback(self._database, callback)
        except Exception as trouble:  # noqa: BLE001  whatever ails the database, what came in must be kept
            log.warning("callback_spooled", error=type(trouble).__name__)
            await self._append(callback)
        return callback

    async def _append(self, callback: NewCallback) -> None:
        try:
            await self._spool.append(rules.as_record(callback))
        except (OSError, SpoolFull) as nowhere:
            log.critical("callback_not_kept", error=type(nowhere).__name__)
            raise CallbackNotKept from nowhere

    async def take_in_spool(self) -> int:
        """Store what the spools of this process and of dead ones hold; returns how many records there were.

        A record is stored under the id it was given when it came, so taking it in twice stores it once.
        Raises what the database raises; then everything stays in the spool.
        """
        return await self._spool.take_in(self._store_records)

    async def _store_records(self, records: Sequence[bytes]) -> None:
        for record in records:
            await repository.store_callback(self._database, rules.from_record(record))


def open_path(tx: Tx, kind: PathKind, subject_id: UUID) -> str:
    """Make a secret under which a callback is expected, and return it; only its SHA-256 is kept.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    secret = rules.secret_of(tx.new_secret())
    repository.insert_path(tx, rules.hash_of_secret(secret), kind, subject_id)
    return secret


async def lease_callbacks(tx: Tx, limit: int) -> list[Leased]:
    """Take callbacks that wait, oldest first, and count the try, so that even a try that kills its worker counts.

    Those whose path leads nowhere are closed here, all at once: whoever guesses paths by the thousand costs little.
    Locks: CALLBACK. Raises: nothing. Emits: nothing.
    """
    waiting = await repository.lock_waiting(tx, limit)
    if not waiting:
        return []
    addresses = await queries.find_addresses(tx, [found.id for found in waiting])
    repository.lease(tx, list(addresses), tx.now + timedelta(seconds=LEASE_S))
    repository.close_orphans(tx, [found.id for found in waiting if found.id not in addresses])
    return [Leased(found.id, found.attempts + 1, addresses.get(found.id)) for found in waiting]


async def put_back(tx: Tx, leased: Leased, *, at_fault: bool) -> None:
    """Let a callback be tried again after a pause; a try that broke on something else does not count.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    due_at = tx.now + timedelta(seconds=rules.pause_s(leased.attempts))
    repository.put_back(tx, leased.id, due_at, 0 if at_fault else 1)


async def lock_callback(tx: Tx, callback_id: UUID) -> Callback:
    """Return a callback, ours until the transaction ends.

    Locks: CALLBACK. Raises: CallbackNotFound. Emits: nothing.
    """
    callback = await repository.lock_callback(tx, callback_id)
    if callback is None:
        raise CallbackNotFound(callback_id=callback_id)
    return callback


async def lock_own(tx: Tx, callback_id: UUID) -> Callback:
    """Return a callback that was found to be this business's, ours until the transaction ends.

    Locks: CALLBACK. Raises: CallbackNotFound. Emits: nothing.
    """
    callback = await lock_callback(tx, callback_id)
    if callback.business_id != tx.business_id:
        raise CallbackNotFound(callback_id=callback_id)
    return callback


def close(tx: Tx, callback: Callback, state: CallbackState, reason: str, payment_id: UUID | None) -> None:
    """Write what became of a callback of this business.

    Locks: none; the caller holds the callback. Raises: CallbackNotMovable. Emits: nothing.
    """
    rules.move(callback, state)
    repository.close_callback(tx, callback.id, state, reason, tx.business_id, payment_id)


async def bury(tx: Tx, callback_id: UUID, reason: str) -> CallbackState:
    """Give up a callback that broke at every try; it stands in no other's way, and can be replayed by hand.

    Locks: CALLBACK. Raises: CallbackNotFound. Emits: CallbackDied.
    """
    callback = await lock_callback(tx, callback_id)
    if callback.state is CallbackState.RECEIVED:
        close(tx, callback, CallbackState.DEAD, reason, None)
        tx.emit(CallbackDied(callback.id, callback.attempts, reason))
        return CallbackState.DEAD
    return callback.state


async def replay(tx: Tx, callback_id: UUID) -> Callback:
    """Let a dead callback be tried again from the beginning.

    Locks: CALLBACK. Raises: CallbackNotFound, CallbackNotMovable. Emits: CallbackReplayed.
    """
    callback = await lock_own(tx, callback_id)
    rules.move(callback, CallbackState.RECEIVED)
    repository.revive(tx, callback.id)
    tx.emit(CallbackReplayed(callback.id, callback.reason))
    return await queries.get_callback(tx, callback_id)


async def reject(tx: Tx, callback_id: UUID, why: str) -> Callback:
    """Decide that a quarantined callback has no effect, for ever.

    Locks: CALLBACK. Raises: CallbackNotFound, CallbackNotMovable. Emits: CallbackRejected.
    """
    callback = await lock_own(tx, callback_id)
    close(tx, callback, CallbackState.REJECTED, callback.reason, callback.payment_id)
    tx.emit(CallbackRejected(callback.id, callback.reason, why))
    return await queries.get_callback(tx, callback_id)


async def forget_orphans(tx: Tx, kept_days: int) -> int:
    """Forget the oldest callbacks that came on nobody's path, when they were kept long enough; returns how many.

    Nothing else is ever forgotten: what came on a path of ours may be evidence of money.
    Locks: none; an orphan never moves again. Raises: nothing. Emits: nothing.
    """
    return await repository.forget_orphans(tx, tx.now - timedelta(days=kept_days), FORGOTTEN_AT_ONCE)
