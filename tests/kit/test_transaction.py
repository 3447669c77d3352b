"""The transaction: tenant, commit, retry, once."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from payme.app.assembly import record
from payme.kit.db.batching import groups, together
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.locks import LockOrderViolation, LockRank
from payme.kit.db.pool import AsyncpgPool, PoolLimits, open_pool
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.errors import Busy
from payme.kit.seams import Seams

HELD_S = 1.0
"""How long somebody keeps a lock for which nobody waits longer than a tenth of it."""


@dataclass(frozen=True)
class Named:
    """A row with a name."""

    name: str


def test_writes_are_joined_with_their_parameters_numbered_through() -> None:
    joined = together((("INSERT INTO a VALUES ($1, $2)", 2), ("UPDATE b SET x = $2 WHERE id = $1", 2)))

    assert "INSERT INTO a VALUES ($1, $2)" in joined
    assert "UPDATE b SET x = $4 WHERE id = $3" in joined


def test_a_row_is_never_written_twice_in_one_statement() -> None:
    insert, update = ("INSERT INTO a VALUES (1)", ()), ("UPDATE a SET x = 1", ())
    other = ("UPDATE b SET x = 1", ())

    assert list(groups([insert, insert, other, update, insert])) == [[insert, insert, other], [update], [insert]]


async def make_business(tx: Tx, business_id: UUID) -> UUID:
    tx.write(
        "INSERT INTO businesses (business_id, name, created_at, updated_at) VALUES ($1, $2, $3, $3)",
        business_id,
        "Duka",
        tx.now,
    )
    return business_id


async def count_businesses(tx: Tx) -> int:
    return int(await tx.value("SELECT count(*) FROM businesses"))


async def test_a_business_sees_itself_and_nobody_else(database: Database) -> None:
    first, second = uuid4(), uuid4()
    for business_id in (first, second):
        await database.transact(Scope.system("test", business_id), make_business, business_id)

    assert await database.transact(Scope.system("test", first), count_businesses) == 1
    assert await database.transact(Scope.system("test"), count_businesses) == 0


async def test_a_row_for_another_business_is_refused(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.transact(Scope.system("test", uuid4()), make_business, uuid4())


async def test_going_up_the_lock_order_is_a_bug(database: Database) -> None:
    async def climb(tx: Tx) -> None:
        await tx.lock(dict, LockRank.WALLET, "SELECT business_id FROM wallets WHERE business_id = $1", tx.business_id)
        await tx.lock(dict, LockRank.SALE, "SELECT id FROM sales WHERE business_id = $1", tx.business_id)

    with pytest.raises(LockOrderViolation):
        await database.transact(Scope.system("test", uuid4()), climb)


async def test_arrays_arrive_as_they_were_meant(app_pool: AsyncpgPool) -> None:
    ids, figures, counts = [uuid4(), None, uuid4()], [Decimal("-0.010"), Decimal("1E+3"), None], [-1, None, 2**31 - 1]
    words = ["a,b", '{"}', None]
    session = await app_pool.acquire()
    try:
        await session.execute("CREATE TEMP TABLE arrived (id uuid, figure numeric, count integer, word text)")
        insert = """
            INSERT INTO arrived SELECT * FROM unnest($1::uuid[], $2::numeric[], $3::integer[], $4::text[])
        """
        await session.execute(insert, ids, figures, counts, words)
        await session.execute(insert, [], [], None, [])
        arrived = [tuple(record.values()) for record in await session.fetch("SELECT * FROM arrived")]
        assert arrived == list(zip(ids, figures, counts, words, strict=True))
        assert str(arrived[0][1]) == "-0.010"
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await session.execute(insert, ["x"], figures, counts, words)
    finally:
        session.terminate()
        await app_pool.release(session)


async def test_a_lock_that_somebody_keeps_is_not_waited_for_without_end(owner_dsn: str, database: Database) -> None:
    business_id = uuid4()
    shop = Scope.system("test", business_id)
    await database.transact(shop, make_business, business_id)
    held = asyncio.Event()

    async def hold(tx: Tx) -> None:
        await tx.records("SELECT name FROM businesses WHERE business_id = $1 FOR UPDATE", tx.business_id)
        held.set()
        await asyncio.sleep(HELD_S)

    async def rename(tx: Tx) -> None:
        await held.wait()
        tx.write("UPDATE businesses SET name = 'Kiosk' WHERE business_id = $1", tx.business_id)

    hasty = await open_pool(owner_dsn, limits=PoolLimits(connections_max=1, lock_s=0.1))
    try:
        holding = asyncio.create_task(database.transact(shop, hold))
        with pytest.raises(Busy):
            await Database(hasty, Seams(), record=record, jobs=PgQueuerJobs()).transact(shop, rename)
        assert not holding.done()
        await holding
    finally:
        await hasty.close()


async def test_a_session_compiles_nothing_and_keeps_to_one_core(database: Database) -> None:
    async def planning(tx: Tx) -> tuple[object, object]:
        compiled = await tx.value("SELECT current_setting('jit')")
        return compiled, await tx.value("SELECT current_setting('max_parallel_workers_per_gather')")

    assert await database.transact(Scope.system("test"), planning) == ("off", "0")


async def test_statements_ride_with_a_read_and_each_gets_its_own_row(database: Database) -> None:
    async def read(tx: Tx) -> tuple[list[int], int, tuple[str, int]]:
        tx.carry("sum", "SELECT $1::integer + $2::integer AS answer", 40, 2)
        tx.carry("word", "SELECT $1::text AS word, $2::integer AS number", "duka", 7)
        rows = await tx.records("SELECT number FROM generate_series(1, $1::integer) AS number", 3)
        summed, word = (await tx.carried("sum")), (await tx.carried("word"))
        assert not tx.carries("sum")
        return sorted(row["number"] for row in rows), summed["answer"], (word["word"], word["number"])

    assert await database.transact(Scope.system("test"), read) == ([1, 2, 3], 42, ("duka", 7))


async def test_statements_that_no_read_came_by_for_go_together(database: Database) -> None:
    async def read(tx: Tx) -> tuple[int, int, list[object]]:
        tx.carry("one", "SELECT 1 AS number")
        tx.carry("two", "SELECT 2 AS number")
        second, first = await tx.carried("two"), await tx.carried("one")
        tx.carry("one", "SELECT 3 AS number")
        nothing = await tx.records("SELECT 1 WHERE false")
        assert (await tx.carried("one"))["number"] == 3
        return first["number"], second["number"], list(nothing)

    assert await database.transact(Scope.system("test"), read) == (1, 2, [])


async def test_what_rides_along_sees_what_was_written_before(database: Database) -> None:
    business_id = uuid4()

    async def open_and_ask(tx: Tx) -> str:
        await make_business(tx, business_id)
        tx.carry("named", "SELECT max(name) AS name FROM businesses WHERE business_id = $1", business_id)
        await tx.value("SELECT 1")
        return str((await tx.carried("named"))["name"])

    assert await database.transact(Scope.system("test", business_id), open_and_ask) == "Duka"


async def test_a_lock_that_rides_along_is_held_and_rises_like_any_other(database: Database) -> None:
    business_id = uuid4()
    await database.transact(Scope.system("test", business_id), make_business, business_id)
    by_id = "SELECT name FROM businesses WHERE business_id = $1"

    async def hold(tx: Tx) -> bool:
        tx.carry_lock("business", LockRank.WALLET, by_id, business_id)
        await tx.value("SELECT 1")
        assert (await tx.carried("business"))["name"] == "Duka"
        with pytest.raises(LockOrderViolation):
            tx.carry_lock("again", LockRank.SALE, by_id, business_id)
        return await database.transact(Scope.system("test", business_id), is_free)

    async def is_free(tx: Tx) -> bool:
        return bool(await tx.lock_free(Named, LockRank.WALLET, by_id, business_id))

    assert await database.transact(Scope.system("test", business_id), is_free)
    assert not await database.transact(Scope.system("test", business_id), hold)
