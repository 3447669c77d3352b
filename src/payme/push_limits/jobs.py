"""Jobs of push limits."""

from payme.kit.db.transaction import Database, Scope
from payme.push_limits import services

ROUNDS_MAX = 100


async def forget_old_pushes(database: Database) -> int:
    """Forget what was not counted for a day; returns how much. The next run goes on where a long one stops."""
    forgotten = 0
    for _ in range(ROUNDS_MAX):
        found = await database.transact(Scope.system("push limits"), services.forget_old)
        forgotten += found
        if found < services.FORGOTTEN_AT_ONCE:
            break
    return forgotten
