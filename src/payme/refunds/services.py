"""Commands of refunds: move money that no sale needs, ask for it back, agree, pay, and believe M-PESA's answer."""

from dataclasses import replace
from uuid import UUID

from payme import callbacks, drawers, money, payment_configs, payments, sales
from payme.callbacks import Callback, CallbackState, PathKind
from payme.drawers import Movement, MovementKind, Tender
from payme.kit.db.transaction import Tx
from payme.messages import UnreadableNotice, read_result
from payme.money import MoneyIn, Purpose, Share
from payme.payment_configs import Strongbox
from payme.refunds import queries, repository, rules
from payme.refunds.errors import MoveTooLarge, NotReversible, PayoutReceiptTaken, RefundNotFound, RefundTooLarge
from payme.refunds.events import AlreadyReversed, RefundRequested, ReversalDoubted
from payme.refunds.models import (
    Attempt,
    Counter,
    Doubtful,
    MoneyMove,
    Moved,
    NotReversed,
    Payout,
    Refund,
    RefundDraft,
    ReversalOrder,
    Reversed,
    Step,
    Verdict,
)
from payme.refunds.types import (
    ALREADY_REVERSED,
    CHECK_REFUND,
    REVERSE_REFUND,
    WAIT_S,
    AttemptState,
    Doubt,
    Method,
    RefundState,
)
from payme.sales import SaleNotOpen, SaleState
from payme.shortcodes import OrderAnswer, Refused, Taken

Ended = tuple[CallbackState, str]


async def move_money(tx: Tx, money_in_id: UUID, move: MoneyMove) -> Moved:
    """Give unallocated or overpaid money, all or a part, to an open sale, and keep why.

    Locks: MONEY_IN, SALE, WALLET. Raises: MoneyNotFound, MoneyOfPlatform, MoneyShort, MoveTooLarge, SaleNotFound,
    SaleNotOpen. Emits: MoneyAllocated, MoneyMoved, MoneySettled, SalePaid, SaleCompleted.
    """
    await _hold_own(tx, money_in_id)
    await money.move(tx, money_in_id, Share(Purpose.SALE, move.sale_id, move.amount), move.reason)
    before = await sales.get_sale(tx, move.sale_id)
    received = await sales.receive_money(tx, move.sale_id, move.amount)
    if received.applied != move.amount:
        if before.state is not SaleState.OPEN or not received.applied:
            raise SaleNotOpen(sale_id=move.sale_id, state=received.sale_state)
        raise MoveTooLarge(sale_id=move.sale_id, wanted=move.amount, balance_due=received.applied)
    left = await money.free_amount(tx, money_in_id)
    return Moved(money_in_id, move.sale_id, move.amount, left, received.sale_state)


async def request_refund(tx: Tx, draft: RefundDraft) -> Refund:
    """Ask that money be given back; somebody else must agree before anything moves.

    Locks: MONEY_IN. Raises: MoneyNotFound, MoneyOfPlatform, RefundTooLarge. Emits: RefundRequested.
    """
    held = await _hold_own(tx, draft.money_in_id)
    left = await money.free_amount(tx, held.id) - await queries.requested_amount(tx, held.id)
    if draft.amount > left:
        raise RefundTooLarge(money_in_id=held.id, wanted=draft.amount, left=left)
    return ask(tx, draft, held, tx.actor.person_id)


def ask(tx: Tx, draft: RefundDraft, held: MoneyIn, asked_by: UUID) -> Refund:
    """Ask that money be given back which the caller holds, or sets free in this very transaction.

    Locks: none. Raises: nothing. Emits: RefundRequested.
    """
    refund = rules.asked(draft, held, tx.new_id(), asked_by, tx.now)
    repository.insert_refund(tx, refund)
    repository.insert_step(tx, Step(refund.id, None, refund.state, draft.reason, None))
    tx.emit(RefundRequested(refund.id, held.id, refund.amount, refund.reason))
    return refund


