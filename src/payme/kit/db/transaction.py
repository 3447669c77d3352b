"""The only file with begin, commit, rollback and retry.

``Database.transact`` opens a transaction, sets the tenant, lets the scope admit its actor, runs one command, writes
what the command emitted (audit entries, jobs) and commits. ``Database.transact_once`` also keeps the answer under
an Idempotency-Key, in the same transaction as the effect.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, TypeVarTuple
from uuid import UUID

import asyncpg

from payme.kit.actor import Actor
from payme.kit.db import batching, idempotency
from payme.kit.db.companions import Companions
from payme.kit.db.failures import CONNECTION_LOST, CommitAnswerLost, refusal_for
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.ids import Ids
from payme.kit.db.locks import LockOrderViolation, LockRank
from payme.kit.db.ports import Connection, Job, JobQueue, Pool, Record
from payme.kit.db.rows import Row, read_all
from payme.kit.errors import OutcomeUnknown
from payme.kit.events import Event
from payme.kit.seams import Seams

ATTEMPTS_MAX = 4
NOTICES = "payme_notices"
"""The channel of ``Tx.notify``: ids in hexadecimal, with spaces between."""
SNAPSHOT_STATEMENT_TIMEOUT = "300s"
_OURS = "FOR NO KEY UPDATE"
_BEGIN = "BEGIN"
# A command finds its rows by their keys, so its plan is the same whatever its values; left to itself PostgreSQL takes
# the lengths of the arrays for news and plans the writes anew each time, which costs more than running them.
_BEGIN_COMMAND = "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan"
_BEGIN_SNAPSHOT = (
    f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '{SNAPSHOT_STATEMENT_TIMEOUT}'"
)

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a transaction runs: the tenant, and how the actor proves what it may."""

    business_id: UUID | None
    admit: Callable[["Tx"], Awaitable[Actor]]
    request_id: str

    @classmethod
    def system(cls, part: str, business_id: UUID | None = None, request_id: str = "") -> "Scope":
        """Return the scope of a job or of the command line."""

        async def admit(_: "Tx") -> Actor:
            return Actor.system(part)

        return cls(business_id=business_id, admit=admit, request_id=request_id or part)


@dataclass(frozen=True, slots=True)
class Once(Generic[Result]):
    """An Idempotency-Key, what the request was, and how its result is told."""

    key: str
    fingerprint: bytes
    tell: Callable[[Result], StoredAnswer]


