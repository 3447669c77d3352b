"""What a person must look at becomes an issue in the same transaction, and moves only forward."""

import asyncio
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from payme import audit, issues, sales
from payme.issues import Issue, IssueNotFound, IssueNotMovable, IssueState
from payme.kit.db.transaction import Database, Tx
from payme.kit.errors import Refusal
from payme.sales import Cancellation
from payme.settlement import LateMoney
from tests.support.daraja import Counter, not_paid, paid, receipt_of
from tests.support.goods import has_stock, opens_sale
from tests.support.issues import an_issue, asked, kinds, listed
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together
from tests.support.web import a_client, an_app


async def test_late_money_waits_for_a_person_with_its_figures(shop: Shop) -> None:
    issue = await an_issue(shop)

    assert (issue.kind, issue.state) == ("late_money", IssueState.OPEN)
    assert issue.facts["amount"] == "300.00"
    entries = await shop.transact(audit.list_entries, issue.subject_id, None, 10)
    assert "late_money" in {entry.action for entry in entries}


async def test_money_of_a_cancelled_sale_waits_for_a_person(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "2"))
    counter = Counter(shop)
    half = await counter.asks(opened.sale.id, "100")
    await counter.receives(paid(half), half)
    await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("gone"))

    [issue] = await listed(shop)
    receipt = (await counter.payment(half.id)).money_in_id
    assert (issue.kind, issue.subject_id) == ("unallocated_money", receipt)
    assert (issue.facts["amount"], issue.facts["sale_id"]) == ("100.00", str(opened.sale.id))


async def test_a_sale_cancelled_before_money_came_needs_nobody(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "2"), cash="100")
    await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("gone"))

    assert await listed(shop) == []


async def test_a_receipt_that_comes_for_another_payment_is_an_issue(shop: Shop) -> None:
    counter, _, payment = await asked(shop)
    await counter.receives(paid(payment), payment)
    other = await opens_sale(shop, (await has_stock(shop, "Tea"), "1"))
    second = await counter.asks(other.sale.id)
    await counter.receives(paid(second, receipt=receipt_of(payment)), second)

    assert await kinds(shop) == ["receipt_reuse"]


async def test_the_same_late_callback_twice_is_one_issue(shop: Shop) -> None:
    counter, _, payment = await asked(shop)
    await counter.receives(paid(payment), payment)
    for _ in range(3):
        await counter.receives(not_paid(payment), payment)

    assert await kinds(shop) == ["contradiction"]


async def test_no_issue_is_opened_by_what_was_rolled_back(database: Database, shop: Shop) -> None:
    async def fail(tx: Tx) -> None:
        tx.emit(LateMoney(uuid4(), uuid4(), Decimal(5)))
        raise IssueNotFound(issue_id=uuid4())

    with pytest.raises(IssueNotFound):
        await shop.transact(fail)

    assert await listed(shop) == []


async def test_a_person_looks_then_puts_it_right(shop: Shop) -> None:
    issue = await an_issue(shop)

    looked_at = await shop.transact(issues.acknowledge, issue.id)
    assert looked_at.state is IssueState.ACKNOWLEDGED
    closed = await shop.transact(issues.resolve, issue.id, "sent back")

    assert (closed.state, closed.resolution) == (IssueState.RESOLVED, "sent back")
    entries = await shop.transact(audit.list_entries, issue.id, None, 10)
    assert [entry.action for entry in entries] == ["issue_resolved", "issue_acknowledged"]
    assert entries[0].facts == {"kind": "late_money", "about": str(issue.subject_id), "resolution": "sent back"}


LEGAL = {
    (IssueState.OPEN, "acknowledge"),
    (IssueState.ACKNOWLEDGED, "resolve"),
    (IssueState.ACKNOWLEDGED, "accept"),
}


async def step(shop: Shop, issue_id: UUID, name: str) -> Issue:
    if name == "acknowledge":
        return await shop.transact(issues.acknowledge, issue_id)
    close = issues.resolve if name == "resolve" else issues.accept
    return await shop.transact(close, issue_id, "done")


WAY_TO = {
    IssueState.OPEN: (),
    IssueState.ACKNOWLEDGED: ("acknowledge",),
    IssueState.RESOLVED: ("acknowledge", "resolve"),
    IssueState.ACCEPTED: ("acknowledge", "accept"),
}