async def approve_refund(tx: Tx, refund_id: UUID, note: str) -> Refund:
    """Agree to what somebody else asked for: the money is set aside for the refund.

    Locks: REFUND, MONEY_IN. Raises: RefundNotFound, OwnRefund, RefundNotMovable, MoneyShort.
    Emits: RefundMoved, MoneyAllocated, MoneyMoved, MoneySettled.
    """
    refund = await _lock(tx, refund_id)
    rules.check_other_person(refund, tx.actor.person_id)
    approved = _move(tx, replace(refund, decided_by=tx.actor.person_id), RefundState.APPROVED, note)
    await _set_aside(tx, refund)
    return approved


async def reject_refund(tx: Tx, refund_id: UUID, reason: str) -> Refund:
    """Refuse what somebody else asked for.

    Locks: REFUND. Raises: RefundNotFound, OwnRefund, RefundNotMovable. Emits: RefundMoved.
    """
    refund = await _lock(tx, refund_id)
    rules.check_other_person(refund, tx.actor.person_id)
    return _move(tx, replace(refund, decided_by=tx.actor.person_id), RefundState.REJECTED, reason)


async def withdraw_refund(tx: Tx, refund_id: UUID, reason: str) -> Refund:
    """Take a request back, or give up a refund that nobody paid; money that was set aside waits again.

    Locks: REFUND, MONEY_IN. Raises: RefundNotFound, NotYourRefund, RefundNotMovable.
    Emits: RefundMoved, MoneyAllocated, MoneyMoved, MoneyReturned.
    """
    refund = await _lock(tx, refund_id)
    rules.check_withdrawal(refund, tx.actor.person_id, may_approve=tx.actor.may("refunds.approve"))
    withdrawn = _move(tx, refund, RefundState.WITHDRAWN, reason)
    await _put_back(tx, refund, reason)
    return withdrawn


async def record_payout(tx: Tx, refund_id: UUID, payout: Payout) -> Refund:
    """Write that the shop paid a refund itself, in cash or by M-Pesa with its receipt.

    Locks: REFUND, RECEIPT, MONEY_IN. Raises: RefundNotFound, RefundNotMovable, PayoutReceiptWrong, PayoutReceiptTaken,
    RefundMayBePaid, MoneyShort, DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    Emits: RefundMoved, MoneyAllocated, MoneyMoved, MoneySettled.
    """
    refund = await _lock(tx, refund_id)
    rules.check_payout(refund, payout)
    if payout.receipt is not None and not await _is_new_receipt(tx, payout.receipt):
        raise PayoutReceiptTaken(receipt=payout.receipt)
    if payout.method is Method.CASH:
        drawer = await drawers.current(tx, payout.drawer_id)
        drawers.count(tx, drawer, Movement(Tender.CASH, MovementKind.REFUNDED, refund.amount, refund.id))
    if not refund.state.holds_money:
        await _set_aside(tx, refund)
    return _paid(tx, refund, payout.method, payout.receipt, f"paid: {payout.method}", None)


async def start_reversal(tx: Tx, refund_id: UUID) -> Refund:
    """Let Daraja reverse the whole receipt; a job sends the order, once, and its result comes later.

    Locks: REFUND, MONEY_IN. Raises: RefundNotFound, NotReversible, RefundNotMovable, MoneyShort.
    Emits: RefundMoved, and where the refund had failed MoneyAllocated, MoneyMoved, MoneySettled.
    """
    refund = await _lock(tx, refund_id)
    rules.check_move(refund, RefundState.PAYING)
    whole = (await money.get_money_in(tx, refund.money_in_id)).amount == refund.amount
    config = await payment_configs.find_with_initiator(tx, refund.shortcode)
    if not whole or config is None:
        raise NotReversible(refund_id=refund_id, whole=whole, initiator=config is not None)
    attempt = Attempt(tx.new_id(), refund_id, config.id, AttemptState.CREATED, None, None, None, tx.now, tx.now)
    repository.insert_attempt(tx, attempt)
    after = _move(
        tx, replace(refund, method=Method.REVERSAL, paid_by=tx.actor.person_id), RefundState.PAYING, "by reversal"
    )
    if not refund.state.holds_money:
        await _set_aside(tx, refund)
    address = {"business_id": str(tx.business_id), "attempt_id": str(attempt.id)}
    tx.enqueue(REVERSE_REFUND, address)
    tx.enqueue(CHECK_REFUND, address, delay_s=WAIT_S)
    return after


