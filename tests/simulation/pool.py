"""The database seam: real asyncpg connections, whose every statement the seed schedules and may break.

PostgreSQL never chooses who waits: a statement that would wait for a lock fails after a millisecond in a savepoint, and
its task is parked until some transaction has ended. A connection that is killed is rolled back for real at once.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Final, TypeVar
from uuid import UUID

import asyncpg

from payme.kit.db.ports import Connection, Job, Record
from payme.kit.errors import DatabaseUnavailable
from tests.simulation.faults import Fault, Faults
from tests.simulation.ground import LOCK_WAIT
from tests.simulation.scheduler import Scheduler

_TENANT: Final = re.compile(r"payme\.business_id = '([0-9a-f-]+)'")
_TABLE: Final = re.compile(r"(?:FROM|INTO|UPDATE|JOIN)\s+(?!unnest|\()([a-z_]+)", re.IGNORECASE)
_READ: Final = re.compile(r"\s*SELECT", re.IGNORECASE)
_WRITTEN: Final = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)")

Told = TypeVar("Told", str, Sequence[Record])
Oracle = Callable[[UUID | None, frozenset[str]], Awaitable[None]]


@lru_cache(maxsize=2048)
def label(query: str) -> str:
    """Name a statement in the trace."""
    words = query.split(None, 2)
    table = _TABLE.search(query)
    return f"{words[0]} {table[1]}" if table and words[0] not in {"BEGIN;", "COMMIT", "ROLLBACK"} else words[0]


@lru_cache(maxsize=2048)
def may_wait(query: str) -> bool:
    """Say whether a statement may wait for another transaction."""
    return "FOR NO KEY UPDATE" in query or "pg_advisory_xact_lock(" in query or not _READ.match(query)


@lru_cache(maxsize=2048)
def written(query: str) -> frozenset[str]:
    """Return the tables that a statement writes."""
    return frozenset(_WRITTEN.findall(query))


class SimPool:
    """A bounded set of connections."""

    def __init__(self, connections: Sequence[Connection], scheduler: Scheduler, faults: Faults) -> None:
        """Lend out the real connections, each to one transaction at a time."""
        self._idle = list(connections)
        self.scheduler = scheduler
        self.faults = faults
        self.writers: list[SimConnection] = []
        """Transactions that may hold a lock."""
        self.committed: Oracle | None = None
        """Called after each commit that wrote, with its business and the tables it wrote, before anybody goes on."""
        self.accepted: Callable[[Job], None] | None = None
        """Called for each job that a commit brought to life."""
        self.stored: Callable[[], None] | None = None
        """Called where a statement was a transaction by itself."""
        self.commits = 0
        self.waits = 0
        self.set_role = ""
        """SQL added to each BEGIN of a business; a planted bug that must get round row level security sets it."""

    async def acquire(self) -> "SimConnection":
        """Lend a connection."""
        if self.faults.strikes(Fault.NO_CONNECTION) or not self._idle:
            self.scheduler.note("no connection")
            raise DatabaseUnavailable
        return SimConnection(self, self._idle.pop())

    async def release(self, connection: Connection) -> None:
        """Take it back; what is still open is rolled back."""
        assert isinstance(connection, SimConnection)
        await connection.end()
        self._idle.append(connection.real)


class SimConnection:
    """One session for one transaction."""

    def __init__(self, pool: SimPool, real: Connection) -> None:
        """Belong to the pool."""
        self._pool = pool
        self.real = real
        self.business_id: UUID | None = None
        self.jobs: list[Job] = []
        self._open = False
        self._dead = False
        self._aborted = False
        self._wrote: set[str] = set()

    def is_in_transaction(self) -> bool:
        """Say whether a transaction is open."""
        return self._open and not self._dead

    def terminate(self) -> None:
        """Drop the session; the pool rolls back when it is given back."""
        self._dead = True

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement, or begin and end a transaction."""
        if query.startswith("BEGIN"):
            return await self._begin(query)
        if query.endswith("COMMIT"):  # notices, which nobody hears here, go before it
            return await self._commit()
        if query == "ROLLBACK":
            await self._pool.scheduler.point("ROLLBACK")
            self._must_live()
            await self.end()
            return "ROLLBACK"
        if not self._open and not self._aborted:
            return await self._alone(query, *args)
        return await self._statement(query, lambda: self.real.execute(query, *args))

    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        """Run a statement and return its rows."""
        return await self._statement(query, lambda: self.real.fetch(query, *args))

    async def _alone(self, query: str, *args: object) -> str:
        """Run a statement that is a transaction by itself: it holds no lock, and may wait for somebody who does."""
        await self._pool.scheduler.point(label(query))
        await self._strike(Fault.KILLED_BEFORE_STATEMENT)
        while True:
            try:
                tag = await self.real.execute(query, *args)
            except asyncpg.LockNotAvailableError:
                await self._wait()
            else:
                break
        lost = self._pool.faults.strikes(Fault.COMMIT_REPLY_LOST)
        self._pool.commits += 1
        if self._pool.stored is not None:
            self._pool.stored()
        self._pool.scheduler.note("stored, reply lost" if lost else tag.lower())
        if lost:
            self._dead = True
            self._must_live()
        return tag

    async def stage(self, jobs: Sequence[Job]) -> None:
        """Keep jobs that come to life with the commit, and die with anything else."""
        await self._pool.scheduler.point("enqueue")
        await self._strike(Fault.KILLED_BEFORE_STATEMENT)
        self.jobs.extend(jobs)

    async def end(self) -> None:
        """Roll back what is open."""
        if self._open:
            self._open = False
            if not self._aborted:
                await self.real.execute("ROLLBACK")
            self._over()

    def _over(self) -> None:
        self.jobs = []
        if self in self._pool.writers:
            self._pool.writers.remove(self)
        self._pool.scheduler.transaction_ended()

    def _must_live(self) -> None:
        if self._dead:
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    async def _begin(self, query: str) -> str:
        await self._pool.scheduler.point("BEGIN")
        await self._strike(Fault.KILLED_BEFORE_STATEMENT)
        tenant = _TENANT.search(query)
        self.business_id = UUID(tenant[1]) if tenant else None
        tag = await self.real.execute(f"{query}; SET LOCAL {LOCK_WAIT}" + (self._pool.set_role if tenant else ""))
        self._open, self._aborted, self._wrote = True, False, set()
        return tag

    async def _commit(self) -> str:
        await self._pool.scheduler.point("COMMIT")
        await self._strike(Fault.KILLED_BEFORE_COMMIT)
        if self._aborted:
            self._over()
            self._open = False
            return "ROLLBACK"
        lost = self._pool.faults.strikes(Fault.COMMIT_REPLY_LOST)
        tag = await self.real.execute("COMMIT")
        self._open = False
        if tag == "COMMIT":
            self._pool.commits += 1
            for job in self.jobs:
                assert self._pool.accepted is not None
                self._pool.accepted(job)
            if self._wrote and self._pool.committed is not None:
                await self._pool.committed(self.business_id, frozenset(self._wrote))
        self._over()
        self._pool.scheduler.note("committed, reply lost" if lost else tag.lower())
        if lost:
            self._dead = True
            self._must_live()
        return tag

    async def _statement(self, query: str, run: Callable[[], Awaitable[Told]]) -> Told:
        scheduler = self._pool.scheduler
        await scheduler.point(label(query))
        await self._strike(Fault.KILLED_BEFORE_STATEMENT)
        if self._aborted:
            raise asyncpg.InFailedSQLTransactionError("current transaction is aborted")
        if not may_wait(query):
            return self._told(await run())
        await self._fail(Fault.SERIALIZATION, asyncpg.SerializationError("could not serialize access"))
        await self._fail(Fault.DEADLOCK, asyncpg.DeadlockDetectedError("deadlock detected"))
        if self not in self._pool.writers:
            self._pool.writers.append(self)
        while True:
            alone = len(self._pool.writers) == 1
            if not alone:
                await self.real.execute("SAVEPOINT before_lock")
            try:
                result = await run()
            except asyncpg.LockNotAvailableError:
                await self.real.execute("ROLLBACK TO before_lock")
                await self._wait()
                continue
            self._wrote |= written(query)
            return self._told(result)

    def _told(self, result: Told) -> Told:
        self._pool.scheduler.note(result.lower() if isinstance(result, str) else f"{len(result)} rows")
        return result

    async def _wait(self) -> None:
        self._pool.waits += 1
        self._pool.scheduler.note("waits for a lock")
        await self._fail(Fault.LOCK_TIMEOUT, asyncpg.LockNotAvailableError("canceling statement due to lock timeout"))
        try:
            await self._pool.scheduler.blocked()
        except asyncpg.DeadlockDetectedError:
            await self._abort()
            raise
        await self._strike(Fault.KILLED_BEFORE_STATEMENT)

    async def _fail(self, fault: Fault, error: Exception) -> None:
        if self._pool.faults.strikes(fault):
            self._pool.scheduler.note(fault)
            await self._abort()
            raise error

    async def _abort(self) -> None:
        """Put the transaction into the state PostgreSQL leaves after an error, without its locks."""
        await self.real.execute("ROLLBACK")
        self._aborted = True
        self._over()

    async def _strike(self, fault: Fault) -> None:
        self._must_live()
        if self._pool.faults.strikes(fault):
            self._pool.scheduler.note(fault)
            await self.end()
            self._dead = True
            self._must_live()


class SimJobs:
    """The job queue's end in a transaction: jobs come to life when it commits."""

    async def enqueue(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Store the jobs in the transaction that is open on the connection."""
        assert isinstance(connection, SimConnection)
        await connection.stage(jobs)
