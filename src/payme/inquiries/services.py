"""Commands of inquiries: claim a visit before the network, record after it what was learned."""

from datetime import datetime, timedelta
from uuid import UUID

from payme import payments
from payme.inquiries import queries, repository, rules
from payme.inquiries.events import PaymentUnsettled
from payme.inquiries.models import Inquiry
from payme.kit.db.transaction import Tx
from payme.mpesa import NotAsked, Outcome, QueryAnswer, QueryResult, outcome_of
from payme.payments import CHECK_PAYMENT, Evidence, Payment, PaymentState


async def begin_visit(tx: Tx, payment_id: UUID) -> Payment | None:
    """Claim the visit that is due and arrange the next; None where there is nothing to ask now.

    The next visit stands before Daraja is asked, so a worker that dies loses one question and no payment. A live
    attempt whose deadline has passed expires here, whatever Daraja will say, so that the cashier can go on.
    Locks: PAYMENT. Raises: PaymentNotFound. Emits: PaymentMoved, PaymentUnsettled.
    """
    payment = await payments.lock_payment(tx, payment_id)
    inquiry = await queries.find_inquiry(tx, payment_id)
    if inquiry is not None and (inquiry.next_at is None or not rules.is_turn(inquiry.next_at, tx.now)):
        return None
    visits = 1 if inquiry is None else inquiry.visits + 1
    failed_by = await payments.find_last_evidence(tx, payment_id) if payment.state is PaymentState.FAILED else None
    if not rules.is_open(payment, failed_by):
        repository.keep_visit(tx, payment_id, visits, None)
        return None
    if rules.is_past_deadline(payment, tx.now):
        await payments.expire(tx, payment)
    if rules.is_over(payment, tx.now):
        _end(tx, payment, visits, inquiry)
        return None
    _arrange(tx, payment_id, visits, rules.next_visit(payment, visits, tx.now))
    return payment


def _end(tx: Tx, payment: Payment, visits: int, inquiry: Inquiry | None) -> None:
    repository.keep_visit(tx, payment.id, visits, None)
    answer_code = inquiry.answer_code if inquiry else None
    if rules.needs_person(payment, answer_code):
        tx.emit(PaymentUnsettled(payment.id, payment.state, visits, answer_code))


async def record_visit(tx: Tx, payment_id: UUID, answer: QueryAnswer, spread_s: float) -> None:
    """Write what Daraja answered. It names no receipt, so even a success only waits for one; a failure is soft.

    Where Daraja could not be asked, the visit does not count and comes again ``spread_s`` after the line is free.
    Locks: PAYMENT. Raises: PaymentNotFound. Emits: PaymentMoved.
    """
    payment = await payments.lock_payment(tx, payment_id)
    if isinstance(answer, QueryResult):
        repository.keep_answer(tx, payment_id, answer.code)
        if outcome_of(answer.code) is Outcome.FAILED:
            await payments.fail(tx, payment, answer.code, answer.text, Evidence.QUERY, None)
    elif isinstance(answer, NotAsked) and answer.again_at is not None:
        inquiry = await queries.find_inquiry(tx, payment_id)
        again_at = answer.again_at + timedelta(seconds=spread_s)
        if inquiry is not None and inquiry.next_at is not None and again_at < inquiry.next_at:
            _arrange(tx, payment_id, inquiry.visits - 1, again_at)


def _arrange(tx: Tx, payment_id: UUID, visits: int, next_at: datetime) -> None:
    repository.keep_visit(tx, payment_id, visits, next_at)
    address = {"business_id": str(tx.business_id), "payment_id": str(payment_id)}
    tx.enqueue(CHECK_PAYMENT, address, delay_s=(next_at - tx.now).total_seconds())