async def give_up(tx: Tx, refund_id: UUID, reason: str) -> Refund:
    """Say that a reversal whose end was unknown did not happen, because a person looked; the money waits again.

    Locks: REFUND, MONEY_IN. Raises: RefundNotFound, OwnRefund, RefundNotMovable.
    Emits: RefundMoved, MoneyAllocated, MoneyMoved, MoneyReturned.
    """
    refund = await _lock(tx, refund_id)
    rules.check_other_person(refund, tx.actor.person_id)
    rules.check_given_up(refund)
    failed = _move(tx, refund, RefundState.FAILED, reason)
    await _put_back(tx, refund, reason)
    return failed


async def open_counter(tx: Tx, attempt_id: UUID, box: Strongbox) -> Counter | None:
    """Return what Daraja is spoken to with, in plain; None where the config has no initiator any more.

    Locks: none. Raises: SecretUnreadable, SecretKeysMissing, EnvironmentNotOffered. Emits: nothing.
    """
    attempt = await queries.get_attempt(tx, attempt_id)
    account = await payment_configs.open_account(tx, attempt.payment_config_id, box)
    initiator = await payment_configs.find_initiator(tx, attempt.payment_config_id, box)
    return None if initiator is None else Counter(account.access, initiator)


async def begin_reversal(tx: Tx, attempt_id: UUID) -> ReversalOrder | None:
    """Claim an order for sending, and make the secrets of its two paths; None where it is not to be sent.

    One found in ``sending`` was claimed by a worker that died: the order may have gone out, so it is never sent again.
    Locks: REFUND. Raises: nothing. Emits: RefundMoved.
    """
    attempt, refund = await _lock_attempt(tx, attempt_id)
    if attempt.state is AttemptState.SENDING:
        _lose(tx, attempt, refund, "the worker died while it was sending", None)
        return None
    if attempt.state is not AttemptState.CREATED:
        return None
    repository.update_attempt(tx, replace(attempt, state=AttemptState.SENDING, updated_at=tx.now))
    receipt = (await money.get_money_in(tx, refund.money_in_id)).receipt
    return ReversalOrder(
        receipt=receipt,
        amount=refund.amount,
        result_secret=callbacks.open_path(tx, PathKind.REVERSAL, attempt_id),
        timeout_secret=callbacks.open_path(tx, PathKind.REVERSAL_TIMEOUT, attempt_id),
    )


async def record_answer(tx: Tx, attempt_id: UUID, answer: OrderAnswer) -> None:
    """Write what Daraja answered to an order. Its result may have come first; then only the id is new.

    Locks: REFUND, MONEY_IN. Raises: nothing. Emits: RefundMoved, and what putting the money back emits.
    """
    attempt, refund = await _lock_attempt(tx, attempt_id)
    if isinstance(answer, Taken):
        state = AttemptState.TAKEN if attempt.state is AttemptState.SENDING else attempt.state
        known = answer.conversation_id or attempt.conversation_id
        repository.update_attempt(tx, replace(attempt, state=state, conversation_id=known, updated_at=tx.now))
    elif attempt.state.is_decided:
        return
    elif isinstance(answer, Refused):
        await _not_reversed(tx, attempt, refund, NotReversed(answer.code, answer.text), None)
    else:
        _lose(tx, attempt, refund, answer.reason, None)


