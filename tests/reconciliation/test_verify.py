"""A verification: silent where the books agree, loud where they do not, and undisturbed by a busy shop."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from payme import issues, reconciliation
from payme.issues import IssueFilter, IssueState
from payme.kit.db.transaction import Database, Scope, Tx
from payme.reconciliation import OF_A_BUSINESS, OF_THE_PLATFORM, InvariantUnknown
from tests.reconciliation.conftest import Day
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import Shop, make_shop

# Names in the room of local tables that belong to no test alone: callbacks of all shops.
SHARED = {"CB3"}


async def steal_a_token(owner_dsn: str, shop: Shop, tokens: int = 1) -> None:
    """Break the books for good, as the owner of the database."""
    owner = await asyncpg.connect(owner_dsn)
    await owner.execute(
        "UPDATE wallets SET balance_tokens = balance_tokens - $2 WHERE business_id = $1", shop.business_id, tokens
    )
    await owner.close()


async def test_a_full_day_leaves_books_that_agree(books: Database, day: Day) -> None:
    report = await reconciliation.verify(books, business_ids=[day.shop.business_id])

    assert [violation for violation in report.violations if violation.invariant not in SHARED] == []
    assert report.businesses == 1
    assert [check.invariant for check in report.checks] == [one.id for one in (*OF_A_BUSINESS, *OF_THE_PLATFORM)]
    assert report.seconds >= sum(check.seconds for check in report.checks) > 0


async def test_the_one_statement_says_the_same(books: Database, day: Day) -> None:
    assert await day.shop.transact(reconciliation.check_business) == []


async def test_the_one_statement_sees_what_the_transaction_is_about_to_write(shop: Shop) -> None:
    async def break_and_look(tx: Tx) -> set[str]:
        tx.write("UPDATE wallets SET balance_tokens = balance_tokens + 1 WHERE business_id = $1", tx.business_id)
        return {violation.invariant for violation in await reconciliation.check_business(tx)}

    assert await shop.transact(break_and_look) == {"W1", "A4"}


async def test_what_is_broken_is_told_with_the_business_and_counted(books: Database, owner_dsn: str) -> None:
    broken, sound = await make_shop(books), await make_shop(books)
    await steal_a_token(owner_dsn, broken)

    report = await reconciliation.verify(books, business_ids=[broken.business_id, sound.business_id], only=["W1", "W2"])

    assert not report.is_clean
    assert report.businesses == 2
    assert [(check.invariant, check.violations) for check in report.checks] == [("W1", 1), ("W2", 0)]
    [violation] = report.violations
    assert (violation.invariant, violation.business_id) == ("W1", broken.business_id)
    assert violation.detail == "balance 9 where the changes say 10, owed 0 where they say 0"


async def test_every_business_in_the_directory_is_visited(
    books: Database, owner_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payme.identity.services.BUSINESSES_A_PAGE", 2)
    broken = [await make_shop(books) for _ in range(3)]
    for shop in broken:
        await steal_a_token(owner_dsn, shop)

    report = await reconciliation.verify(books, only=["W1"])

    assert {shop.business_id for shop in broken} <= {violation.business_id for violation in report.violations}
    assert report.businesses >= 3


async def test_the_platform_can_be_asked_alone(books: Database, day: Day) -> None:
    report = await reconciliation.verify(books, only=["TN1", "TN4"])

    assert report.is_clean
    assert report.businesses == 0


async def test_an_unknown_invariant_is_refused_with_those_there_are(books: Database) -> None:
    with pytest.raises(InvariantUnknown) as refused:
        await reconciliation.verify(books, only=["W1", "W99"])

    assert refused.value.invariant == "W99"
    assert "W1" in refused.value.known


async def test_what_is_found_becomes_an_issue_once(books: Database, owner_dsn: str, shop: Shop) -> None:
    await steal_a_token(owner_dsn, shop)

    for _ in range(2):
        await reconciliation.verify(books, business_ids=[shop.business_id], only=["W1"], open_issues=True)

    [issue] = await shop.transact(issues.list_issues, IssueFilter(), None, 10)
    assert (issue.kind, issue.state, issue.subject_id) == ("W1", IssueState.OPEN, shop.business_id)
    assert issue.facts == {"detail": "balance 9 where the changes say 10, owed 0 where they say 0"}


async def test_what_was_resolved_and_is_found_again_becomes_an_issue_again(
    books: Database, owner_dsn: str, shop: Shop
) -> None:
    await steal_a_token(owner_dsn, shop)
    states = []
    for close in (issues.resolve, issues.accept):
        await reconciliation.verify(books, business_ids=[shop.business_id], only=["W1"], open_issues=True)
        [issue] = await shop.transact(issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 10)
        await shop.transact(issues.acknowledge, issue.id)
        states.append((await shop.transact(close, issue.id, "counted again")).state)
    assert states == [IssueState.RESOLVED, IssueState.ACCEPTED]

    await reconciliation.verify(books, business_ids=[shop.business_id], only=["W1"], open_issues=True)

    assert (
        await shop.transact(issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 10) == []
    )  # it is lived with


async def test_a_busy_shop_raises_no_alarm(books: Database, shop: Shop) -> None:
    await has_tokens(shop, 100)
    sugar = await has_stock(shop, quantity="100")
    selling = [asyncio.create_task(opens_sale(shop, (sugar, "1"), cash="150")) for _ in range(60)]

    while any(not sale.done() for sale in selling):
        report = await reconciliation.verify(books, business_ids=[shop.business_id], only=[i.id for i in OF_A_BUSINESS])
        assert report.violations == ()
    await asyncio.gather(*selling)


async def test_a_snapshot_sees_one_instant_and_writes_nothing(books: Database, shop: Shop) -> None:
    async def tokens(tx: Tx) -> int:
        return int(await tx.value("SELECT balance_tokens FROM wallets WHERE business_id = $1", tx.business_id))

    async def twice(tx: Tx) -> tuple[int, int]:
        before = await tokens(tx)
        await has_tokens(shop, 5)
        return before, await tokens(tx)

    async def write(tx: Tx) -> None:
        tx.write("UPDATE wallets SET balance_tokens = 0 WHERE business_id = $1", tx.business_id)

    async def write_now(tx: Tx) -> None:
        await write(tx)
        await tx.flush()

    scope = Scope.system("test", shop.business_id)
    assert await books.snapshot(scope, twice) == (10, 10)
    assert await books.snapshot(scope, tokens) == 15
    with pytest.raises(AssertionError, match="only reads"):
        await books.snapshot(scope, write)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await books.snapshot(scope, write_now)
    assert await shop.transact(tokens) == 15


async def test_the_platform_is_not_asked_inside_a_business(shop: Shop) -> None:
    with pytest.raises(AssertionError):
        await shop.transact(reconciliation.check_platform)


async def test_a_business_nobody_knows_has_nothing_to_disagree_about(books: Database) -> None:
    nobody: UUID = uuid4()

    report = await reconciliation.verify(books, business_ids=[nobody], only=[one.id for one in OF_A_BUSINESS])

    assert report.is_clean
