"""What a transaction does when the database says no, or says nothing at all."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest

from payme.audit import record_events
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.ports import Connection, Record
from payme.kit.db.transaction import Database, Once, Scope, Tx
from payme.kit.errors import Busy, DatabaseUnavailable, KeyInProgress, KeyReused, OutcomeUnknown
from payme.kit.seams import Seams

Fault = Callable[[], BaseException]


def gone() -> BaseException:
    return asyncpg.ConnectionDoesNotExistError("the connection was closed in the middle of an operation")


def serialization() -> BaseException:
    return asyncpg.SerializationError("could not serialize access")


def deadlock() -> BaseException:
    return asyncpg.DeadlockDetectedError("deadlock detected")


def lock_timeout() -> BaseException:
    return asyncpg.LockNotAvailableError("canceling statement due to lock timeout")


@dataclass
class Faults:
    """Faults by statement: before it runs, or after it ran and only its answer is lost."""

    before: dict[str, list[Fault]] = field(default_factory=dict)
    after: dict[str, list[Fault]] = field(default_factory=dict)

    def strike(self, moment: dict[str, list[Fault]], query: str) -> None:
        waiting = next((faults for word, faults in moment.items() if word in query), None)
        if waiting:
            fault = waiting.pop(0)
            raise fault()


@dataclass
class FaultyConnection:
    real: Connection
    faults: Faults

    async def execute(self, query: str, *args: object) -> str:
        self.faults.strike(self.faults.before, query)
        tag = await self.real.execute(query, *args)
        self.faults.strike(self.faults.after, query)
        return tag

    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        self.faults.strike(self.faults.before, query)
        return await self.real.fetch(query, *args)

    def is_in_transaction(self) -> bool:
        return self.real.is_in_transaction()

    def terminate(self) -> None:
        self.real.terminate()


@dataclass
class FaultyPool:
    real: AsyncpgPool
    faults: Faults

    async def acquire(self) -> Connection:
        return FaultyConnection(await self.real.acquire(), self.faults)

    async def release(self, connection: Connection) -> None:
        assert isinstance(connection, FaultyConnection)
        await self.real.release(connection.real)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def faulty(app_pool: AsyncpgPool, faults: Faults) -> Database:
    return Database(FaultyPool(app_pool, faults), Seams(), record=record_events, jobs=PgQueuerJobs())


async def open_shop(tx: Tx) -> UUID:
    tx.write(
        "INSERT INTO businesses (business_id, name, created_at, updated_at) VALUES ($1, 'Duka', $2, $2)",
        tx.business_id,
        tx.now,
    )
    return tx.business_id


async def rename(tx: Tx, name: str) -> str:
    tx.write("UPDATE businesses SET name = name || $2 WHERE business_id = $1", tx.business_id, name)
    return name


async def name_of(database: Database, business_id: UUID) -> str:
    async def read(tx: Tx) -> str:
        return str(await tx.value("SELECT name FROM businesses WHERE business_id = $1", tx.business_id))

    return await database.transact(Scope.system("test", business_id), read)


@pytest.fixture
async def shop(database: Database) -> Scope:
    scope = Scope.system("test", uuid4())
    await database.transact(scope, open_shop)
    return scope


def once(key: str = "", body: bytes = b"body") -> Once[str]:
    fingerprint = body.ljust(32, b".")
    return Once(key or str(uuid4()), fingerprint, lambda told: StoredAnswer(201, f'"{told}"'))


@pytest.mark.parametrize("fault", [serialization, deadlock, gone])
async def test_a_conflict_before_the_commit_is_tried_again(
    faulty: Database, faults: Faults, shop: Scope, fault: Fault
) -> None:
    faults.before["UPDATE businesses"] = [fault, fault]

    await faulty.transact(shop, rename, "!")

    assert shop.business_id is not None
    assert await name_of(faulty, shop.business_id) == "Duka!"


@pytest.mark.parametrize(
    ("fault", "refusal"), [(serialization, Busy), (deadlock, Busy), (gone, DatabaseUnavailable), (lock_timeout, Busy)]
)
async def test_a_fault_that_stays_is_a_refusal_and_changes_nothing(
    faulty: Database, faults: Faults, shop: Scope, fault: Fault, refusal: type[Exception]
) -> None:
    faults.before["UPDATE businesses"] = [fault] * 10

    with pytest.raises(refusal):
        await faulty.transact(shop, rename, "!")

    assert shop.business_id is not None
    assert await name_of(faulty, shop.business_id) == "Duka"


async def test_waiting_for_a_lock_is_not_tried_again(faulty: Database, faults: Faults, shop: Scope) -> None:
    faults.before["UPDATE businesses"] = [lock_timeout, lock_timeout]

    with pytest.raises(Busy):
        await faulty.transact(shop, rename, "!")

    assert len(faults.before["UPDATE businesses"]) == 1


async def test_a_lost_answer_of_commit_is_found_by_its_key(faulty: Database, faults: Faults, shop: Scope) -> None:
    faults.after["COMMIT"] = [gone]
    request = once()

    answer = await faulty.transact_once(shop, request, rename, "!")

    assert (answer.status, answer.body, answer.replayed) == (201, '"!"', True)
    assert shop.business_id is not None
    assert await name_of(faulty, shop.business_id) == "Duka!"


async def test_a_commit_that_never_arrived_is_made_again(faulty: Database, faults: Faults, shop: Scope) -> None:
    faults.before["COMMIT"] = [gone]

    answer = await faulty.transact_once(shop, once(), rename, "!")

    assert not answer.replayed
    assert shop.business_id is not None
    assert await name_of(faulty, shop.business_id) == "Duka!"


async def test_without_a_key_a_lost_answer_is_said_to_be_unknown(faulty: Database, faults: Faults, shop: Scope) -> None:
    faults.after["COMMIT"] = [gone]

    with pytest.raises(OutcomeUnknown):
        await faulty.transact(shop, rename, "!")

    assert shop.business_id is not None
    assert await name_of(faulty, shop.business_id) == "Duka!"


async def test_a_lost_answer_that_stays_lost_is_unavailable(faulty: Database, faults: Faults, shop: Scope) -> None:
    faults.before["COMMIT"] = [gone] * 10

    with pytest.raises(DatabaseUnavailable):
        await faulty.transact_once(shop, once(), rename, "!")


async def test_the_same_key_is_answered_from_the_record(database: Database, shop: Scope) -> None:
    request = once()
    first = await database.transact_once(shop, request, rename, "!")
    second = await database.transact_once(shop, request, rename, "?")

    assert (second.status, second.body, second.replayed) == (first.status, first.body, True)
    assert shop.business_id is not None
    assert await name_of(database, shop.business_id) == "Duka!"


async def test_the_same_key_with_another_body_is_refused(database: Database, shop: Scope) -> None:
    request = once()
    await database.transact_once(shop, request, rename, "!")

    with pytest.raises(KeyReused):
        await database.transact_once(shop, once(request.key, b"other"), rename, "?")


async def test_the_same_key_while_it_runs_is_refused(database: Database, shop: Scope) -> None:
    request = once()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> str:
        begun.set()
        await go_on.wait()
        return await rename(tx, "!")

    running = asyncio.create_task(database.transact_once(shop, request, slow))
    await begun.wait()
    with pytest.raises(KeyInProgress):
        await database.transact_once(shop, request, rename, "!")
    go_on.set()

    assert (await running).replayed is False
    assert shop.business_id is not None
    assert await name_of(database, shop.business_id) == "Duka!"


async def test_two_shops_may_use_the_same_key(database: Database, shop: Scope) -> None:
    other = Scope.system("test", uuid4())
    await database.transact(other, open_shop)
    request = once()

    await database.transact_once(shop, request, rename, "!")
    answer = await database.transact_once(other, request, rename, "!")

    assert not answer.replayed


async def test_a_cancelled_request_leaves_no_transaction_behind(database: Database, shop: Scope) -> None:
    begun = asyncio.Event()

    async def hang(tx: Tx) -> None:
        await tx.value("SELECT name FROM businesses WHERE business_id = $1", tx.business_id)
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(database.transact(shop, hang))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await database.transact(shop, rename, "!")
    assert shop.business_id is not None
    assert await name_of(database, shop.business_id) == "Duka!"


async def test_a_swallowed_error_is_not_committed(database: Database, shop: Scope) -> None:
    async def swallow(tx: Tx) -> None:
        try:
            await tx.records("SELECT 1 / 0")
        except asyncpg.DivisionByZeroError:
            return

    with pytest.raises((AssertionError, asyncpg.InFailedSQLTransactionError)):
        await database.transact(shop, swallow)


async def test_a_job_exists_only_if_its_cause_was_committed(database: Database, shop: Scope, owner_dsn: str) -> None:
    name = f"job_{uuid4().hex}"

    async def enqueue(tx: Tx, *, fails: bool) -> None:
        tx.enqueue(name, {"what": "ever"}, delay_s=3600)
        await tx.flush()
        if fails:
            raise Busy

    with pytest.raises(Busy):
        await database.transact(shop, partial(enqueue, fails=True))
    connection = await asyncpg.connect(owner_dsn)
    assert await connection.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", name) == 0
    await database.transact(shop, partial(enqueue, fails=False))
    assert await connection.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", name) == 1
    await connection.close()
