"""How tests of runs ask the books, look at what was found, and edit books by hand."""

from uuid import UUID

import asyncpg

from payme import issues, reconciliation
from payme.issues import IssueFilter, IssueState
from payme.kit.db.transaction import Database, Scope
from payme.reconciliation import Run
from tests.support.shops import Shop

ANYWHERE = Scope.system("test")


class Owner:
    """The owner of the database, who edits books by hand."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection

    async def edits(self, statement: str, *args: object) -> UUID:
        """Run a statement past every rule; returns what it names."""
        named = await self.connection.fetchval(statement, *args)
        await self.connection.execute("SELECT pg_stat_force_next_flush()")
        assert isinstance(named, UUID)
        return named


async def looks(books: Database, shop: Shop) -> Run | None:
    """Ask what changed in one shop, as the worker does."""
    rewritten = await books.transact(ANYWHERE, reconciliation.count_rewritten)
    return await reconciliation.ask_changes(books, shop.business_id, rewritten)


async def asks_everything(books: Database, shop: Shop) -> Run | None:
    rewritten = await books.transact(ANYWHERE, reconciliation.count_rewritten)
    return await reconciliation.ask_everything(books, shop.business_id, rewritten)


async def found(books: Database, shop: Shop) -> list[tuple[str, UUID, int]]:
    """Return the open issues, with how often each was seen."""
    standing = await books.transact(
        Scope.system("test", shop.business_id), issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 100
    )
    return sorted((issue.kind, issue.subject_id, issue.times_seen) for issue in standing)


async def runs_of(books: Database, shop: Shop) -> list[Run]:
    return await books.transact(Scope.system("test", shop.business_id), reconciliation.list_runs, None, None, 100)