class Tx:
    """One open transaction: the only way to the database.

    Writes are collected and sent together before the commit, or before a read of a table they write, so a command
    costs few round trips.
    """

    def __init__(self, connection: Connection, scope: Scope, seams: Seams) -> None:
        """Belong to ``Database``; commands are given one and never make one."""
        self._connection = connection
        self._scope = scope
        self._seams = seams
        self._writes: list[tuple[str, tuple[object, ...]]] = []
        self._companions = Companions()
        self._held: LockRank | None = None
        self.events: list[Event] = []
        self.jobs: list[Job] = []
        self.notices: list[str] = []
        self.now: datetime = seams.clock.now()
        self.new_id: Callable[[], UUID] = Ids(self.now, seams.randomness)
        """Makes an id."""
        self.actor = Actor(kind="visitor", name="visitor")

    @property
    def business_id(self) -> UUID:
        """The tenant; a command without one may not ask for it."""
        assert self._scope.business_id is not None, "this transaction has no business"  # noqa: S101
        return self._scope.business_id

    @property
    def has_business(self) -> bool:
        """Whether the transaction belongs to a tenant."""
        return self._scope.business_id is not None

    @property
    def has_writes(self) -> bool:
        """Whether writes are collected that were not sent yet."""
        return bool(self._writes)

    @property
    def request_id(self) -> str:
        """The id under which the request or job is logged."""
        return self._scope.request_id

    def new_secret(self) -> str:
        """Make a secret of 256 bits."""
        return self._seams.new_secret()

    def new_nonce(self) -> bytes:
        """Make 96 random bits, to encrypt one thing with."""
        return self._seams.new_bytes(12)

    def emit(self, event: Event) -> None:
        """Say what happened; it is recorded when the transaction commits, and only then."""
        self.events.append(event)

    def enqueue(self, name: str, payload: dict[str, str], *, delay_s: float = 0.0) -> None:
        """Ask the worker to run ``name``; the job exists if and only if the transaction commits."""
        self.jobs.append(Job(name, payload, delay_s))

    def notify(self, ids: Sequence[UUID]) -> None:
        """Tell whoever listens on ``NOTICES`` that things with these ids changed; they hear it after the commit.

        It goes with COMMIT, so it costs no round trip. A notice that is lost must not matter: nothing but ids is told.
        """
        self.notices.append(" ".join(UUID(str(one)).hex for one in ids))

    def write(self, statement: str, *args: object) -> None:
        """Collect an INSERT, UPDATE or DELETE to be sent with the others."""
        self._writes.append((statement, args))

    async def lock(self, row_type: type[Row], rank: LockRank, select: str, *args: object) -> list[Row]:
        """Run a SELECT with FOR UPDATE: the rows are ours until the transaction ends.

        Raises LockOrderViolation where the rank is not higher than every rank held.
        """
        self._rise_to(rank)
        return read_all(row_type, await self.records(f"{select.rstrip()}\n{_OURS}", *args))

    async def lock_free(self, row_type: type[Row], rank: LockRank, select: str, *args: object) -> list[Row]:
        """Do as ``lock``, and pass by the rows that somebody else holds, for work of which any part will do."""
        self._rise_to(rank)
        return read_all(row_type, await self.records(f"{select.rstrip()}\n{_OURS} SKIP LOCKED", *args))

    async def claim(self, row_type: type[Row], rank: LockRank, upsert: str, *args: object) -> list[Row]:
        """Run an INSERT … ON CONFLICT DO UPDATE … RETURNING: its rows, new or old, are ours until the transaction ends.

        Raises LockOrderViolation where the rank is not higher than every rank held.
        """
        self._rise_to(rank)
        return await self.rows(row_type, upsert, *args)

    async def guard(self, rank: LockRank, name: str) -> None:
        """Hold something that has no row yet, by its name, until the transaction ends.

        Raises LockOrderViolation where the rank is not higher than every rank held.
        """
        self._rise_to(rank)
        await self.records("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", name, int(rank))

    def _rise_to(self, rank: LockRank) -> None:
        if self._held is not None and rank <= self._held:
            raise LockOrderViolation(self._held, rank)
        self._held = rank

    async def rows(self, row_type: type[Row], select: str, *args: object) -> list[Row]:
        """Run a SELECT and return its rows."""
        return read_all(row_type, await self.records(select, *args))

    async def row(self, row_type: type[Row], select: str, *args: object) -> Row | None:
        """Run a SELECT and return its only row, or None."""
        found = await self.rows(row_type, select, *args)
        assert len(found) <= 1, "one row expected"  # noqa: S101
        return found[0] if found else None

    async def value(self, select: str, *args: object) -> Any:  # noqa: ANN401  the statement decides
        """Run a SELECT and return the first column of its first row, or None."""
        records = await self.records(select, *args)
        return records[0][0] if records else None

    async def records(self, statement: str, *args: object) -> Sequence[Record]:
        """Run a statement (also a write with RETURNING) and return its rows.

        Pending writes are sent first where the statement names one of their tables, so a command reads its own writes.
        """
        return await self._fetch(statement, args)

    async def _fetch(self, asked: str | None, args: tuple[object, ...] = ()) -> Sequence[Record]:
        statement, args = self._companions.join(asked, args)
        if any(batching.names(statement, batching.target_of(text)[0]) for text, _ in self._writes):
            await self.flush()
        return self._companions.part(await self._connection.fetch(statement, *args))

    def carries(self, name: str) -> bool:
        """Whether the statement of that name came along with a read, or waits for one."""
        return name in self._companions

    def carry(self, name: str, statement: str, *args: object) -> None:
        """Let the next read take a statement along that answers one row, so that both cost one round trip.

        The read's rows then come in no order.
        """
        self._companions.add(name, statement, args)

    def carry_lock(self, name: str, rank: LockRank, select: str, *args: object) -> None:
        """Let the next read take along a SELECT of one row with FOR UPDATE; it is ours from then on.

        Raises LockOrderViolation as ``lock`` does.
        """
        self._rise_to(rank)
        self._companions.add(name, f"{select.rstrip()}\n{_OURS}", args)

    async def carried(self, name: str) -> Record:
        """Return the row of a carried statement; where no read came by, all that wait go now."""
        if not self._companions.has_row(name):
            await self._fetch(None)
        return self._companions.pop(name)

    async def flush(self) -> None:
        """Send the collected writes, as one statement where no row could be written twice."""
        writes, self._writes = self._writes, []
        for group in batching.groups(writes):
            statement = batching.together(tuple((text, len(args)) for text, args in group))
            await self._connection.execute(statement, *(arg for _, args in group for arg in args))


