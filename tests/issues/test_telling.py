"""What people are told of an issue, and when it is looked at again."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from payme import issues
from payme.issues import IssueState, Severity, Told, Untold
from payme.issues.rules import telling
from tests.support.issues import an_issue
from tests.support.shops import Shop
from tests.support.together import together

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPEN, ACKNOWLEDGED, RESOLVED = IssueState.OPEN, IssueState.ACKNOWLEDGED, IssueState.RESOLVED
MINUTE = timedelta(minutes=1)


def untold(state: IssueState, told: Told, severity: Severity = Severity.CRITICAL, age: timedelta = MINUTE) -> Untold:
    return Untold(uuid4(), "W1", severity, state, uuid4(), "", told, AT - age)


@pytest.mark.parametrize(
    ("issue", "words", "told", "again_in"),
    [
        (untold(OPEN, Told.NOTHING), (Told.OPENED,), Told.OPENED, 14 * MINUTE),
        (untold(OPEN, Told.NOTHING, Severity.LOW), (Told.OPENED,), Told.OPENED, None),
        (untold(OPEN, Told.NOTHING, age=60 * MINUTE), (Told.OPENED,), Told.OPENED, 5 * MINUTE),
        (untold(ACKNOWLEDGED, Told.NOTHING), (Told.OPENED,), Told.OPENED, None),
        (untold(OPEN, Told.OPENED), (), Told.OPENED, 14 * MINUTE),
        (untold(OPEN, Told.OPENED, age=15 * MINUTE), (Told.ESCALATED,), Told.ESCALATED, None),
        (untold(OPEN, Told.ESCALATED, age=15 * MINUTE), (), Told.ESCALATED, None),
        (untold(ACKNOWLEDGED, Told.OPENED, age=15 * MINUTE), (), Told.OPENED, None),
        (untold(OPEN, Told.OPENED, Severity.LOW, age=5000 * MINUTE), (), Told.OPENED, None),
        (untold(RESOLVED, Told.NOTHING), (Told.OPENED, Told.ENDED), Told.ENDED, None),
        (untold(RESOLVED, Told.OPENED), (Told.ENDED,), Told.ENDED, None),
        (untold(RESOLVED, Told.ESCALATED), (Told.ENDED,), Told.ENDED, None),
        (untold(RESOLVED, Told.ENDED), (), Told.ENDED, None),
    ],
)
def test_what_is_told_and_when_it_is_looked_at_again(
    issue: Untold, words: tuple[Told, ...], told: Told, again_in: timedelta | None
) -> None:
    said = telling(issue, AT)

    assert (said.words, said.told) == (words, told)
    assert said.due_at == (None if again_in is None else AT + again_in)


async def test_each_word_is_taken_once_by_one_worker(shop: Shop) -> None:
    issue = await an_issue(shop)

    results = await together(6, lambda _: shop.transact(issues.take_untold, 10))

    told = [telling for result in results if isinstance(result, list) for telling in result]
    assert [(one.issue.id, one.words) for one in told] == [(issue.id, (Told.OPENED,))]
    await shop.transact(issues.acknowledge, issue.id)
    assert await shop.transact(issues.take_untold, 10) == []
    await shop.transact(issues.resolve, issue.id, "done")
    [ended] = await shop.transact(issues.take_untold, 10)
    assert ended.words == (Told.ENDED,)
    assert await shop.transact(issues.take_untold, 10) == []
