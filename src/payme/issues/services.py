"""Commands of issues: open what a person must look at, see it again, close what is gone, and work on it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from payme.issues import queries, repository, rules
from payme.issues.errors import IssueNotFound, IssueOwnerUnfit
from payme.issues.events import (
    IssueAccepted,
    IssueAcknowledged,
    IssueOpened,
    IssueResolved,
    IssueSettled,
    IssueSeverityChanged,
    IssueTaken,
)
from payme.issues.models import Issue, NewIssue, NewStep, Settled, Telling
from payme.issues.types import IssueState, Severity, Step
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
            repository.record_issues(tx, [(issue, rules.severity_of(issue.kind)) for issue in new])
            repository.remember_business(tx)


async def open_issues(tx: Tx, found: Sequence[NewIssue]) -> list[UUID]:
    """Open an issue for each thing that was found; returns those that are new.

    Where one of its kind stands open for its subject that one is marked as seen again, and what a person accepted is
    not opened again.
    Locks: none. Raises: nothing. Emits: IssueOpened.
    """
    new = {tx.new_id(): (issue, rules.severity_of(issue.kind)) for issue in rules.distinct(found)}
    opened = await repository.open_issues(tx, new) if new else []
    for issue_id in opened:
        issue, _ = new[issue_id]
        tx.emit(IssueOpened(issue_id, issue.kind, issue.subject_id, rules.detail_of(issue)))
    if opened:
        repository.remember_business(tx)
    return opened


async def settle(tx: Tx, gone: Sequence[Settled]) -> list[UUID]:
    """Close issues by themselves, because what they were about is gone; returns those that stood open.

    Locks: none. Raises: nothing. Emits: IssueSettled.
    """
    closed = await repository.settle_found(tx, gone) if gone else []
    if closed:
        steps = [NewStep(Step.SETTLED, issue.resolution, after=issue.state) for issue in closed]
        repository.insert_steps(tx, [issue.id for issue in closed], steps)
    for issue in closed:
        tx.emit(IssueSettled(issue.id, issue.kind, issue.subject_id, issue.resolution))
    return [issue.id for issue in closed]


async def acknowledge(tx: Tx, issue_id: UUID) -> Issue:
    """Say that somebody is looking at an issue; who does takes it, where nobody had it.

    Locks: ISSUE. Raises: IssueNotFound, IssueNotMovable. Emits: IssueAcknowledged.
    """
    before = await _lock(tx, issue_id)
    after = rules.acknowledged(before, tx.actor.user_id, tx.now)
    _write(tx, before, after, Step.ACKNOWLEDGED)
    tx.emit(IssueAcknowledged(after.id, after.kind, after.subject_id))
    return after


async def resolve(tx: Tx, issue_id: UUID, resolution: str) -> Issue:
    """Say that what an acknowledged issue is about was put right, and how.

    Locks: ISSUE. Raises: IssueNotFound, IssueNotMovable. Emits: IssueResolved.
    """
    before = await _lock(tx, issue_id)
    after = rules.closed(before, IssueState.RESOLVED, resolution, tx.actor.user_id, tx.now)
    _write(tx, before, after, Step.RESOLVED, resolution)
    tx.emit(IssueResolved(after.id, after.kind, after.subject_id, resolution))
    return after


async def accept(tx: Tx, issue_id: UUID, resolution: str) -> Issue:
    """Say that what an acknowledged issue is about is lived with, and why; a verification does not open it again.

    Locks: ISSUE. Raises: IssueNotFound, IssueNotMovable. Emits: IssueAccepted.
    """
    before = await _lock(tx, issue_id)
    after = rules.closed(before, IssueState.ACCEPTED, resolution, tx.actor.user_id, tx.now)
    _write(tx, before, after, Step.ACCEPTED, resolution)
    tx.emit(IssueAccepted(after.id, after.kind, after.subject_id, resolution))
    return after


async def hand_over(tx: Tx, issue_id: UUID, owner_id: UUID | None) -> Issue:
    """Give an issue that stands open to an owner or manager of the shop, or to nobody.

    Locks: ISSUE. Raises: IssueNotFound, IssueNotMovable, IssueOwnerUnfit. Emits: IssueTaken where that changes.
    """
    before = await _lock(tx, issue_id)
    rules.must_stand_open(before, Step.TAKEN)
    if owner_id is not None and not await queries.may_work_here(tx, owner_id):
        raise IssueOwnerUnfit(owner_id)
    after = replace(before, owner_id=owner_id, updated_at=tx.now)
    if owner_id != before.owner_id:
        _write(tx, before, after, Step.TAKEN)
        tx.emit(IssueTaken(after.id, after.kind, after.subject_id, before.owner_id, owner_id))
    return after


async def change_severity(tx: Tx, issue_id: UUID, severity: Severity, reason: str) -> Issue:
    """Say that an issue that stands open is worse, or less bad, than its kind, and why.

    Locks: ISSUE. Raises: IssueNotFound, IssueNotMovable. Emits: IssueSeverityChanged where that changes.
    """
    before = await _lock(tx, issue_id)
    rules.must_stand_open(before, Step.SEVERITY)
    after = replace(before, severity=severity, updated_at=tx.now)
    if severity is not before.severity:
        _write(tx, before, after, Step.SEVERITY, reason)
        tx.emit(IssueSeverityChanged(after.id, after.kind, after.subject_id, before.severity, severity, reason))
    return after


async def add_note(tx: Tx, issue_id: UUID, note: str) -> Issue:
    """Write down what was found out about an issue, also after it was closed; nobody changes or takes it back.

    Locks: none. Raises: IssueNotFound. Emits: nothing.
    """
    issue = await queries.get_issue(tx, issue_id)
    repository.insert_steps(tx, [issue_id], [NewStep(Step.NOTED, note)])
    return issue


async def take_untold(tx: Tx, most: int) -> list[Telling]:
    """Return issues of which people are to be told, and what; the same transaction must write it down to be told.

    Locks: ISSUE. Raises: nothing. Emits: nothing.
    """
    untold = await repository.take_untold(tx, most)
    tellings = [rules.telling(issue, tx.now) for issue in untold]
    if tellings:
        repository.mark_told(tx, tellings)
    return [telling for telling in tellings if telling.words]


async def count_as_told(tx: Tx, most: int) -> int:
    """Count issues as told of which people were to be told when a backup was made: since then they were.

    What stands open is told once more when its time has come, as ever. Returns how many, ``most`` at once.
    Locks: ISSUE. Raises: nothing. Emits: nothing.
    """
    undecided = await repository.lock_undecided(tx, most)
    if undecided:
        repository.mark_told(tx, [rules.telling(issue, tx.now) for issue in undecided])
    return len(undecided)


async def _lock(tx: Tx, issue_id: UUID) -> Issue:
    issue = await repository.lock_issue(tx, issue_id)
    if issue is None:
        raise IssueNotFound(issue_id=issue_id)
    return issue


def _write(tx: Tx, before: Issue, after: Issue, step: Step, note: str = "") -> None:
    repository.update_issue(tx, after)
    repository.insert_steps(tx, [after.id], [rules.step_between(before, after, step, note)])
