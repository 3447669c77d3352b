"""Jobs of statements."""

from uuid import UUID

from payme.kit.db.transaction import Database, Scope
from payme.statements import queries, services


async def compare_again(database: Database, business_id: UUID) -> int:
    """Hold again what differs against the books, which may agree by now; returns how many differences are gone."""
    scope = Scope.system("statements", business_id)
    gone = 0
    for open_one in await database.transact(scope, queries.list_open_spans):
        gone += (await database.transact(scope, services.compare, open_one.shortcode, open_one.span)).settled
    return gone
