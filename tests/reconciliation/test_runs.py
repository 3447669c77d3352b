"""Runs: the books are asked what changed, and by night everything; each run tells what it asked and what it found."""

import asyncio
from datetime import timedelta

import pytest

from payme import issues, reconciliation
from payme.issues import IssueFilter, IssueState
from payme.kit.db.transaction import Database, Tx
from payme.reconciliation import OF_A_BUSINESS, LedgerLine, RunKind, RunNotFound, RunState, queries, services
from tests.reconciliation.asking import Owner, asks_everything, found, looks, runs_of
from tests.reconciliation.conftest import Day, MovableClock
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import Shop, make_shop


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


async def test_an_old_line_that_was_edited_is_asked_about_and_next_time_all_that_names_its_ledger(
    books: Database, owner: Owner, day: Day, clock: MovableClock
) -> None:
    """What it says now tells whose it is, and nothing whose it was."""
    shop = day.shop
    neighbour = await make_shop(books)
    clock.ahead = timedelta(hours=3)  # what is that old is looked for by its versions only where somebody edited
    await looks(books, shop)
    await looks(books, neighbour)
    robbed = await owner.edits(
        """UPDATE wallet_transactions AS taken SET sale_id = gen_random_uuid()
             FROM (SELECT id, sale_id FROM wallet_transactions
                    WHERE business_id = $1 AND type = 'charge' ORDER BY sequence LIMIT 1) AS was
            WHERE taken.business_id = $1 AND taken.id = was.id
        RETURNING was.sale_id""",
        shop.business_id,
    )
    first = await looks(books, shop)
    assert first is not None
    assert first.figures["W5"]["whole"] is False  # type: ignore[index]
    assert {kind for kind, _, _ in await found(books, shop)} >= {"A1", "W5"}
    assert ("W5", robbed) not in {(kind, subject) for kind, subject, _ in await found(books, shop)}

    clock.ahead += services.ASK_AGAIN_AFTER
    then = await looks(books, shop)
    assert then is not None
    assert then.figures["W5"]["whole"] is True  # type: ignore[index]
    assert ("W5", robbed) in {(kind, subject) for kind, subject, _ in await found(books, shop)}
    untouched = await looks(books, neighbour)
    assert untouched is not None
    assert untouched.changed_rows or not untouched.to_ask  # and not all that names the ledger


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


async def test_a_long_run_does_not_close_what_a_shorter_one_found_meanwhile(
    books: Database, owner: Owner, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = day.shop
    await looks(books, shop)
    real = queries.add_up_ledgers

    async def add_up_ledgers(tx: Tx) -> list[LedgerLine]:
        await owner.edits(
            "UPDATE wallets SET balance_tokens = balance_tokens - 1 WHERE business_id = $1 RETURNING business_id",
            shop.business_id,
        )
        await looks(books, shop)
        return await real(tx)

    monkeypatch.setattr(queries, "add_up_ledgers", add_up_ledgers)
    long = await asks_everything(books, shop)

    assert long is not None
    assert (long.found, long.closed) == (0, 0)
    assert ("W1", shop.business_id, 1) in await found(books, shop)


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


async def test_a_verification_of_changes_asks_nothing_where_nothing_changed(books: Database, shop: Shop) -> None:
    for _ in range(20):  # edits are counted over all shops, and PostgreSQL may count another test's late
        await looks(books, shop)
        report = await reconciliation.verify_changes(books, business_ids=[shop.business_id], on_business=lambda _: None)
        if not report.checks:
            break

    assert (report.checks, report.violations, report.businesses) == ((), (), 1)


async def test_a_run_of_another_shop_does_not_exist(books: Database, shop: Shop) -> None:
    run = await asks_everything(books, shop)
    neighbour = await make_shop(books)

    assert run is not None
    assert await shop.transact(reconciliation.get_run, run.id) == run
    with pytest.raises(RunNotFound):
        await neighbour.transact(reconciliation.get_run, run.id)
