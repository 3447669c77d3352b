"""A callback is handed out once at a time, tried eight times, and ends where a person can see it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from payme import callbacks
from payme.callbacks import (
    MOVES,
    TRIES_MAX,
    Arrival,
    Callback,
    CallbackNotFound,
    CallbackState,
    PathKind,
    jobs,
    repository,
    rules,
    services,
)
from payme.callbacks.errors import CallbackNotMovable
from payme.callbacks.types import LEASE_S
from payme.kit.db.transaction import Database, Scope, Tx
from payme.settlement.jobs import drain_callbacks
from tests.support.daraja import Counter, callback_state, not_paid, paid, stores
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop
from tests.support.together import together

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANYWHERE = Scope.system("test")
LONGEST_WAIT_S = 5.0


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture(autouse=True)
async def quiet(owner_dsn: str, database: Database) -> None:
    """Nobody else's callbacks wait."""
    del database  # the tables are made with it
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("UPDATE callbacks SET state = 'orphan' WHERE state = 'received'")
    await connection.close()


async def path_to(shop: Shop, kind: PathKind, subject_id: UUID) -> str:
    async def make(tx: Tx) -> str:
        return callbacks.open_path(tx, kind, subject_id)

    return await shop.transact(make)


async def poison(shop: Shop) -> UUID:
    """A callback on a path whose payment is gone: each try breaks."""
    secret = await path_to(shop, PathKind.STK, shop.database.seams.new_id())
    return await stores(shop.database, Arrival(secret, b"{}", "", ""))


async def due_now(owner_dsn: str) -> None:
    """Let the pauses pass."""
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("UPDATE callbacks SET due_at = now() WHERE state = 'received'")
    await connection.close()


@pytest.mark.parametrize("word", ["mpesa", "M-Pesa", "Safaricom", "exe", "EXEC", "cmd", "Sql", "query"])
def test_a_secret_loses_every_word_that_safaricom_refuses(word: str) -> None:
    assert word not in rules.secret_of(f"Zx7{word}-9")


async def test_paths_are_made_without_the_letters_of_such_words(shop: Shop) -> None:
    secrets = [await path_to(shop, PathKind.CONFIRMATION, shop.business_id) for _ in range(9)]

    assert len(set(secrets)) == len(secrets)
    assert all(len(secret) >= 43 for secret in secrets)
    assert not set("eEmMsS") & set("".join(secrets))


def a_callback(state: CallbackState) -> Callback:
    return Callback(UUID(int=1), b"", b"", "", "", False, state, "", 1, None, None, NOON, NOON)


@pytest.mark.parametrize("before", CallbackState)
@pytest.mark.parametrize("after", CallbackState)
def test_only_the_legal_moves_are_made(before: CallbackState, after: CallbackState) -> None:
    if after in MOVES[before]:
        assert rules.move(a_callback(before), after) is after
    else:
        with pytest.raises(CallbackNotMovable):
            rules.move(a_callback(before), after)


def test_all_tries_are_over_within_a_minute() -> None:
    pauses = [rules.pause_s(attempt) for attempt in range(1, TRIES_MAX)]

    assert pauses == sorted(pauses)
    assert sum(pauses) < 60
    assert not rules.is_spent(TRIES_MAX - 1)
    assert rules.is_spent(TRIES_MAX)


async def test_what_waits_is_applied_by_whoever_looks(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop)
    payment = await counter.asks(opened.sale.id)
    secret = counter.daraja.secret_of(payment)
    ids = [await counter.stores(body, secret) for body in (paid(payment), paid(payment), not_paid(payment))]
    ids.append(await counter.stores(b"{}", "nobody's path"))

    assert await drain_callbacks(shop.database) == 4
    assert await drain_callbacks(shop.database) == 0

    states = [await callback_state(shop, callback_id) for callback_id in ids]
    assert states[3] is CallbackState.ORPHAN
    assert CallbackState.RECEIVED not in states
    assert (await counter.payment(payment.id)).state == "succeeded"


async def test_eight_workers_that_look_at_once_share_the_work(shop: Shop) -> None:
    ids = [await stores(shop.database, Arrival(f"path {number}", b"{}", "", "")) for number in range(20)]
    ids += [await poison(shop) for _ in range(20)]

    taken = await together(8, lambda _: shop.database.transact(ANYWHERE, callbacks.lease_callbacks, 10))

    leased = [one.id for part in taken if isinstance(part, list) for one in part]
    assert len(leased) == len(set(leased))
    assert set(leased) <= set(ids)
    assert await shop.database.transact(ANYWHERE, callbacks.lease_callbacks, 100) == [] or len(leased) < 40


