"""What a full day leaves to be looked at, and the figures of all shops together."""

from payme import issues, reconciliation
from payme.issues import IssueState
from payme.kit.db.transaction import Database
from tests.reconciliation.conftest import Day
from tests.support.daraja import not_paid
from tests.support.issues import an_issue, asked, kinds, listed
from tests.support.shops import make_shop


async def test_a_full_day_leaves_the_issues_it_must(day: Day) -> None:
    assert await kinds(day.shop) == [
        "contradiction",  # paid, then said to have failed
        "contradiction",  # failed, then paid
        "late_money",
        "other_amount",
        "overpayment",
        "statement_fee",  # what M-PESA's statement says and the books do not, each put right meanwhile
        "statement_moved",
        "statement_short",
        "statement_unknown",
        "unallocated_money",  # nobody says what it was for
        "unallocated_money",  # of goods that came back: it waits for its refund
    ]


async def test_the_list_is_newest_first_and_pages(day: Day) -> None:
    everything = await listed(day.shop)
    assert everything[0].state is IssueState.OPEN
    await day.shop.transact(issues.acknowledge, everything[0].id)

    still_open = [issue.id for issue in everything[1:] if issue.state is IssueState.OPEN]
    assert [issue.id for issue in await listed(day.shop, IssueState.OPEN)] == still_open
    assert [issue.created_at for issue in everything] == sorted((i.created_at for i in everything), reverse=True)


async def test_gauges_add_up_what_waits_in_every_shop(books: Database, day: Day) -> None:
    before = await reconciliation.read_gauges(books)
    second = await make_shop(books)
    await an_issue(second)
    counter, _, payment = await asked(await make_shop(books))
    await counter.stores(not_paid(payment), counter.daraja.secret_of(payment))

    after = await reconciliation.read_gauges(books)

    def submitted(gauges: reconciliation.Gauges) -> int:
        return sum(row.count for row in gauges.open_payments if row.state == "submitted")

    def late(gauges: reconciliation.Gauges) -> int:
        return sum(row.count for row in gauges.open_issues if row.kind == "late_money")

    assert after.businesses == before.businesses + 2
    assert submitted(after) == submitted(before) + 1
    assert late(after) == late(before) + 1
    assert after.tokens.balance_tokens == before.tokens.balance_tokens + 10 + 9  # the cancelled sale's came back
    assert after.callbacks_waiting.count == before.callbacks_waiting.count + 1
    assert after.callbacks_waiting.oldest_age_s > 0
    assert min(row.oldest_age_s for row in after.open_payments) >= 0
    assert max(row.unseen_age_s for row in after.open_issues if row.kind == "late_money") > 0
