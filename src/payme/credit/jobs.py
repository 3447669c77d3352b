"""Jobs of credit."""

from uuid import UUID

import structlog

from payme.credit import queries
from payme.credit.models import OverdueFigures
from payme.kit.days import business_day
from payme.kit.db.transaction import Database, Scope, Tx

log = structlog.get_logger(__name__)


async def find_overdue(database: Database, business_id: UUID) -> OverdueFigures:
    """Find what is overdue in a business and log it; the due dates say it, so nothing is written."""

    async def read(tx: Tx) -> OverdueFigures:
        return await queries.get_overdue_figures(tx, business_day(tx.now))

    found = await database.snapshot(Scope.system("credit", business_id), read)
    if found.accounts:
        log.info("debts_overdue", business_id=str(business_id), accounts=found.accounts, amount=str(found.amount))
    return found
