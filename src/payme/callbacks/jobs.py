"""Jobs of callbacks."""

from payme.callbacks import services
from payme.kit.db.transaction import Database, Scope

ROUNDS_MAX = 1000


async def forget_orphans(database: Database, kept_days: int) -> int:
    """Forget what came on nobody's path and was kept long enough; returns how much.

    The next run goes on where a long one stops.
    """
    forgotten = 0
    for _ in range(ROUNDS_MAX):
        found = await database.transact(Scope.system("callbacks"), services.forget_orphans, kept_days)
        forgotten += found
        if found < services.FORGOTTEN_AT_ONCE:
            break
    return forgotten
