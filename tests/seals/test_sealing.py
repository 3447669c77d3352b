"""Entries are sealed once each, none is passed by, and whoever seals may die at any moment."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from payme import wallet
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.seams import Calm
from payme.seals import AuditEraMissing, list_heads, rules, seal_entries
from payme.seals.jobs import keep_sealing, seal_business
from tests.support.database import in_time
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.seals import KEYS, Notes, desk_of, judged, sealed_shop, seals_and_tells
from tests.support.shops import Shop, make_shop


class Crash(Exception):
    """The worker died."""


class CrashAt(Calm):
    def __init__(self, name: str) -> None:
        self.name = name

    async def point(self, name: str) -> None:
        if name == self.name:
            raise Crash


@pytest.fixture
async def owner(owner_dsn: str, database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


async def count_entries(owner: asyncpg.Connection, shop: Shop) -> int:
    found: int = await owner.fetchval("SELECT count(*) FROM audit_entries WHERE business_id = $1", shop.business_id)
    return found


async def test_everything_a_shop_did_is_sealed_and_stands(database: Database, owner: asyncpg.Connection) -> None:
    shop, anchors = await sealed_shop(database)

    verdict = await judged(shop, anchors)

    assert verdict.faults == ()
    assert (verdict.seals, verdict.entries, verdict.unsealed) == (4, await count_entries(owner, shop), 0)
    assert verdict.anchors == 4
    heads = await shop.transact(list_heads, None, 10)
    assert [head.number for head in heads] == [4, 3, 2, 1]
    assert heads[0].last_position == verdict.entries
    assert [head.number for head in await shop.transact(list_heads, 3, 1)] == [2]


async def test_what_is_not_sealed_yet_is_counted(database: Database) -> None:
    shop, _ = await sealed_shop(database)
    await has_tokens(shop, 1)

    verdict = await judged(shop)

    assert verdict.unsealed == 1
    assert verdict.unsealed_since is not None


async def test_an_entry_that_commits_late_is_not_passed_by(database: Database) -> None:
    shop = await make_shop(database)
    await seal_business(desk_of(database), shop.business_id)
    has_written, may_commit = asyncio.Event(), asyncio.Event()

    async def grant_slowly(tx: Tx) -> None:
        await tx.records("SELECT pg_current_xact_id()")  # its number is drawn before that of the other
        has_written.set()
        await may_commit.wait()
        await wallet.grant_tokens(tx, 1, "late")

    scope = Scope.system("test", shop.business_id)
    late = asyncio.create_task(database.transact(scope, grant_slowly))
    await has_written.wait()
    await has_stock(shop)

    assert await seal_business(desk_of(database), shop.business_id) == 0
    assert (await judged(shop)).unsealed == 2

    may_commit.set()
    await late
    assert await seal_business(desk_of(database), shop.business_id) == 1
    verdict = await judged(shop)
    assert (verdict.faults, verdict.unsealed) == ((), 0)


async def test_workers_that_seal_at_once_seal_each_entry_once(database: Database, owner: asyncpg.Connection) -> None:
    shop = await make_shop(database)
    for _ in range(12):
        await has_tokens(shop, 1)

    async def seal_small(_: int) -> None:
        while await database.transact(Scope.system("test", shop.business_id), seal_entries, KEYS, 2):
            pass

    await asyncio.gather(*map(seal_small, range(5)))

    verdict = await judged(shop)
    assert (verdict.faults, verdict.unsealed, verdict.entries) == ((), 0, await count_entries(owner, shop))
    assert verdict.seals == (verdict.entries + 1) // 2


@pytest.mark.parametrize("point", ["before_commit", "after_commit", "audit_sealed"])
async def test_a_worker_that_dies_leaves_the_rest_to_the_next(database: Database, point: str) -> None:
    shop, notes = await make_shop(database), Notes()
    dying = in_time(database, database.seams.clock.now(), CrashAt(point))

    with pytest.raises(Crash):
        await seals_and_tells(dying, notes, shop)
    await has_tokens(shop, 1)
    await seals_and_tells(database, notes, shop)

    verdict = await judged(shop, notes.anchors)
    assert (verdict.faults, verdict.unsealed) == ((), 0)
    assert notes.anchors[-1].number == verdict.seals


async def test_the_worker_seals_by_itself(database: Database) -> None:
    shop = await make_shop(database)
    stop = asyncio.Event()
    work = asyncio.create_task(keep_sealing(desk_of(database), stop))
    async with asyncio.timeout(60):
        while (await judged(shop)).unsealed:  # noqa: ASYNC110  as whoever looks from outside
            await asyncio.sleep(0.05)
    stop.set()
    await work


async def test_after_a_restore_into_another_cluster_sealing_goes_on(
    database: Database, owner: asyncpg.Connection
) -> None:
    shop, notes = await make_shop(database), Notes()
    sugar = await has_stock(shop)
    # The cluster that was counted transactions much higher, and somebody sold just before the dump.
    await owner.execute(
        """UPDATE audit_entries SET transaction_id = (transaction_id::text::bigint + 1e12::bigint)::text::xid8
            WHERE business_id = $1""",
        shop.business_id,
    )
    era = await owner.fetchval("SELECT begin_audit_era()")
    await seals_and_tells(database, notes, shop)
    await opens_sale(shop, (sugar, "1"), cash="150.00")
    await seals_and_tells(database, notes, shop)
    await opens_sale(shop, (sugar, "1"), cash="150.00")
    await seals_and_tells(database, notes, shop)

    verdict = await judged(shop, notes.anchors)
    assert (verdict.faults, verdict.unsealed, verdict.seals) == ((), 0, 3)
    eras = await owner.fetch("SELECT era FROM audit_seals WHERE business_id = $1 ORDER BY number", shop.business_id)
    assert [row["era"] for row in eras] == [era - 1, era, era]

    await owner.execute(  # somebody puts an entry into the era that is over
        """INSERT INTO audit_entries (business_id, id, sequence, transaction_id, at, actor_kind, actor_name, request_id,
                                      action, subject_id, facts)
           OVERRIDING SYSTEM VALUE
           SELECT business_id, gen_random_uuid(), 0, (transaction_id::text::bigint * 2)::text::xid8, at, actor_kind,
                  actor_name, request_id, action, subject_id, facts
             FROM audit_entries WHERE business_id = $1 ORDER BY sequence LIMIT 1""",
        shop.business_id,
    )
    (fault,) = (await judged(shop, notes.anchors)).faults
    assert fault.kind == "entry_added"


async def test_a_restore_that_nobody_told_of_is_noticed(database: Database, owner: asyncpg.Connection) -> None:
    shop = await make_shop(database)
    await owner.execute(
        "UPDATE audit_entries SET transaction_id = '1000000000000' WHERE business_id = $1", shop.business_id
    )
    era = await owner.fetchval("SELECT begin_audit_era()")
    await seal_business(desk_of(database), shop.business_id)
    forgotten = await owner.fetchrow("DELETE FROM audit_eras WHERE number = $1 RETURNING *", era)
    try:
        with pytest.raises(AuditEraMissing) as missing:
            await seal_business(desk_of(database), shop.business_id)
        assert missing.value.sealed_transaction == 10**12
    finally:
        await owner.execute("INSERT INTO audit_eras VALUES ($1, $2, $3, $4, $5, $6, $7)", *tuple(forgotten or ()))


async def test_a_business_without_an_audit_has_nothing_wrong_with_it(database: Database) -> None:
    shop = await make_shop(database)

    verdict = await judged(shop, business_id=UUID(int=7))

    assert (verdict.seals, verdict.unsealed, verdict.faults) == (0, 0, ())


async def test_an_audit_that_is_gone_is_not_listed_without_end(database: Database, owner: asyncpg.Connection) -> None:
    shop, _ = await sealed_shop(database, sales=15)
    await owner.execute("DELETE FROM audit_entries WHERE business_id = $1", shop.business_id)

    assert len((await judged(shop)).faults) == rules.FAULTS_MAX
