"""Jobs of reports."""

from uuid import UUID

from payme.kit.db.transaction import Database, Scope
from payme.reports import services

ROUNDS_MAX = 2_000


async def keep_ended_days(database: Database, business_id: UUID) -> int:
    """Keep the ended days of a business added up, some a transaction; returns how many transactions did something."""
    scope = Scope.system("reports", business_id)
    rounds = 0
    while rounds < ROUNDS_MAX and await database.transact(scope, services.keep_ended_days):
        rounds += 1
    return rounds