async def stop_waiting(tx: Tx, attempt_id: UUID) -> None:
    """Say that the end of a reversal is not known, where its result should have come; a person is told.

    An order that no worker took is not sent any more. Locks: REFUND, MONEY_IN. Raises: nothing. Emits: RefundMoved,
    and what putting the money back emits.
    """
    attempt, refund = await _lock_attempt(tx, attempt_id)
    if attempt.state is AttemptState.CREATED:
        await _not_reversed(tx, attempt, refund, NotReversed("not_sent", "no worker sent it in time"), None)
    elif not attempt.state.is_decided:
        _lose(tx, attempt, refund, "no result came in time", None)


async def apply_result(tx: Tx, callback_id: UUID, attempt_id: UUID) -> CallbackState:
    """Give the result of a reversal its one effect, however often and however late it came.

    Locks: CALLBACK, REFUND, RECEIPT, MONEY_IN. Raises: CallbackNotFound. Emits: RefundMoved, AlreadyReversed,
    ReversalDoubted, and what putting the money back emits.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    attempt, refund = await _lock_attempt(tx, attempt_id)
    verdict = await _read(tx, callback, attempt, refund)
    if isinstance(verdict, Reversed):
        state, reason = await _reversed(tx, attempt, refund, verdict, callback)
    elif isinstance(verdict, Doubtful):
        state, reason = _doubt(tx, callback, refund, verdict.doubt)
    elif await _not_reversed(tx, attempt, refund, verdict, callback_id):
        state, reason = CallbackState.APPLIED, ""
    else:
        state, reason = CallbackState.DUPLICATE, "it changes nothing"
    callbacks.close(tx, callback, state, reason, None)
    return state


async def apply_timeout(tx: Tx, callback_id: UUID, attempt_id: UUID) -> CallbackState:
    """Take note that an order waited too long in Daraja's queue: not known, until a result comes after all.

    Locks: CALLBACK, REFUND. Raises: CallbackNotFound. Emits: RefundMoved.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    attempt, refund = await _lock_attempt(tx, attempt_id)
    lost = not callback.outside and not attempt.state.is_decided
    lost = lost and _lose(tx, attempt, refund, "Daraja's queue timed out", callback_id)
    state = CallbackState.APPLIED if lost else CallbackState.DUPLICATE
    callbacks.close(tx, callback, state, "" if lost else "a notice of delay", None)
    return state


async def _read(tx: Tx, callback: Callback, attempt: Attempt, refund: Refund) -> Verdict:
    if callback.outside:
        return Doubtful(Doubt.OTHER_SOURCE)
    try:
        result = read_result(callback.body)
    except UnreadableNotice:
        return Doubtful(Doubt.UNREADABLE)
    receipt = (await money.get_money_in(tx, refund.money_in_id)).receipt
    return rules.judge(attempt, refund, receipt, result)


async def _reversed(tx: Tx, attempt: Attempt, refund: Refund, said: Reversed, callback: Callback) -> Ended:
    if refund.state is RefundState.PAID and refund.method == Method.REVERSAL:
        if not attempt.state.is_decided:
            repository.update_attempt(tx, rules.ended(attempt, AttemptState.DONE, said.code, "", tx.now))
        return CallbackState.DUPLICATE, "this refund is paid"
    if not rules.may_move(refund.state, RefundState.PAID) or not refund.state.holds_money:
        return _doubt(tx, callback, refund, Doubt.REFUND_ENDED)
    if said.receipt is not None and not await _is_new_receipt(tx, said.receipt):
        return _doubt(tx, callback, refund, Doubt.RECEIPT_REUSE)
    repository.update_attempt(tx, rules.ended(attempt, AttemptState.DONE, said.code, "", tx.now))
    _paid(tx, refund, Method.REVERSAL, said.receipt, f"result {said.code}", callback.id)
    if said.code == ALREADY_REVERSED:
        tx.emit(AlreadyReversed(refund.id, refund.money_in_id, refund.amount))
    return CallbackState.APPLIED, ""


