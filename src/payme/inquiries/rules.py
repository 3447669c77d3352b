"""Pure decisions of inquiries: whether a payment's end is still open, and when to ask again."""

from datetime import datetime, timedelta

from payme.inquiries.types import ASK_FOR_S, EARLY_S, PAUSES_S
from payme.mpesa import Outcome, outcome_of
from payme.payments import Evidence, Payment, PaymentState


def is_open(payment: Payment, failed_by: Evidence | None) -> bool:
    """Say whether the end of a payment may still be another: a query's "failed" alone closes nothing."""
    if payment.state is PaymentState.SUCCEEDED:
        return False
    return payment.state is not PaymentState.FAILED or failed_by is Evidence.QUERY


def is_turn(next_at: datetime, now: datetime) -> bool:
    """Say whether a visit comes at its time, and not because a job was delivered twice."""
    return now >= next_at - timedelta(seconds=EARLY_S)


def is_over(payment: Payment, now: datetime) -> bool:
    """Say whether Daraja was asked for long enough."""
    return now >= _end_of(payment)


def is_past_deadline(payment: Payment, now: datetime) -> bool:
    """Say whether the cashier has waited long enough for an attempt that is still live."""
    return payment.state.is_live and payment.deadline_at is not None and now >= payment.deadline_at


def next_visit(payment: Payment, visits: int, now: datetime) -> datetime:
    """Return when to look after the payment again, after that many visits; its deadline is never slept through."""
    wanted = now + timedelta(seconds=PAUSES_S[min(visits, len(PAUSES_S)) - 1])
    if payment.state.is_live and payment.deadline_at is not None and now < payment.deadline_at:
        wanted = min(wanted, payment.deadline_at)
    return min(wanted, _end_of(payment))


def needs_person(payment: Payment, answer_code: str | None) -> bool:
    """Say whether an end without a receipt is one that somebody must look at."""
    return payment.state is not PaymentState.FAILED or is_paid(answer_code)


def is_paid(answer_code: str | None) -> bool:
    """Say whether Daraja's last answer is that a payment was paid: a claim, because it names no receipt."""
    return answer_code is not None and outcome_of(answer_code) is Outcome.PAID


def _end_of(payment: Payment) -> datetime:
    return payment.created_at + timedelta(seconds=ASK_FOR_S)