class Database:
    """Transactions over a pool."""

    def __init__(self, pool: Pool, seams: Seams, *, record: Callable[[Tx], None], jobs: JobQueue) -> None:
        """``record`` turns emitted events into audit entries and jobs; ``jobs`` stores the jobs."""
        self._pool = pool
        self._seams = seams
        self._record = record
        self._jobs = jobs

    @property
    def seams(self) -> Seams:
        """The clock, randomness and chaos this database was given."""
        return self._seams

    async def transact(self, scope: Scope, work: Callable[[Tx, *Args], Awaitable[Result]], *args: *Args) -> Result:
        """Run a command in one transaction.

        Raises whatever the command refuses, Busy, DatabaseUnavailable, and OutcomeUnknown where the answer of COMMIT
        was lost.
        """

        async def once_through(connection: Connection) -> Result:
            tx = await self._open(connection, scope)
            result = await work(tx, *args)
            await self._finish(tx, connection)
            return result

        return await self._attempts(once_through, lost_commit=OutcomeUnknown)

    async def store(self, statement: str, *args: object) -> None:
        """Run one INSERT … ON CONFLICT DO NOTHING by itself: a transaction of one round trip, for no tenant's table.

        It is sent again where its answer was lost, so it must say under which id it stores.
        Raises Busy and DatabaseUnavailable.
        """

        async def once_through(connection: Connection) -> None:
            await self._seams.chaos.point("before_begin")
            await connection.execute(statement, *args)
            await self._seams.chaos.point("after_commit")

        await self._attempts(once_through, lost_commit=None)

    async def snapshot(self, scope: Scope, work: Callable[[Tx, *Args], Awaitable[Result]], *args: *Args) -> Result:
        """Run a query that sees the books at one instant however many statements it takes, and can write nothing.

        A statement may take longer than elsewhere: ``SNAPSHOT_STATEMENT_TIMEOUT``. Raises what ``transact`` raises but
        OutcomeUnknown.
        """

        async def once_through(connection: Connection) -> Result:
            tx = await self._open(connection, scope, _BEGIN_SNAPSHOT)
            result = await work(tx, *args)
            assert not any((tx.events, tx.jobs, tx.has_writes)), "a snapshot only reads"  # noqa: S101
            await self._roll_back(connection)
            return result

        return await self._attempts(once_through, lost_commit=None)

    async def transact_once(
        self,
        scope: Scope,
        once: Once[Result],
        work: Callable[[Tx, *Args], Awaitable[Result]],
        *args: *Args,
    ) -> StoredAnswer:
        """Run a command at most once for its key and keep the answer beside the effect.

        A lost answer of COMMIT is settled by looking the key up. Raises KeyInProgress and KeyReused besides what
        ``transact`` raises.
        """

        async def once_through(connection: Connection) -> StoredAnswer:
            tx = await self._open(connection, scope, _BEGIN_COMMAND, look_up=once.key)
            stored = await idempotency.find_or_claim(tx, once.key, once.fingerprint)
            if stored is not None:
                await self._roll_back(connection)
                return stored
            answer = once.tell(await work(tx, *args))
            idempotency.keep(tx, once.key, once.fingerprint, answer)
            await self._finish(tx, connection)
            return answer

        return await self._attempts(once_through, lost_commit=None)

    async def _open(
        self, connection: Connection, scope: Scope, begin: str = _BEGIN, *, look_up: str | None = None
    ) -> Tx:
        await self._seams.chaos.point("before_begin")
        if scope.business_id is not None:
            # A literal, because on Citus set_config() is not carried to the shards; UUID() is the escaping.
            begin += f"; SET LOCAL payme.business_id = '{UUID(str(scope.business_id))}'"
        await connection.execute(begin)
        tx = Tx(connection, scope, self._seams)
        if look_up is not None:
            idempotency.look_up(tx, look_up)
        tx.actor = await scope.admit(tx)
        return tx

    async def _finish(self, tx: Tx, connection: Connection) -> None:
        self._record(tx)
        await tx.flush()
        if tx.jobs:
            await self._jobs.enqueue(connection, tx.jobs)
        await self._seams.chaos.point("before_commit")
        try:
            # Not pg_notify() beside a write: on Citus that would run on the shard, where nobody listens.
            notices = "".join(f"NOTIFY {NOTICES}, '{text}'; " for text in tx.notices)
            tag = await connection.execute(f"{notices}COMMIT")
        except CONNECTION_LOST as lost:
            raise CommitAnswerLost from lost
        if tag != "COMMIT":
            raise AssertionError(f"COMMIT answered {tag}: an error inside the transaction was swallowed")
        await self._seams.chaos.point("after_commit")

    async def _attempts(
        self,
        once_through: Callable[[Connection], Awaitable[Result]],
        *,
        lost_commit: type[OutcomeUnknown] | None,
    ) -> Result:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                async with self._connection() as connection:
                    return await once_through(connection)
            except (asyncpg.PostgresError, *CONNECTION_LOST, CommitAnswerLost) as error:
                refusal = refusal_for(error, lost_commit=lost_commit, last=attempt == ATTEMPTS_MAX)
                if refusal is error:
                    raise
                if refusal is not None:
                    raise refusal from error
            await self._seams.clock.sleep(self._seams.randomness.uniform(0.005, 0.05) * 2**attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = await self._pool.acquire()
        try:
            yield connection
        except (*CONNECTION_LOST, CommitAnswerLost):
            connection.terminate()  # also where no transaction is open: nobody may be given this session again
            raise
        except Exception:
            await self._roll_back(connection)
            raise
        except BaseException:  # cancelled: whatever is in flight on the session must not be waited for
            connection.terminate()
            raise
        finally:
            await self._pool.release(connection)

    @staticmethod
    async def _roll_back(connection: Connection) -> None:
        try:
            if connection.is_in_transaction():
                await connection.execute("ROLLBACK")
        except (*CONNECTION_LOST, asyncpg.PostgresError):
            connection.terminate()
