"""Commands of write-offs: ask that a debt be given up, and agree to what somebody else asked for."""

from dataclasses import replace
from uuid import UUID

from payme import credit
from payme.credit import CreditAccount, DebtUnknown
from payme.kit.db.transaction import Tx
from payme.write_offs import queries, repository, rules
from payme.write_offs.errors import WriteOffAsked
from payme.write_offs.events import WriteOffMoved, WriteOffRequested
from payme.write_offs.models import WriteOff
from payme.write_offs.types import WriteOffState


async def request_write_off(tx: Tx, sale_id: UUID, reason: str) -> WriteOff:
    """Ask that what is outstanding of a debt be given up; somebody else must agree before anything changes.

    Locks: CREDIT_ACCOUNT. Raises: DebtUnknown, WriteOffAsked. Emits: WriteOffRequested.
    """
    account = await _hold(tx, sale_id)
    debt = credit.open_debt(await credit.list_open_debts(tx, account.id), sale_id)
    asked = await queries.find_asked(tx, sale_id)
    if asked is not None:
        raise WriteOffAsked(asked)
    write_off = WriteOff(
        id=tx.new_id(),
        sale_id=sale_id,
        amount=debt.outstanding,
        reason=reason,
        state=WriteOffState.REQUESTED,
        requested_by=tx.actor.person_id,
        decided_by=None,
        note="",
        created_at=tx.now,
        updated_at=tx.now,
    )
    repository.insert_write_off(tx, write_off)
    tx.emit(WriteOffRequested(write_off.id, sale_id, write_off.amount, reason))
    return write_off


async def approve_write_off(tx: Tx, write_off_id: UUID, note: str) -> WriteOff:
    """Agree to what somebody else asked for: what is outstanding by now is given up.

    Locks: CREDIT_ACCOUNT. Raises: WriteOffNotFound, OwnWriteOff, WriteOffNotMovable, DebtUnknown.
    Emits: WriteOffMoved, CreditMoved.
    """
    account, write_off = await _hold_both(tx, write_off_id)
    rules.check_other_person(write_off, tx.actor.person_id)
    state = rules.move(write_off, WriteOffState.APPROVED)
    amount = await credit.write_off(tx, account, write_off.sale_id, write_off.reason)
    return _moved(
        tx, write_off, replace(write_off, state=state, amount=amount, decided_by=tx.actor.person_id, note=note)
    )


async def reject_write_off(tx: Tx, write_off_id: UUID, note: str) -> WriteOff:
    """Refuse what somebody else asked for; the debt stays.

    Locks: CREDIT_ACCOUNT. Raises: WriteOffNotFound, OwnWriteOff, WriteOffNotMovable. Emits: WriteOffMoved.
    """
    _, write_off = await _hold_both(tx, write_off_id)
    rules.check_other_person(write_off, tx.actor.person_id)
    state = rules.move(write_off, WriteOffState.REJECTED)
    return _moved(tx, write_off, replace(write_off, state=state, decided_by=tx.actor.person_id, note=note))


async def withdraw_write_off(tx: Tx, write_off_id: UUID, note: str) -> WriteOff:
    """Take one's own wish back.

    Locks: CREDIT_ACCOUNT. Raises: WriteOffNotFound, NotYourWriteOff, WriteOffNotMovable. Emits: WriteOffMoved.
    """
    _, write_off = await _hold_both(tx, write_off_id)
    rules.check_own(write_off, tx.actor.person_id)
    return _moved(tx, write_off, replace(write_off, state=rules.move(write_off, WriteOffState.WITHDRAWN), note=note))


async def _hold(tx: Tx, sale_id: UUID) -> CreditAccount:
    debt = await credit.find_debt(tx, sale_id)
    if debt is None:
        raise DebtUnknown(sale_id)
    return await credit.hold_account_by_id(tx, debt.account_id)


async def _hold_both(tx: Tx, write_off_id: UUID) -> tuple[CreditAccount, WriteOff]:
    """Hold the account of a write-off, which guards it, and read the write-off under it."""
    found = await queries.get_write_off(tx, write_off_id)
    account = await _hold(tx, found.sale_id)
    return account, await queries.get_write_off(tx, write_off_id)


def _moved(tx: Tx, before: WriteOff, after: WriteOff) -> WriteOff:
    after = replace(after, updated_at=tx.now)
    repository.update_write_off(tx, after)
    tx.emit(WriteOffMoved(after.id, before.state, after.state, after.sale_id, after.amount, after.note))
    return after
