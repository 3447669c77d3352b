"""Runs: the books are asked what changed, and by night everything; each run tells what it asked and what it found."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from payme import issues, reconciliation
from payme.issues import IssueFilter, IssueState
from payme.kit.db.transaction import Database, Scope
from payme.reconciliation import OF_A_BUSINESS, Run, RunKind, RunNotFound, RunState, jobs, repository, services
from payme.reconciliation.queries import last_platform_figures
from tests.reconciliation.conftest import Day, MovableClock
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import Shop, make_shop

_ANYWHERE = Scope.system("test")


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


@pytest.fixture
async def owner(owner_dsn: str) -> AsyncIterator[Owner]:
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("SET session_replication_role = replica")
    yield Owner(connection)
    await connection.close()


async def looks(books: Database, shop: Shop) -> Run | None:
    """Ask what changed in one shop, as the worker does."""
    rewritten = await books.transact(_ANYWHERE, reconciliation.count_rewritten)
    return await reconciliation.ask_changes(books, shop.business_id, rewritten)


async def asks_everything(books: Database, shop: Shop) -> Run | None:
    rewritten = await books.transact(_ANYWHERE, reconciliation.count_rewritten)
    return await reconciliation.ask_everything(books, shop.business_id, rewritten)


async def found(books: Database, shop: Shop) -> list[tuple[str, UUID, int]]:
    """Return the open issues, with how often each was seen."""
    standing = await books.transact(
        Scope.system("test", shop.business_id), issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 100
    )
    return sorted((issue.kind, issue.subject_id, issue.times_seen) for issue in standing)


async def runs_of(books: Database, shop: Shop) -> list[Run]:
    return await books.transact(Scope.system("test", shop.business_id), reconciliation.list_runs, None, None, 100)


async def test_the_first_look_asks_everything_and_the_next_only_what_changed(books: Database, day: Day) -> None:
    first = await looks(books, day.shop)
    assert first is not None
    assert (first.kind, first.state, first.found) == (RunKind.FULL, RunState.DONE, 0)
    assert first.asked == first.to_ask == len(OF_A_BUSINESS)
    assert set(first.figures) == {invariant.id for invariant in OF_A_BUSINESS}
    assert await looks(books, day.shop) is None

    await has_tokens(day.shop, 5)
    then = await looks(books, day.shop)
    assert then is not None
    assert (then.kind, then.state, then.found, then.since) == (RunKind.CHANGES, RunState.DONE, 0, first.at)
    assert then.changed_rows == 2  # the wallet and its entry
    assert 0 < then.to_ask < len(OF_A_BUSINESS)
    assert await looks(books, day.shop) is None


async def test_a_full_run_adds_the_ledgers_up(books: Database, day: Day, owner: Owner) -> None:
    await owner.edits(
        "UPDATE wallets SET balance_tokens = balance_tokens - 2 WHERE business_id = $1 RETURNING business_id",
        day.shop.business_id,
    )

    run = await asks_everything(books, day.shop)

    assert run is not None
    told = {str(line["ledger"]): line for line in run.ledgers}
    assert set(told) == {"tokens", "stock", "stock_value", "debts", "customer_credit", "drawers"}
    assert {name: line["differing"] for name, line in told.items() if line["differing"]} == {"tokens": 1}
    assert told["tokens"]["difference"] == "-2"
    assert all(line["accounts"] for line in told.values())


EDITS = (
    (
        "W1",
        """UPDATE wallets SET balance_tokens = balance_tokens + 1 WHERE business_id = $1 RETURNING business_id""",
    ),
    (
        "ST1",
        """UPDATE stock_batches SET quantity_available = quantity_available + 1
            WHERE business_id = $1 AND id = (SELECT max(id::text)::uuid FROM stock_batches WHERE business_id = $1)
        RETURNING id""",
    ),
    (
        "S3",
        """UPDATE payments SET amount = amount - 1, change_given = change_given + 1
            WHERE business_id = $1 AND id = (SELECT payment.id FROM payments AS payment
                    JOIN sales AS sale ON sale.business_id = $1 AND sale.id = payment.sale_id
                   WHERE payment.business_id = $1 AND payment.method = 'cash' AND sale.state = 'completed' LIMIT 1)
        RETURNING sale_id""",
    ),
    (
        "W3",
        """UPDATE wallet_transactions SET balance_after = balance_after + 1
            WHERE business_id = $1 AND sequence = (SELECT max(sequence) FROM wallet_transactions WHERE business_id = $1)
        RETURNING id""",
    ),
    (
        "S5",
        """DELETE FROM sale_item_takings
            WHERE business_id = $1 AND sale_item_id = (SELECT min(sale_item_id::text)::uuid FROM sale_item_takings
                                                        WHERE business_id = $1)
        RETURNING sale_item_id""",
    ),
    (
        "A1",
        """DELETE FROM audit_entries
            WHERE business_id = $1 AND id = (SELECT id FROM audit_entries
                                              WHERE business_id = $1 AND action = 'sale_completed' LIMIT 1)
        RETURNING subject_id""",
    ),
    (
        "W4",
        """INSERT INTO wallet_transactions (business_id, id, type, change_tokens, balance_after, reason, created_at,
                                            purchase_id)
           SELECT business_id, ('f' || substr(gen_random_uuid()::text, 2))::uuid, 'purchase', 5, balance_tokens + 5,
                  'a gift', created_at, gen_random_uuid()
             FROM wallets WHERE business_id = $1 RETURNING business_id""",
    ),
)


@pytest.mark.parametrize(("invariant", "edit"), EDITS, ids=lambda one: one if len(one) < 4 else "")
async def test_an_edit_by_hand_is_told_with_the_row_that_it_struck(
    books: Database, owner: Owner, day: Day, invariant: str, edit: str
) -> None:
    """Nothing in the database says who did it or when: no entry of the audit, no updated_at."""
    await looks(books, day.shop)

    struck = await owner.edits(edit, day.shop.business_id)
    run = await looks(books, day.shop)

    assert run is not None
    assert run.kind is RunKind.CHANGES
    told = {(kind, subject) for kind, subject, _ in await found(books, day.shop)}
    assert ("W1" if invariant == "W4" else invariant, struck) in told
    assert run.opened == len(told - {(kind, subject) for kind, subject in told if kind.islower()})
    assert run.found >= run.opened > 0


async def test_a_transaction_that_was_open_at_the_mark_is_asked_next_time(
    books: Database, owner: Owner, day: Day
) -> None:
    await looks(books, day.shop)
    slow = owner.connection.transaction()
    await slow.start()
    await owner.connection.execute(
        "UPDATE wallets SET balance_tokens = balance_tokens + 1 WHERE business_id = $1", day.shop.business_id
    )
    sugar = await has_stock(day.shop, "Salt", quantity="1")
    during = await looks(books, day.shop)
    await slow.commit()
    after = await looks(books, day.shop)

    assert sugar.id
    assert during is not None
    assert during.found == 0
    assert after is not None
    assert after.opened == 1


async def test_what_is_found_again_is_one_issue_and_closes_by_itself_once_it_is_gone(
    books: Database, owner: Owner, day: Day, clock: MovableClock
) -> None:
    shop = day.shop
    steal = "UPDATE wallets SET balance_tokens = balance_tokens + $2 WHERE business_id = $1 RETURNING business_id"
    await looks(books, shop)
    standing = await found(books, shop)
    await owner.edits(steal, shop.business_id, -1)
    first = await looks(books, shop)
    again = await asks_everything(books, shop)

    assert first is not None
    assert again is not None
    assert (first.opened, first.seen_again, first.closed) == (1, 0, 0)
    assert (again.opened, again.seen_again, again.closed) == (1, 1, 0)  # A4 is asked by night
    assert ("W1", shop.business_id, 2) in await found(books, shop)

    await owner.edits(steal, shop.business_id, 1)
    soon = await looks(books, shop)
    assert soon is not None
    assert soon.closed == 0  # asked of what changed only, which proves nothing of the rest
    clock.ahead = services.ASK_AGAIN_AFTER
    later = await looks(books, shop)
    assert later is not None
    assert later.closed == 2
    assert await found(books, shop) == standing


async def test_what_a_person_accepted_stays_accepted(books: Database, owner: Owner, day: Day) -> None:
    await looks(books, day.shop)
    steal = "UPDATE wallets SET balance_tokens = balance_tokens - 1 WHERE business_id = $1 RETURNING business_id"
    await owner.edits(steal, day.shop.business_id)
    await looks(books, day.shop)
    standing = await day.shop.transact(issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 100)
    [stolen] = [issue for issue in standing if issue.kind == "W1"]
    await day.shop.transact(issues.acknowledge, stolen.id)
    await day.shop.transact(issues.accept, stolen.id, "we know who it was")

    await owner.edits(steal, day.shop.business_id)
    run = await looks(books, day.shop)

    assert run is not None
    assert (run.found, run.opened, run.seen_again) == (1, 0, 1)


async def test_a_run_closes_nothing_that_it_did_not_ask(books: Database, owner: Owner, day: Day) -> None:
    """The chain of a wallet holds again from the next entry on, and its sum still does not."""
    shop = day.shop
    await looks(books, shop)
    await owner.edits(
        """DELETE FROM wallet_transactions
            WHERE business_id = $1 AND type = 'charge' AND sequence = (SELECT max(sequence) FROM wallet_transactions
                                                                        WHERE business_id = $1 AND type = 'charge')
        RETURNING sale_id""",
        shop.business_id,
    )
    await looks(books, shop)
    told = [(kind, subject) for kind, subject, _ in await found(books, shop)]
    await has_tokens(shop, 5)
    run = await looks(books, shop)

    assert run is not None
    assert run.closed == 0
    assert [(kind, subject) for kind, subject, _ in await found(books, shop)] == told
    assert "W5" in {kind for kind, _ in told}


async def test_a_busy_shop_raises_no_alarm(books: Database, shop: Shop) -> None:
    await has_tokens(shop, 100)
    sugar = await has_stock(shop, quantity="100")
    await looks(books, shop)
    selling = [asyncio.create_task(opens_sale(shop, (sugar, "1"), cash="150")) for _ in range(60)]
    told = []
    while any(not sale.done() for sale in selling):
        told.append(await looks(books, shop))
    await asyncio.gather(*selling)
    told.append(await looks(books, shop))

    done = [run for run in told if run is not None]
    assert {run.kind for run in done} == {RunKind.CHANGES}
    assert sum(run.found for run in done) == 0
    assert sum(run.changed_rows or 0 for run in done) >= 60


async def test_where_too_much_changed_everything_is_asked(
    books: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await looks(books, shop)
    monkeypatch.setattr("payme.reconciliation.services.CHANGES_MAX", 1)
    await has_tokens(shop, 5)

    run = await looks(books, shop)

    assert run is not None
    assert run.kind is RunKind.FULL


async def test_where_the_database_was_restored_everything_is_asked(books: Database, owner: Owner, shop: Shop) -> None:
    await looks(books, shop)
    await owner.edits(
        "UPDATE reconciliation_marks SET seen_before = seen_before + 1000000 WHERE business_id = $1"
        " RETURNING business_id",
        shop.business_id,
    )
    await has_tokens(shop, 5)

    run = await looks(books, shop)

    assert run is not None
    assert run.kind is RunKind.FULL


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
    ages = await books.transact(_ANYWHERE, reconciliation.read_run_ages)
    assert ages.full_age_s is not None
    assert ages.full_age_s < 600


async def test_a_night_leaves_alone_whom_another_worker_asks(books: Database, shop: Shop, clock: MovableClock) -> None:
    clock.ahead = timedelta(days=500)
    theirs = books.seams.new_id()
    scope = Scope.system("test", shop.business_id)
    assert await books.transact(scope, repository.begin_run, theirs, len(OF_A_BUSINESS))

    await services.ask_everybody(books, begin=True, business_ids=[shop.business_id])

    assert [(run.id, run.state) for run in await runs_of(books, shop)] == [(theirs, RunState.RUNNING)]


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
    assert await books.transact(_ANYWHERE, last_platform_figures) == {
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


async def test_a_verification_of_changes_writes_nothing_down(books: Database, owner: Owner, shop: Shop) -> None:
    async def verify() -> list[str]:
        visited: list[int] = []
        report = await reconciliation.verify_changes(books, business_ids=[shop.business_id], on_business=visited.append)
        assert visited == [1]
        assert report.businesses == 1
        return [violation.invariant for violation in report.violations]

    steal = "UPDATE wallets SET balance_tokens = balance_tokens - 1 WHERE business_id = $1 RETURNING business_id"
    await owner.edits(steal, shop.business_id)
    assert await verify() == ["A4", "W1"]  # nobody knows what changed
    assert await runs_of(books, shop) == []
    await looks(books, shop)
    assert await verify() == []
    await owner.edits(steal, shop.business_id)
    assert await verify() == ["W1"]
    assert await verify() == ["W1"]


async def test_a_run_of_another_shop_does_not_exist(books: Database, shop: Shop) -> None:
    run = await asks_everything(books, shop)
    neighbour = await make_shop(books)

    assert run is not None
    assert await shop.transact(reconciliation.get_run, run.id) == run
    with pytest.raises(RunNotFound):
        await neighbour.transact(reconciliation.get_run, run.id)