@pytest.mark.parametrize("state", IssueState)
@pytest.mark.parametrize("name", ["acknowledge", "resolve", "accept"])
async def test_an_issue_moves_only_forward(shop: Shop, state: IssueState, name: str) -> None:
    issue = await an_issue(shop)
    for taken in WAY_TO[state]:
        await step(shop, issue.id, taken)

    if (state, name) in LEGAL:
        assert (await step(shop, issue.id, name)).state is not state
        return
    with pytest.raises(IssueNotMovable) as refused:
        await step(shop, issue.id, name)
    assert refused.value.state == state
    assert (await shop.transact(issues.get_issue, issue.id)).state is state


async def test_of_two_people_who_close_at_once_one_does(shop: Shop) -> None:
    issue = await an_issue(shop)
    await step(shop, issue.id, "acknowledge")

    results = await together(8, lambda number: step(shop, issue.id, "resolve" if number % 2 else "accept"))

    assert count(results, Issue) == 1
    assert count(results, IssueNotMovable) == 7


async def test_who_comes_second_is_told_what_the_first_did(shop: Shop, owner_dsn: str) -> None:
    issue = await an_issue(shop)
    first = await asyncpg.connect(owner_dsn)
    transaction = first.transaction()
    await transaction.start()
    await first.execute(
        "UPDATE reconciliation_issues SET state = 'acknowledged', acknowledged_at = now() WHERE id = $1", issue.id
    )

    second = asyncio.create_task(step(shop, issue.id, "acknowledge"))
    waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%issues%')"
    async with asyncio.timeout(20):
        while not await first.fetchval(waits):  # noqa: ASYNC110  the wait is in another process
            await asyncio.sleep(0.01)
    await transaction.commit()
    await first.close()

    with pytest.raises(IssueNotMovable) as refused:
        await second
    assert refused.value.state is IssueState.ACKNOWLEDGED


async def test_an_issue_of_another_shop_does_not_exist(database: Database, shop: Shop) -> None:
    issue = await an_issue(shop)
    stranger = await make_shop(database)

    with pytest.raises(IssueNotFound):
        await stranger.transact(issues.get_issue, issue.id)
    with pytest.raises(IssueNotFound):
        await step(stranger, issue.id, "acknowledge")
    assert await listed(stranger) == []


async def test_issues_over_http(database: Database, shop: Shop) -> None:
    issue = await an_issue(shop)
    here = f"/v1/businesses/{shop.business_id}/issues"
    async with a_client(an_app(database), token=shop.person("owner").token) as owner:
        found = (await owner.get(here, params={"state": "open"})).json()
        assert [row["id"] for row in found["items"]] == [str(issue.id)]
        assert found["next_cursor"] is None
        shown = (await owner.get(f"{here}/{issue.id}")).json()
        assert (shown["kind"], shown["facts"]["amount"]) == ("late_money", "300.00")
        early = await owner.post(f"{here}/{issue.id}/resolution", json={"resolution": "sent back"})
        assert (early.status_code, early.json()["code"]) == (409, "issue_not_movable")
        assert (await owner.post(f"{here}/{issue.id}/acknowledgement")).json()["state"] == "acknowledged"
        empty = await owner.post(f"{here}/{issue.id}/resolution", json={"resolution": "  "})
        assert empty.status_code == 422
        end = {"outcome": "accepted", "resolution": "the customer took goods for it"}
        assert (await owner.post(f"{here}/{issue.id}/resolution", json=end)).json()["state"] == "accepted"
        assert (await owner.get(f"{here}/{uuid4()}")).json()["code"] == "issue_not_found"
        assert (await owner.get(here, params={"cursor": "nonsense"})).status_code == 400


@pytest.mark.parametrize(("role", "reads"), [("manager", 200), ("cashier", 403)])
async def test_only_an_owner_closes_and_a_cashier_sees_no_issues(
    database: Database, shop: Shop, role: str, reads: int
) -> None:
    issue = await an_issue(shop)
    here = f"/v1/businesses/{shop.business_id}/issues"
    async with a_client(an_app(database), token=shop.person(role).token) as member:
        assert (await member.get(here)).status_code == reads
        acknowledged = await member.post(f"{here}/{issue.id}/acknowledgement")
        assert acknowledged.status_code == reads
        assert (await member.post(f"{here}/{issue.id}/resolution", json={"resolution": "so"})).status_code == 403
    assert (await shop.transact(issues.get_issue, issue.id)).closed_at is None


def test_refusals_say_what_to_do() -> None:
    for refusal in (IssueNotFound, IssueNotMovable):
        assert issubclass(refusal, Refusal)
        assert refusal.advice.endswith(".")
