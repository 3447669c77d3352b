"""Commands of settlement: give what came in its one effect."""

from uuid import UUID

from payme import callbacks, payments, sales
from payme.callbacks import Callback, CallbackState
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.mpesa import UnreadableCallback, read_callback
from payme.payments import Evidence, Payment, PaymentFor, PaymentState
from payme.sales import SaleState
from payme.settlement import rules
from payme.settlement.events import CallbackApplied, CallbackDoubted, EvidenceContradicted, LateMoney, Overpaid
from payme.settlement.models import Doubtful, NotPaid, Paid, Verdict
from payme.settlement.types import Doubt


async def apply_callback(tx: Tx, callback_id: UUID, payment_id: UUID) -> CallbackState:
    """Give a callback its one effect, however often and in whatever order it came.

    Locks: CALLBACK, PAYMENT, SALE, WALLET. Raises: CallbackNotFound. Emits: CallbackApplied, CallbackDoubted,
    LateMoney, Overpaid, EvidenceContradicted, and what payments and sales emit.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    payment = await payments.lock_payment(tx, payment_id)
    verdict = _read(callback, payment)
    if isinstance(verdict, Paid):
        state, reason = await _apply_paid(tx, callback, payment, verdict)
    elif isinstance(verdict, NotPaid):
        state, reason = await _apply_not_paid(tx, callback, payment, verdict)
    else:
        state, reason = _doubt(tx, callback, payment, verdict.doubt)
    callbacks.close(tx, callback, state, reason, payment.id)
    return state


def _read(callback: Callback, payment: Payment) -> Verdict:
    if callback.outside:
        return Doubtful(Doubt.OTHER_SOURCE)
    try:
        result = read_callback(callback.body)
    except UnreadableCallback:
        return Doubtful(Doubt.UNREADABLE)
    return rules.judge(payment, result, callback.shortcode)


async def _apply_paid(tx: Tx, callback: Callback, payment: Payment, paid: Paid) -> tuple[CallbackState, str]:
    if payment.state is PaymentState.SUCCEEDED:
        booked = await payments.find_money_in(tx, payment.id)
        if booked is not None and booked.receipt == paid.receipt:
            return CallbackState.DUPLICATE, "this receipt is booked"
        return _doubt(tx, callback, payment, Doubt.SECOND_RECEIPT)
    paid_at = paid.paid_at or callback.received_at
    money = await payments.receive(tx, payment, paid.receipt, paid.amount, paid.phone, paid_at, callback.id)
    if money is None:
        return _doubt(tx, callback, payment, Doubt.RECEIPT_REUSE)
    if payment.state is PaymentState.FAILED:
        tx.emit(EvidenceContradicted(payment.id, PaymentState.SUCCEEDED, payment.result_code or ""))
    if payment.purpose is PaymentFor.TEST:
        payments.allocate_test(tx, money)
        tx.emit(CallbackApplied(callback.id, payment.id, PaymentState.SUCCEEDED))
        return CallbackState.APPLIED, ""
    sale_id = payment.sale_id
    assert sale_id is not None, "only money for a sale has a place to go"  # noqa: S101
    received = await sales.receive_money(tx, sale_id, money.amount)
    terminal = received.sale_state is SaleState.CANCELLED
    await payments.allocate(tx, money, sale_id, received.applied, sale_is_terminal=terminal)
    rest = money.amount - received.applied
    if rest > ZERO:
        tx.emit((LateMoney if terminal else Overpaid)(money.id, sale_id, rest))
    tx.emit(CallbackApplied(callback.id, payment.id, PaymentState.SUCCEEDED))
    return CallbackState.APPLIED, ""


async def _apply_not_paid(tx: Tx, callback: Callback, payment: Payment, said: NotPaid) -> tuple[CallbackState, str]:
    if await payments.fail(tx, payment, said.code, said.text, Evidence.CALLBACK, callback.id):
        tx.emit(CallbackApplied(callback.id, payment.id, PaymentState.FAILED))
        return CallbackState.APPLIED, ""
    if payment.state is PaymentState.SUCCEEDED:
        tx.emit(EvidenceContradicted(payment.id, PaymentState.SUCCEEDED, said.code))
    return CallbackState.DUPLICATE, "weaker than what is known"


def _doubt(tx: Tx, callback: Callback, payment: Payment, doubt: Doubt) -> tuple[CallbackState, str]:
    tx.emit(CallbackDoubted(callback.id, payment.id, doubt))
    return CallbackState.QUARANTINED, doubt
