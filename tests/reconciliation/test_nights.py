"""The worker's runs: how far they came, what becomes of one that was killed, and the nights."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from payme import reconciliation
from payme.kit.db.transaction import Database, Scope
from payme.kit.errors import DatabaseUnavailable
from payme.reconciliation import OF_A_BUSINESS, Run, RunKind, RunState, jobs, repository, services
from payme.reconciliation.queries import last_platform_figures
from tests.reconciliation.asking import ANYWHERE, Owner, asks_everything, found, looks, runs_of
from tests.reconciliation.conftest import MovableClock
from tests.support.goods import has_tokens
from tests.support.shops import Shop, make_shop

TOUCH = "UPDATE wallets SET balance_tokens = balance_tokens WHERE business_id = $1 RETURNING business_id"
"""Changes nothing, and PostgreSQL counts it at once, as it does not all that the shop wrote."""


async def test_a_full_run_tells_how_far_it_came(books: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payme.reconciliation.services.TELL_EVERY_S", 0.0)
    asking = asyncio.create_task(asks_everything(books, shop))
    seen = []
    while not asking.done():
        seen += [(run.state, run.asked) for run in await runs_of(books, shop)]
        await asyncio.sleep(0)
    assert any(state is RunState.RUNNING and 0 < asked < len(OF_A_BUSINESS) for state, asked in seen)
    assert [asked for _, asked in seen] == sorted(asked for _, asked in seen)


async def test_a_run_whose_worker_died_is_given_up_and_asked_again(
    books: Database, shop: Shop, clock: MovableClock
) -> None:
    scope = Scope.system("test", shop.business_id)
    dead = books.seams.new_id()
    assert await books.transact(scope, repository.begin_run, dead, len(OF_A_BUSINESS))
    assert await asks_everything(books, shop) is None  # it may be alive

    clock.ahead = services.SILENT_AFTER + timedelta(seconds=1)
    run = await asks_everything(books, shop)

    assert run is not None
    assert run.state is RunState.DONE
    assert {one.id: one.state for one in await runs_of(books, shop)} == {
        dead: RunState.ABANDONED,
        run.id: RunState.DONE,
    }


async def test_a_night_that_was_interrupted_goes_on_where_it_stopped(
    books: Database, owner: Owner, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [await make_shop(books) for _ in range(3)]
    for shop in shops:
        await owner.edits(
            "UPDATE wallets SET balance_tokens = 3 WHERE business_id = $1 RETURNING business_id", shop.business_id
        )
    asked: list[UUID] = []
    real = services.ask_everything

    async def dies(database: Database, business_id: UUID, rewritten: dict[str, int]) -> Run | None:
        if business_id == shops[1].business_id and business_id not in asked:
            asked.append(business_id)
            raise ConnectionError
        asked.append(business_id)
        return await real(database, business_id, rewritten)

    monkeypatch.setattr("payme.reconciliation.services.ask_everything", dies)
    clock.ahead = timedelta(days=400)
    ids = [shop.business_id for shop in shops]
    with pytest.raises(ConnectionError):
        await services.ask_everybody(books, begin=True, business_ids=ids)
    before = len(asked)
    await services.ask_everybody(books, begin=False, business_ids=ids)

    assert asked.count(shops[0].business_id) == 1
    assert asked.count(shops[2].business_id) == 1
    assert asked[before] == shops[1].business_id
    for shop in shops:
        assert ("W1", shop.business_id, 1) in await found(books, shop)
    assert await services.ask_everybody(books, begin=False) == []  # the night is over
    ages = await books.transact(ANYWHERE, reconciliation.read_run_ages)
    assert ages.full_age_s is not None
    assert ages.full_age_s < 600


async def test_a_night_leaves_alone_whom_another_worker_asks(books: Database, shop: Shop, clock: MovableClock) -> None:
    clock.ahead = timedelta(days=500)
    theirs = books.seams.new_id()
    scope = Scope.system("test", shop.business_id)
    assert await books.transact(scope, repository.begin_run, theirs, len(OF_A_BUSINESS))

    await services.ask_everybody(books, begin=True, business_ids=[shop.business_id])

    assert [(run.id, run.state) for run in await runs_of(books, shop)] == [(theirs, RunState.RUNNING)]


async def test_a_night_is_not_over_before_the_run_of_a_dead_worker_is_taken_up_again(
    books: Database, shop: Shop, clock: MovableClock
) -> None:
    clock.ahead = timedelta(days=550)
    ids = [shop.business_id]
    scope = Scope.system("test", shop.business_id)
    dead = books.seams.new_id()
    assert await books.transact(scope, repository.begin_run, dead, len(OF_A_BUSINESS))

    await services.ask_everybody(books, begin=True, business_ids=ids)
    await services.ask_everybody(books, begin=False, business_ids=ids)  # it may still be alive
    clock.ahead += services.SILENT_AFTER + timedelta(seconds=1)
    await services.ask_everybody(books, begin=False, business_ids=ids)

    assert [run.state for run in await runs_of(books, shop)] == [RunState.DONE, RunState.ABANDONED]
    await services.ask_everybody(books, begin=False, business_ids=ids)
    assert len(await runs_of(books, shop)) == 2


async def test_what_is_broken_of_the_platform_is_told_by_the_night(
    books: Database, owner: Owner, shop: Shop, clock: MovableClock
) -> None:
    clock.ahead = timedelta(days=600)
    await owner.connection.execute("CREATE UNIQUE INDEX sales_by_number ON sales (number, business_id)")
    try:
        told = await services.ask_everybody(books, begin=True, business_ids=[shop.business_id])
    finally:
        await owner.connection.execute("DROP INDEX sales_by_number")

    assert {violation.invariant for violation in told} >= {"TN2"}
    assert await books.transact(ANYWHERE, last_platform_figures) == {
        violation.invariant: sum(one.invariant == violation.invariant for one in told) for violation in told
    }


async def test_of_several_workers_one_looks_and_none_where_nothing_was_written(
    books: Database, owner: Owner, shop: Shop, clock: MovableClock
) -> None:
    clock.ahead = timedelta(days=800)
    ids = [shop.business_id]
    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 1
    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 0
    await owner.edits(
        "UPDATE wallets SET balance_tokens = 3 WHERE business_id = $1 RETURNING business_id", shop.business_id
    )
    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 0  # somebody looked just now
    clock.ahead += timedelta(seconds=11)
    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 1
    assert ("W1", shop.business_id, 1) in await found(books, shop)


async def test_what_a_worker_died_over_is_asked_by_the_next_look(
    books: Database, owner: Owner, shop: Shop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written after the edit, and the worker dies while it looks."""
    clock.ahead = timedelta(days=1000)
    ids = [shop.business_id]
    await owner.edits(TOUCH, shop.business_id)
    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 1
    await owner.edits(
        "UPDATE wallets SET balance_tokens = 3 WHERE business_id = $1 RETURNING business_id", shop.business_id
    )

    async def dies(*_: object) -> None:
        raise ConnectionError

    clock.ahead += timedelta(seconds=11)
    with monkeypatch.context() as dying:
        dying.setattr("payme.reconciliation.services._write_down", dies)
        with pytest.raises(DatabaseUnavailable):
            await reconciliation.ask_all_changes(books, 10, business_ids=ids)
    clock.ahead += timedelta(seconds=11)

    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 1
    assert ("W1", shop.business_id, 1) in await found(books, shop)


