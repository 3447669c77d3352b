"""Commands of adjustments: ask that a difference be put right, and agree to what somebody else asked for."""

from dataclasses import replace
from uuid import UUID

from payme import statements
from payme.adjustments import queries, repository, rules
from payme.adjustments.errors import AdjustmentAsked
from payme.adjustments.events import AdjustmentMoved, AdjustmentRequested
from payme.adjustments.models import Adjustment
from payme.adjustments.types import AdjustmentState
from payme.kit.db.transaction import Tx


async def request_adjustment(tx: Tx, difference_id: UUID, reason: str) -> Adjustment:
    """Ask that a difference be put right as is suggested; somebody else must agree before anything changes.

    Locks: STATEMENT. Raises: DifferenceNotFound, DifferenceSettled, FixNotByAdjustment, AdjustmentAsked.
    Emits: AdjustmentRequested.
    """
    difference = await statements.hold_difference(tx, difference_id)
    asked = await queries.find_asked(tx, difference_id)
    if asked is not None:
        raise AdjustmentAsked(asked)
    adjustment = Adjustment(
        id=tx.new_id(),
        difference_id=difference_id,
        fix=difference.fix,
        amount=difference.amount,
        reason=reason,
        state=AdjustmentState.REQUESTED,
        requested_by=tx.actor.person_id,
        decided_by=None,
        note="",
        created_at=tx.now,
        updated_at=tx.now,
    )
    repository.insert_adjustment(tx, adjustment)
    tx.emit(AdjustmentRequested(adjustment.id, difference_id, adjustment.fix, adjustment.amount, reason))
    return adjustment


async def approve_adjustment(tx: Tx, adjustment_id: UUID, note: str) -> Adjustment:
    """Agree to what somebody else asked for: what is suggested is done, in the same transaction.

    Locks: STATEMENT, PAYMENT, RECEIPT, MONEY_IN, SALE, CREDIT_ACCOUNT, WALLET. Raises: AdjustmentNotFound,
    DifferenceNotFound, DifferenceSettled, FixNotByAdjustment, OwnAdjustment, AdjustmentNotMovable, MoneyNotBookable.
    Emits: AdjustmentMoved, and what carrying it out emits.
    """
    found = await queries.get_adjustment(tx, adjustment_id)
    rules.move(found, AdjustmentState.APPROVED)
    difference = await statements.hold_difference(tx, found.difference_id)
    adjustment = await queries.get_adjustment(tx, adjustment_id)
    rules.check_other_person(adjustment, tx.actor.person_id)
    state = rules.move(adjustment, AdjustmentState.APPROVED)
    amount = await statements.carry_out(tx, difference, adjustment_id)
    decided_by = tx.actor.person_id
    return _moved(tx, adjustment, replace(adjustment, state=state, amount=amount, decided_by=decided_by, note=note))


async def reject_adjustment(tx: Tx, adjustment_id: UUID, note: str) -> Adjustment:
    """Refuse what somebody else asked for; the difference stays.

    Locks: STATEMENT. Raises: AdjustmentNotFound, OwnAdjustment, AdjustmentNotMovable. Emits: AdjustmentMoved.
    """
    adjustment = await _hold(tx, adjustment_id)
    rules.check_other_person(adjustment, tx.actor.person_id)
    state = rules.move(adjustment, AdjustmentState.REJECTED)
    return _moved(tx, adjustment, replace(adjustment, state=state, decided_by=tx.actor.person_id, note=note))


async def withdraw_adjustment(tx: Tx, adjustment_id: UUID, note: str) -> Adjustment:
    """Take one's own wish back.

    Locks: STATEMENT. Raises: AdjustmentNotFound, NotYourAdjustment, AdjustmentNotMovable. Emits: AdjustmentMoved.
    """
    adjustment = await _hold(tx, adjustment_id)
    rules.check_own(adjustment, tx.actor.person_id)
    state = rules.move(adjustment, AdjustmentState.WITHDRAWN)
    return _moved(tx, adjustment, replace(adjustment, state=state, note=note))


async def _hold(tx: Tx, adjustment_id: UUID) -> Adjustment:
    """Return an adjustment under the guard of its difference, which may be settled meanwhile."""
    found = await queries.get_adjustment(tx, adjustment_id)
    await statements.guard_difference(tx, found.difference_id)
    return await queries.get_adjustment(tx, adjustment_id)


def _moved(tx: Tx, before: Adjustment, after: Adjustment) -> Adjustment:
    after = replace(after, updated_at=tx.now)
    repository.update_adjustment(tx, after)
    tx.emit(
        AdjustmentMoved(after.id, before.state, after.state, after.difference_id, after.fix, after.amount, after.note)
    )
    return after