async def test_a_worker_that_died_leaves_its_callbacks_to_others_after_a_while(shop: Shop, owner_dsn: str) -> None:
    await poison(shop)
    (leased,) = await shop.database.transact(ANYWHERE, callbacks.lease_callbacks, 10)
    assert leased.attempts == 1
    assert await drain_callbacks(shop.database) == 0

    connection = await asyncpg.connect(owner_dsn)
    back = timedelta(seconds=LEASE_S)
    await connection.execute("UPDATE callbacks SET due_at = due_at - $1::interval WHERE id = $2", back, leased.id)
    await connection.close()

    (again,) = await shop.database.transact(ANYWHERE, callbacks.lease_callbacks, 10)
    assert (again.id, again.attempts) == (leased.id, 2)


async def test_poison_is_dead_after_eight_tries_and_blocks_nobody(shop: Shop, owner_dsn: str) -> None:
    poisoned = await poison(shop)
    sugar = await has_stock(shop)
    counter = Counter(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    payment = await counter.asks(opened.sale.id)
    sound = await counter.stores(paid(payment), counter.daraja.secret_of(payment))

    tries = 0
    while await callback_state(shop, poisoned) is CallbackState.RECEIVED:
        tries += await drain_callbacks(shop.database, at_once=1) > 0
        assert await callback_state(shop, sound) is CallbackState.APPLIED
        await due_now(owner_dsn)

    assert tries == TRIES_MAX
    dead = await shop.transact(callbacks.get_callback, poisoned)
    assert (dead.state, dead.reason, dead.attempts) == (CallbackState.DEAD, "PaymentNotFound", TRIES_MAX)


async def test_a_database_that_is_away_uses_up_no_tries(shop: Shop) -> None:
    await poison(shop)
    (leased,) = await shop.database.transact(ANYWHERE, callbacks.lease_callbacks, 10)

    async def put_back(tx: Tx, at_fault: bool) -> None:
        await callbacks.put_back(tx, leased, at_fault=at_fault)

    await shop.database.transact(ANYWHERE, put_back, False)
    assert (await _row(shop, leased.id)).attempts == 0


async def _row(shop: Shop, callback_id: UUID) -> Callback:
    return await shop.database.transact(ANYWHERE, callbacks.lock_callback, callback_id)


async def test_the_dead_can_be_replayed_by_the_owner_and_die_again(shop: Shop, owner_dsn: str) -> None:
    poisoned = await poison(shop)
    for _ in range(TRIES_MAX):
        await drain_callbacks(shop.database)
        await due_now(owner_dsn)
    assert await callback_state(shop, poisoned) is CallbackState.DEAD

    replayed = await shop.transact(callbacks.replay, poisoned)

    assert (replayed.state, replayed.attempts) == (CallbackState.RECEIVED, 0)
    with pytest.raises(CallbackNotMovable):
        await shop.transact(callbacks.replay, poisoned)
    assert await drain_callbacks(shop.database) == 1


async def test_a_quarantined_callback_is_rejected_once_and_for_ever(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop)
    payment = await counter.asks(opened.sale.id)
    callback_id = await counter.stores(paid(payment, amount="1"), counter.daraja.secret_of(payment))
    await drain_callbacks(shop.database)

    rejected = await shop.transact(callbacks.reject, callback_id, "not in the statement")

    assert rejected.state is CallbackState.REJECTED
    assert rejected.payment_id == payment.id
    for decide in (callbacks.replay, lambda tx, one: callbacks.reject(tx, one, "again")):
        with pytest.raises(CallbackNotMovable):
            await shop.transact(decide, callback_id)


async def test_another_shops_callbacks_do_not_exist(database: Database, shop: Shop, owner_dsn: str) -> None:
    poisoned = await poison(shop)
    for _ in range(TRIES_MAX):
        await drain_callbacks(database)
        await due_now(owner_dsn)
    other = await make_shop(database)

    assert await other.transact(callbacks.queries.list_callbacks, None, None, 50) == []
    for act in (callbacks.get_callback, callbacks.replay, lambda tx, one: callbacks.reject(tx, one, "mine")):
        with pytest.raises(CallbackNotFound):
            await other.transact(act, poisoned)
    with pytest.raises(CallbackNotFound):
        await shop.transact(callbacks.get_callback, UUID(int=0))


async def test_what_is_closed_stays_closed(shop: Shop) -> None:
    callback_id = await stores(shop.database, Arrival("path", b"{}", "", ""))
    assert await drain_callbacks(shop.database) == 1
    assert await drain_callbacks(shop.database) == 0
    assert await shop.transact(callbacks.bury, callback_id, "late") is CallbackState.ORPHAN
    with pytest.raises(CallbackNotFound):
        await shop.transact(callbacks.bury, UUID(int=0), "late")


async def test_guessed_paths_are_closed_by_the_look_itself_and_keep_nobody_waiting(shop: Shop) -> None:
    guessed = [await stores(shop.database, Arrival(f"guess {number}", b"{}", "", "")) for number in range(200)]
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop)
    payment = await counter.asks(opened.sale.id)
    meant = await counter.stores(paid(payment), counter.daraja.secret_of(payment))

    taken = await shop.database.transact(ANYWHERE, callbacks.lease_callbacks, 1000)

    assert [one.id for one in taken if one.address is not None] == [meant]
    assert {one.id for one in taken if one.address is None} == set(guessed)
    assert {await callback_state(shop, one) for one in guessed} == {CallbackState.ORPHAN}
    assert await callback_state(shop, meant) is CallbackState.RECEIVED