async def test_a_business_that_a_worker_died_over_is_asked_once_its_run_is_given_up(
    books: Database, owner: Owner, shop: Shop, clock: MovableClock
) -> None:
    clock.ahead = timedelta(days=1100)
    ids = [shop.business_id]
    await owner.edits(TOUCH, shop.business_id)
    scope = Scope.system("test", shop.business_id)
    assert await books.transact(scope, repository.begin_run, books.seams.new_id(), len(OF_A_BUSINESS))
    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 0

    clock.ahead += services.SILENT_AFTER + timedelta(seconds=1)

    assert await reconciliation.ask_all_changes(books, 10, business_ids=ids) == 1  # though nothing was written since


async def test_a_worker_tells_an_edit_by_hand_without_being_asked(
    books: Database, owner: Owner, shop: Shop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payme.reconciliation.jobs.LOOK_EVERY_S", 0.05)
    clock.ahead = timedelta(days=1200)
    await looks(books, shop)
    stop = asyncio.Event()
    working = asyncio.create_task(jobs.keep_looking(books, stop, business_ids=[shop.business_id]))
    await owner.edits(
        "UPDATE wallets SET balance_tokens = 3 WHERE business_id = $1 RETURNING business_id", shop.business_id
    )

    async with asyncio.timeout(30):
        while ("W1", shop.business_id, 1) not in await found(books, shop):
            await books.seams.clock.sleep(0.05)
    stop.set()
    await working


async def test_old_runs_are_forgotten_the_sooner_the_less_they_found(
    books: Database, owner: Owner, shop: Shop, clock: MovableClock
) -> None:
    steal = "UPDATE wallets SET balance_tokens = balance_tokens - 1 WHERE business_id = $1 RETURNING business_id"
    await looks(books, shop)
    await has_tokens(shop, 5)
    await looks(books, shop)
    await owner.edits(steal, shop.business_id)
    await looks(books, shop)
    kept = []
    for ahead in (timedelta(0), jobs.IDLE_RUNS_KEPT, jobs.RUNS_KEPT, jobs.FULL_RUNS_KEPT):
        clock.ahead = ahead + timedelta(minutes=1)
        await jobs.forget_runs(books)
        kept.append([(run.kind, run.found > 0) for run in await runs_of(books, shop)])

    full, idle, telling = (RunKind.FULL, False), (RunKind.CHANGES, False), (RunKind.CHANGES, True)
    assert kept == [[telling, idle, full], [telling, full], [full], []]
