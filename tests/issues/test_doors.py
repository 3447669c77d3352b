"""The doors by which whoever looks through the books opens issues, sees them again, and closes what is gone."""

from uuid import UUID, uuid4

from payme import audit, issues
from payme.issues import Issue, IssueState, NewIssue, Settled
from tests.support.issues import listed
from tests.support.shops import Shop
from tests.support.together import together


def found(subject_id: UUID, kind: str = "W1", detail: str = "balance 9 where the changes say 10") -> NewIssue:
    return NewIssue(kind, subject_id, {"detail": detail})


async def test_what_is_found_again_is_seen_again(shop: Shop) -> None:
    subject = uuid4()
    [opened] = await shop.transact(issues.open_issues, [found(subject)])
    again = await shop.transact(issues.open_issues, [found(subject), found(subject)])

    [issue] = await listed(shop)
    assert (again, issue.id, issue.times_seen) == ([], opened, 2)
    assert issue.last_seen_at > issue.created_at
    entries = await shop.transact(audit.list_entries, issue.id, None, 10)
    assert [(entry.action, entry.facts) for entry in entries] == [
        ("issue_opened", {"kind": "W1", "about": str(subject), "detail": "balance 9 where the changes say 10"})
    ]


async def test_what_many_find_at_once_is_one_issue(shop: Shop) -> None:
    subjects = [uuid4() for _ in range(5)]

    results = await together(
        8,
        lambda number: shop.transact(issues.open_issues, [found(one) for one in subjects[:: 1 if number % 2 else -1]]),
    )

    opened = [one for result in results if isinstance(result, list) for one in result]
    kept = await listed(shop)
    assert len(opened) == 5
    assert {issue.id for issue in kept} == set(opened)
    assert [issue.times_seen for issue in kept] == [8] * 5


async def test_what_is_lived_with_is_not_opened_again(shop: Shop) -> None:
    subject = uuid4()
    [issue_id] = await shop.transact(issues.open_issues, [found(subject)])
    await shop.transact(issues.acknowledge, issue_id)
    await shop.transact(issues.accept, issue_id, "counted by hand")

    assert await shop.transact(issues.open_issues, [found(subject), found(subject, "W2")]) != []
    assert sorted((issue.kind, issue.state) for issue in await listed(shop)) == [
        ("W1", IssueState.ACCEPTED),
        ("W2", IssueState.OPEN),
    ]


async def test_what_is_gone_is_closed_by_itself_and_opens_again_when_it_comes_back(shop: Shop) -> None:
    subject = uuid4()
    [first] = await shop.transact(issues.open_issues, [found(subject)])
    await shop.transact(issues.acknowledge, first)

    closed = await shop.transact(issues.settle, [Settled("W1", subject, "the last run found it no more")])
    assert await shop.transact(issues.settle, [Settled("W1", subject, "again")]) == []
    assert closed == [first]

    [issue] = await listed(shop)
    assert (issue.state, issue.resolution) == (IssueState.RESOLVED, "Settled: the last run found it no more")
    entries = await shop.transact(audit.list_entries, first, None, 10)
    assert [entry.action for entry in entries] == ["issue_settled", "issue_acknowledged", "issue_opened"]
    [second] = await shop.transact(issues.open_issues, [found(subject)])
    assert second != first


async def test_nothing_found_and_nothing_gone_is_nothing_to_do(shop: Shop) -> None:
    assert await shop.transact(issues.open_issues, []) == []
    assert await shop.transact(issues.settle, []) == []
    assert await listed(shop) == []


async def test_an_issue_of_one_shop_is_none_of_another(shop: Shop, other_shop: Shop) -> None:
    subject = uuid4()
    await shop.transact(issues.open_issues, [found(subject)])
    assert await other_shop.transact(issues.settle, [Settled("W1", subject, "mine")]) == []

    [issue] = await listed(shop)
    assert isinstance(issue, Issue)
    assert issue.state is IssueState.OPEN