async def _not_reversed(tx: Tx, attempt: Attempt, refund: Refund, said: NotReversed, callback_id: UUID | None) -> bool:
    """Write that an order did nothing. The refund fails only if no earlier order may still have paid it."""
    if attempt.state.is_decided:
        return False
    others = [one for one in await queries.list_attempts(tx, refund.id) if one.id != attempt.id]
    repository.update_attempt(tx, rules.ended(attempt, AttemptState.FAILED, said.code, said.text, tx.now))
    note = f"{said.code} {said.text}"
    if all(one.state.is_decided for one in others):
        if not rules.may_move(refund.state, RefundState.FAILED):
            return False
        _move(tx, refund, RefundState.FAILED, note, callback_id)
        await _put_back(tx, refund, note)
        return True
    is_last = all(one.created_at <= attempt.created_at for one in others)
    if is_last and refund.state is RefundState.PAYING:
        _move(tx, refund, RefundState.UNKNOWN, f"an earlier order may have paid; {note}", callback_id)
        return True
    return False


def _lose(tx: Tx, attempt: Attempt, refund: Refund, note: str, callback_id: UUID | None) -> bool:
    """Write that it is not known what an order did; whether that changed where the refund stands."""
    repository.update_attempt(tx, replace(attempt, state=AttemptState.LOST, updated_at=tx.now))
    if refund.state is RefundState.PAYING:
        _move(tx, refund, RefundState.UNKNOWN, note, callback_id)
        return True
    return False


def _doubt(tx: Tx, callback: Callback, refund: Refund, doubt: Doubt) -> Ended:
    tx.emit(ReversalDoubted(callback.id, refund.id, doubt))
    return CallbackState.QUARANTINED, doubt


async def _lock(tx: Tx, refund_id: UUID) -> Refund:
    refund = await repository.lock_refund(tx, refund_id)
    if refund is None:
        raise RefundNotFound(refund_id=refund_id)
    return refund


async def _lock_attempt(tx: Tx, attempt_id: UUID) -> tuple[Attempt, Refund]:
    """Hold the refund of an order to reverse, and read the order under it."""
    found = await queries.get_attempt(tx, attempt_id)
    refund = await _lock(tx, found.refund_id)
    return await queries.get_attempt(tx, attempt_id), refund


async def _hold_own(tx: Tx, money_in_id: UUID) -> MoneyIn:
    held = (await money.hold(tx, money_in_id)).money
    await payments.require_own_money(tx, money_in_id)
    return held


async def _is_new_receipt(tx: Tx, receipt: str) -> bool:
    await money.guard_receipt(tx, receipt)
    return not await queries.is_paid_out(tx, receipt) and await money.find_by_receipt(tx, receipt) is None


async def _set_aside(tx: Tx, refund: Refund) -> None:
    await money.hold(tx, refund.money_in_id)
    await money.move(tx, refund.money_in_id, Share(Purpose.REFUND, None, refund.amount), refund.reason)


async def _put_back(tx: Tx, refund: Refund, reason: str) -> None:
    """Let the money of a refund that was not paid wait again; ``refund`` is as it stood before its step."""
    if refund.state.holds_money:
        await money.hold(tx, refund.money_in_id)
        await money.put_back(tx, refund.money_in_id, refund.amount, reason)


def _paid(tx: Tx, refund: Refund, method: Method, receipt: str | None, note: str, callback_id: UUID | None) -> Refund:
    paid_by = tx.actor.user_id or refund.paid_by
    paid = replace(refund, method=method, payout_receipt=receipt, paid_by=paid_by, paid_at=tx.now)
    return _move(tx, paid, RefundState.PAID, note, callback_id)


def _move(tx: Tx, refund: Refund, target: RefundState, note: str, callback_id: UUID | None = None) -> Refund:
    rules.check_move(refund, target)
    after = replace(refund, state=target, updated_at=tx.now)
    repository.update_refund(tx, after)
    repository.insert_step(tx, Step(refund.id, refund.state, target, note[:500], callback_id))
    tx.emit(rules.told(refund, after, note[:500]))
    return after
