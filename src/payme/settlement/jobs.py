"""Callbacks are their own queue: what is stored is what waits, and this is the work on it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import structlog

from payme import callbacks, refunds
from payme.callbacks import Address, CallbackState, Leased, PathKind
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.errors import Unavailable
from payme.settlement import services

LEASED_AT_ONCE = 64
APPLIED_AT_ONCE = 12
"""While one waits for the disk, others work; the rest of the pool is for jobs."""
_PART = "settlement"
_APPLY: Mapping[PathKind, Callable[[Tx, UUID, UUID], Awaitable[CallbackState]]] = {
    PathKind.STK: services.apply_callback,
    PathKind.CONFIRMATION: services.apply_confirmation,
    PathKind.STATUS: services.apply_status,
    PathKind.REVERSAL: refunds.apply_result,
    PathKind.REVERSAL_TIMEOUT: refunds.apply_timeout,
}
_CLOSED_UNREAD: Mapping[PathKind, str] = {
    PathKind.VALIDATION: "answered at the door",
    PathKind.STATUS_TIMEOUT: "a notice of status_timeout",
    PathKind.PULL: "a notice of pull",
}
log = structlog.get_logger(__name__)


async def drain_callbacks(database: Database, *, at_once: int = APPLIED_AT_ONCE) -> int:
    """Take callbacks that wait and apply them, ``at_once`` side by side; returns how many there were to take.

    Whatever breaks one of them breaks no other: it is put back, and after ``callbacks.TRIES_MAX`` tries it is dead.
    """
    leased = await database.transact(Scope.system(_PART), callbacks.lease_callbacks, LEASED_AT_ONCE)
    waiting = iter([(one, one.address) for one in leased if one.address is not None])

    async def try_them() -> None:
        for one, address in waiting:  # whoever is free takes the next, so that nobody waits for the slowest
            await try_callback(database, one, address)

    if at_once == 1:
        await try_them()
    else:
        await asyncio.gather(*(try_them() for _ in range(at_once)))
    return len(leased)


async def try_callback(database: Database, leased: Leased, address: Address) -> None:
    """Apply one callback; one that breaks is put back, or buried when it has had its chances."""
    scope = Scope.system(_PART, address.business_id)
    try:
        await apply_callback(database, leased.id, address)
    except Unavailable as unavailable:
        log.info("callback_put_back", callback_id=str(leased.id), error=unavailable.code)
        await database.transact(scope, _put_back, leased, False)  # noqa: FBT003
    except Exception as error:
        log.exception("callback_broke", callback_id=str(leased.id), attempts=leased.attempts)
        if callbacks.is_spent(leased.attempts):
            await database.transact(scope, callbacks.bury, leased.id, type(error).__name__)
        else:
            await database.transact(scope, _put_back, leased, True)  # noqa: FBT003


async def _put_back(tx: Tx, leased: Leased, at_fault: bool) -> None:  # noqa: FBT001
    await callbacks.put_back(tx, leased, at_fault=at_fault)


async def apply_callback(database: Database, callback_id: UUID, address: Address) -> CallbackState:
    """Give a callback its one effect in the business whose path it came on. Run twice, it has one effect."""
    scope = Scope.system(_PART, address.business_id)
    if address.kind in _CLOSED_UNREAD:
        return await database.transact(scope, services.close_unread, callback_id, _CLOSED_UNREAD[address.kind])
    return await database.transact(scope, _APPLY[address.kind], callback_id, address.subject_id)
