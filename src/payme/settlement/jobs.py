"""Jobs of settlement."""

from collections.abc import Mapping
from uuid import UUID

from payme.kit.db.transaction import Database, Scope
from payme.settlement import queries, services

SWEEP_AGE_S = 30.0
SWEEP_MAX = 500


async def apply_callback(database: Database, payload: Mapping[str, str]) -> None:
    """Find whose callback it is, and apply it in that business. Run twice, it has one effect."""
    callback_id = UUID(payload["callback_id"])
    anywhere = Scope.system("settlement")
    address = await database.transact(anywhere, queries.find_address, callback_id)
    if address is None:
        await database.transact(anywhere, services.orphan_callback, callback_id)
        return
    scope = Scope.system("settlement", address.business_id)
    await database.transact(scope, services.apply_callback, callback_id, address.payment_id)


async def sweep_callbacks(database: Database) -> int:
    """Apply callbacks whose job was lost or gave up; returns how many there were."""
    waiting = await database.transact(Scope.system("settlement"), queries.list_waiting, SWEEP_AGE_S, SWEEP_MAX)
    for callback_id in waiting:
        await apply_callback(database, {"callback_id": str(callback_id)})
    return len(waiting)
