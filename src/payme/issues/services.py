"""Commands of issues: open what a person must look at, see it again, close what is gone, and move them on."""

from collections.abc import Sequence
from uuid import UUID

from payme.issues import queries, repository, rules
from payme.issues.errors import IssueNotMovable
from payme.issues.events import IssueAccepted, IssueAcknowledged, IssueOpened, IssueResolved, IssueSettled
from payme.issues.models import Issue, NewIssue, Settled
from payme.issues.types import IssueState
from payme.kit.db.transaction import Tx


def record_issues(tx: Tx) -> None:
    """Open an issue for each thing a person must look at that the transaction emitted, in the same transaction.

    Where one of the kind stands open for the subject it is marked as seen again. Issues whose cause the transaction
    settled are resolved by it, without a person.

    The composition root calls it before the commit of every transaction, beside the audit.
    Locks: none. Raises: nothing. Emits: nothing; the cause stands in the audit.
    """
    if tx.events and tx.has_business:
        settled = rules.settled_by(tx.events)
        if settled:
            repository.settle_issues(tx, settled)
        new = rules.distinct(rules.issues_of(tx.events))
        if new:
            repository.record_issues(tx, new)


async def open_issues(tx: Tx, found: Sequence[NewIssue]) -> list[UUID]:
    """Open an issue for each thing that was found; returns those that are new.

    Where one of its kind stands open for its subject that one is marked as seen again, and what a person accepted is
    not opened again.
    Locks: none. Raises: nothing. Emits: IssueOpened.
    """
    new = {tx.new_id(): issue for issue in rules.distinct(found)}
    opened = await repository.open_issues(tx, new) if new else []
    for issue_id in opened:
        issue = new[issue_id]
        tx.emit(IssueOpened(issue_id, issue.kind, issue.subject_id, rules.detail_of(issue)))
    return opened


async def settle(tx: Tx, gone: Sequence[Settled]) -> list[UUID]:
    """Close issues by themselves, because what they were about is gone; returns those that stood open.

    Locks: none. Raises: nothing. Emits: IssueSettled.
    """
    closed = await repository.settle_found(tx, gone) if gone else []
    for issue in closed:
        tx.emit(IssueSettled(issue.id, issue.kind, issue.subject_id, issue.resolution))
    return [issue.id for issue in closed]


async def acknowledge(tx: Tx, issue_id: UUID) -> Issue:
    """Say that somebody is looking at an issue.

    Locks: none. Raises: IssueNotFound, IssueNotMovable. Emits: IssueAcknowledged.
    """
    issue = await _move(tx, issue_id, IssueState.ACKNOWLEDGED, "")
    tx.emit(IssueAcknowledged(issue.id, issue.kind, issue.subject_id))
    return issue


async def resolve(tx: Tx, issue_id: UUID, resolution: str) -> Issue:
    """Say that what an acknowledged issue is about was put right, and how.

    Locks: none. Raises: IssueNotFound, IssueNotMovable. Emits: IssueResolved.
    """
    issue = await _move(tx, issue_id, IssueState.RESOLVED, resolution)
    tx.emit(IssueResolved(issue.id, issue.kind, issue.subject_id, resolution))
    return issue


async def accept(tx: Tx, issue_id: UUID, resolution: str) -> Issue:
    """Say that what an acknowledged issue is about is lived with, and why; a verification does not open it again.

    Locks: none. Raises: IssueNotFound, IssueNotMovable. Emits: IssueAccepted.
    """
    issue = await _move(tx, issue_id, IssueState.ACCEPTED, resolution)
    tx.emit(IssueAccepted(issue.id, issue.kind, issue.subject_id, resolution))
    return issue


async def _move(tx: Tx, issue_id: UUID, target: IssueState, resolution: str) -> Issue:
    issue = await queries.get_issue(tx, issue_id)
    rules.move(issue, target)
    if not await repository.move_issue(tx, issue.id, issue.state, target, resolution):
        raced = await queries.get_issue(tx, issue_id)  # somebody else moved it between our look and our write
        raise IssueNotMovable(issue_id=issue_id, state=raced.state, wanted=target)
    return await queries.get_issue(tx, issue_id)
