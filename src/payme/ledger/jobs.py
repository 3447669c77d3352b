"""Jobs of the ledger."""

from uuid import UUID

from payme.kit.db.transaction import Database, Scope
from payme.ledger import services

ROUNDS_MAX = 2_000


async def keep_ended_days(database: Database, business_id: UUID) -> int:
    """Keep the ended days of a business added up, some a transaction; returns how many transactions there were."""
    scope = Scope.system("ledger", business_id)
    rounds = 1
    while rounds < ROUNDS_MAX and await database.transact(scope, services.keep_ended_days):
        rounds += 1
    return rounds