async def test_nobody_waits_for_a_slow_one(shop: Shop, owner_dsn: str) -> None:
    """A callback whose payment is held up by somebody else holds up nobody but itself."""
    counter = Counter(shop)
    held, ids = None, []
    for _ in range(5):
        sugar = await has_stock(shop)
        opened = await opens_sale(shop, (sugar, "1"))
        payment = await counter.asks(opened.sale.id)
        held = held or payment
        ids.append(await counter.stores(paid(payment), counter.daraja.secret_of(payment)))
    assert held is not None
    connection = await asyncpg.connect(owner_dsn)
    try:
        async with connection.transaction():
            await connection.fetch("SELECT FROM payments WHERE id = $1 FOR UPDATE", held.id)
            drained = asyncio.create_task(drain_callbacks(shop.database, at_once=2))
            async with asyncio.timeout(LONGEST_WAIT_S):
                while [await callback_state(shop, one) for one in ids[1:]] != [CallbackState.APPLIED] * 4:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert await callback_state(shop, ids[0]) is CallbackState.RECEIVED
        assert await drained == 5
    finally:
        await connection.close()
    assert await callback_state(shop, ids[0]) is CallbackState.APPLIED


async def aged(owner_dsn: str, callback_id: UUID, age: timedelta, state: CallbackState | None = None) -> None:
    """Let a callback have come that long ago, and be in a state."""
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute(
        "UPDATE callbacks SET received_at = now() - $2::interval, state = coalesce($3, state) WHERE id = $1",
        callback_id,
        age,
        state,
    )
    await connection.close()


async def is_kept(shop: Shop, callback_id: UUID) -> bool:
    async def look(tx: Tx) -> bool:
        return bool(await tx.value("SELECT EXISTS (SELECT FROM callbacks WHERE id = $1)", callback_id))

    return await shop.transact(look)


async def test_old_orphans_are_forgotten_and_young_ones_stay(
    shop: Shop, owner_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages = [timedelta(days=31)] * 5 + [timedelta(days=29)]
    ids = [await stores(shop.database, Arrival(f"guess {number}", b"{}", "", "")) for number in range(6)]
    await drain_callbacks(shop.database)
    for callback_id, age in zip(ids, ages, strict=True):
        await aged(owner_dsn, callback_id, age)
    monkeypatch.setattr(services, "FORGOTTEN_AT_ONCE", 2)

    assert await jobs.forget_orphans(shop.database, 30) == 5

    assert [await is_kept(shop, one) for one in ids] == [False] * 5 + [True]
    assert await jobs.forget_orphans(shop.database, 30) == 0


@pytest.mark.parametrize("state", [state for state in CallbackState if state is not CallbackState.ORPHAN])
async def test_what_may_be_evidence_of_money_is_never_forgotten(
    shop: Shop, owner_dsn: str, state: CallbackState
) -> None:
    callback_id = await poison(shop)
    await aged(owner_dsn, callback_id, timedelta(days=5000), state)

    await jobs.forget_orphans(shop.database, 1)

    assert await is_kept(shop, callback_id)
    await aged(owner_dsn, callback_id, timedelta(days=5000), CallbackState.RECEIVED)
    await drain_callbacks(shop.database)


async def test_the_app_role_can_delete_no_callback_but_an_old_orphan(shop: Shop) -> None:
    callback_id = await stores(shop.database, Arrival("guess", b"{}", "", ""))
    await drain_callbacks(shop.database)

    async def delete(tx: Tx) -> None:
        tx.write("DELETE FROM callbacks WHERE id = $1", callback_id)

    async def forget_all(tx: Tx) -> int:
        return await repository.forget_orphans(tx, tx.now + timedelta(days=1), 1000)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await shop.transact(delete)
    await shop.transact(forget_all)
    assert await is_kept(shop, callback_id)


async def test_loose_ends_are_counted_and_listed_over_all_shops(shop: Shop) -> None:
    await stores(shop.database, Arrival("path", b"{}", "", ""))
    await drain_callbacks(shop.database)

    ends = await shop.database.transact(ANYWHERE, callbacks.count_loose_ends)
    assert [end.reason for end in ends if end.state is CallbackState.ORPHAN and end.reason == "unknown path"]
    listed = await shop.database.transact(ANYWHERE, callbacks.list_loose_ends, CallbackState.ORPHAN, 1)
    assert [one.state for one in listed] == [CallbackState.ORPHAN]
