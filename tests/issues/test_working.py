"""People work on an issue: they take it, note what they find, judge it otherwise; its history says so for good."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from payme import audit, issues
from payme.identity import Role
from payme.issues import (
    HistoryEntry,
    Issue,
    IssueFilter,
    IssueNotFound,
    IssueNotMovable,
    IssueOwnerUnfit,
    NewIssue,
    Severity,
    Step,
)
from payme.kit.db.transaction import Database, Tx
from payme.money import MoneySettled, Purpose
from tests.support.issues import an_issue, listed
from tests.support.shops import Shop
from tests.support.together import count, together
from tests.support.web import a_client, an_app


async def opens(shop: Shop, kind: str = "W1", subject_id: UUID | None = None) -> UUID:
    [issue_id] = await shop.transact(issues.open_issues, [NewIssue(kind, subject_id or uuid4(), {"detail": "9 of 10"})])
    return issue_id


async def history(shop: Shop, issue_id: UUID) -> list[HistoryEntry]:
    return await shop.transact(issues.list_history, issue_id, None, 50)


async def steps(shop: Shop, issue_id: UUID) -> list[Step]:
    return [entry.step for entry in reversed(await history(shop, issue_id))]


async def test_who_acknowledges_has_it_and_the_history_says_who_did_what(shop: Shop) -> None:
    issue_id = await opens(shop)
    owner = shop.person("owner").user_id

    looked_at = await shop.transact(issues.acknowledge, issue_id)
    await shop.transact(issues.add_note, issue_id, "the shop was imported twice")
    await shop.transact(issues.change_severity, issue_id, Severity.LOW, "tokens of a test")
    await shop.transact(issues.resolve, issue_id, "granted one token")
    await shop.transact(issues.add_note, issue_id, "and told the operator")

    assert looked_at.owner_id == owner
    told = [(entry.step, entry.note, entry.before, entry.after) for entry in reversed(await history(shop, issue_id))]
    assert told == [
        (Step.ACKNOWLEDGED, "", "open", "acknowledged"),
        (Step.NOTED, "the shop was imported twice", "", ""),
        (Step.SEVERITY, "tokens of a test", "critical", "low"),
        (Step.RESOLVED, "granted one token", "acknowledged", "resolved"),
        (Step.NOTED, "and told the operator", "", ""),
    ]
    assert {(entry.actor_id, entry.actor) for entry in await history(shop, issue_id)} == {(owner, "owner")}
    closed = await shop.transact(issues.get_issue, issue_id)
    assert (closed.severity, closed.closed_by) == (Severity.LOW, owner)
    assert closed.closed_at is not None
    assert closed.acknowledged_at is not None
    actions = [entry.action for entry in await shop.transact(audit.list_entries, issue_id, None, 10)]
    assert actions == ["issue_resolved", "issue_severity_changed", "issue_acknowledged", "issue_opened"]


async def test_an_issue_is_handed_over_to_a_manager_and_to_nobody(shop: Shop) -> None:
    issue_id = await opens(shop)
    manager = shop.person("manager").user_id

    assert (await shop.transact(issues.hand_over, issue_id, manager)).owner_id == manager
    assert (await shop.transact(issues.hand_over, issue_id, manager)).owner_id == manager
    assert (await shop.transact(issues.acknowledge, issue_id)).owner_id == manager  # it has one already
    assert (await shop.transact(issues.hand_over, issue_id, None)).owner_id is None

    entries = [entry for entry in await history(shop, issue_id) if entry.step is Step.TAKEN]
    assert [(entry.before, entry.after) for entry in entries] == [(str(manager), ""), ("", str(manager))]


@pytest.mark.parametrize("who", ["cashier", "stranger"])
async def test_who_may_not_work_on_issues_cannot_be_given_one(shop: Shop, who: str) -> None:
    issue_id = await opens(shop)
    person = shop.person(Role.CASHIER).user_id if who == "cashier" else uuid4()

    with pytest.raises(IssueOwnerUnfit):
        await shop.transact(issues.hand_over, issue_id, person)


async def test_a_closed_issue_has_neither_owner_nor_severity_to_change(shop: Shop) -> None:
    issue_id = await opens(shop)
    await shop.transact(issues.acknowledge, issue_id)
    await shop.transact(issues.resolve, issue_id, "done")

    with pytest.raises(IssueNotMovable):
        await shop.transact(issues.hand_over, issue_id, None)
    with pytest.raises(IssueNotMovable):
        await shop.transact(issues.change_severity, issue_id, Severity.LOW, "why not")
    for missing in (issues.acknowledge, issues.get_issue):
        with pytest.raises(IssueNotFound):
            await shop.transact(missing, uuid4())
    with pytest.raises(IssueNotFound):
        await shop.transact(issues.add_note, uuid4(), "nothing")


async def test_the_same_severity_again_is_no_change(shop: Shop) -> None:
    issue_id = await opens(shop, "D1")
    await shop.transact(issues.change_severity, issue_id, Severity.MEDIUM, "as it is")

    assert await steps(shop, issue_id) == []


async def test_of_many_who_acknowledge_at_once_one_does_and_history_has_one_step(shop: Shop) -> None:
    issue_id = await opens(shop)

    results = await together(8, lambda _: shop.transact(issues.acknowledge, issue_id))

    assert (count(results, Issue), count(results, IssueNotMovable)) == (1, 7)
    assert await steps(shop, issue_id) == [Step.ACKNOWLEDGED]


async def test_what_its_cause_settles_has_one_ending_in_its_history(shop: Shop) -> None:
    issue = await an_issue(shop)
    first = issues.Settled(issue.kind, issue.subject_id, "claimed")

    await together(6, lambda _: shop.transact(issues.settle, [first]))

    entries = await history(shop, issue.id)
    assert [(entry.step, entry.note) for entry in entries] == [(Step.SETTLED, "Settled: claimed")]


async def test_what_its_cause_closes_while_a_person_does_has_one_ending(shop: Shop) -> None:
    issue = await an_issue(shop)
    await shop.transact(issues.acknowledge, issue.id)

    async def settle(tx: Tx) -> None:
        tx.emit(MoneySettled(issue.subject_id, Purpose.UNALLOCATED, "given back"))

    async def close(number: int) -> object:
        if number % 2:
            return await shop.transact(settle)
        return await shop.transact(issues.resolve, issue.id, "by hand")

    await together(8, close)

    [ending, *_] = await history(shop, issue.id)
    closed = await shop.transact(issues.get_issue, issue.id)
    assert await steps(shop, issue.id) == [Step.ACKNOWLEDGED, ending.step]
    by_itself = (Step.SETTLED, "Settled: given back")
    assert (ending.step, closed.resolution) in {by_itself, (Step.RESOLVED, "by hand")}
    assert (closed.closed_by is None) == (ending.step is Step.SETTLED)


async def test_what_its_cause_closes_says_so_in_its_history(shop: Shop) -> None:
    issue = await an_issue(shop)

    async def settle(tx: Tx) -> None:
        tx.emit(MoneySettled(issue.subject_id, Purpose.UNALLOCATED, "given back"))

    await shop.transact(settle)
    await shop.transact(settle)

    assert [(entry.step, entry.note) for entry in await history(shop, issue.id)] == [
        (Step.SETTLED, "Settled: given back")
    ]


async def test_the_app_can_neither_change_nor_delete_the_history(shop: Shop, owner_dsn: str) -> None:
    issue_id = await opens(shop)
    await shop.transact(issues.add_note, issue_id, "written")
    connection = await asyncpg.connect(owner_dsn)
    try:
        for statement in ("UPDATE issue_history SET note = 'other'", "DELETE FROM issue_history"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SET ROLE payme_app; {statement}")
    finally:
        await connection.close()


async def test_the_list_filters(shop: Shop) -> None:
    subject = uuid4()
    high, low, other = await opens(shop, "ST1", subject), await opens(shop, "over_credit_limit"), await opens(shop)
    await shop.transact(issues.acknowledge, low)
    await shop.transact(issues.accept, low, "a wedding")
    await shop.transact(issues.hand_over, other, shop.person("manager").user_id)

    async def found(wanted: IssueFilter) -> list[UUID]:
        return [issue.id for issue in await shop.transact(issues.list_issues, wanted, None, 10)]

    assert await found(IssueFilter(is_open=True)) == [other, high]
    assert await found(IssueFilter(is_open=False)) == [low]
    assert await found(IssueFilter(severity=Severity.HIGH)) == [high]
    assert await found(IssueFilter(kind="W1")) == [other]
    assert await found(IssueFilter(owner_id=shop.person("manager").user_id)) == [other]
    assert await found(IssueFilter(subject_id=subject)) == [high]


async def test_figures_say_how_long_people_took(shop: Shop, owner_dsn: str) -> None:
    quick, slow, waiting = [await opens(shop) for _ in range(3)]
    for issue_id in (quick, slow):
        await shop.transact(issues.acknowledge, issue_id)
    await shop.transact(issues.resolve, quick, "done")
    await shop.transact(issues.settle, [issues.Settled("W1", (await listed(shop))[1].subject_id, "gone")])
    connection = await asyncpg.connect(owner_dsn)
    for issue_id, seconds in ((quick, 10), (slow, 30)):
        await connection.execute(
            """
            UPDATE reconciliation_issues
               SET acknowledged_at = created_at + $2::interval, closed_at = created_at + $2::interval * 4
             WHERE id = $1
            """,
            issue_id,
            timedelta(seconds=seconds),
        )
    await connection.close()

    [critical] = (await shop.transact(issues.add_up, 7)).severities

    assert (critical.opened, critical.acknowledged, critical.resolved, critical.settled) == (3, 2, 2, 1)
    assert (critical.accepted, critical.open_now) == (0, 1)
    assert (critical.acknowledge_s, critical.acknowledge_slow_s) == (20.0, 28.0)
    assert (critical.close_s, critical.close_slow_s) == (80.0, 112.0)
    assert waiting


async def test_working_over_http(database: Database, shop: Shop) -> None:
    issue = await an_issue(shop)
    here = f"/v1/businesses/{shop.business_id}/issues/{issue.id}"
    manager_id = str(shop.person("manager").user_id)
    app = an_app(database)
    async with a_client(app, token=shop.person("manager").token) as manager:
        assert (await manager.post(f"{here}/acknowledgement")).json()["owner_id"] == manager_id
        assert (await manager.post(f"{here}/notes", json={"note": "asked her"})).status_code == 201
        assert (await manager.put(f"{here}/owner", json={"user_id": None})).json()["owner_id"] is None
        refused = await manager.put(f"{here}/severity", json={"severity": "low", "reason": "small"})
        assert refused.status_code == 403
        assert (await manager.post(f"{here}/resolution", json={"resolution": "x"})).status_code == 403
    async with a_client(app, token=shop.person("owner").token) as owner:
        shown = (await owner.put(f"{here}/severity", json={"severity": "low", "reason": "small"})).json()
        assert (shown["severity"], shown["runbook"]) == ("low", "docs/runbooks/money-without-a-purpose.md")
        assert shown["sentence"] == "money came and nobody said what it is for"
        page = (await owner.get(f"{here}/history", params={"limit": 2})).json()
        assert [entry["step"] for entry in page["items"]] == ["severity", "taken"]
        rest = (await owner.get(f"{here}/history", params={"cursor": page["next_cursor"]})).json()
        assert [entry["step"] for entry in rest["items"]] == ["noted", "acknowledged"]
        unfit = await owner.put(f"{here}/owner", json={"user_id": str(shop.person("cashier").user_id)})
        assert (unfit.status_code, unfit.json()["code"]) == (409, "issue_owner_unfit")
        figures = await owner.get(f"/v1/businesses/{shop.business_id}/issue-figures", params={"days": 1})
        assert [one["severity"] for one in figures.json()["severities"]] == ["low"]
        assert (await owner.get(f"/v1/businesses/{shop.business_id}/issues", params={"open": "false"})).json() == {
            "items": [],
            "next_cursor": None,
        }
