"""Pure decisions of receipts: when to ask what one is, and for which time to list them."""

from datetime import datetime, timedelta

from payme.receipts.models import Pull, PullPlan, Question
from payme.receipts.types import ASK_FOR_S, EARLY_S, FIRST_S, LIST_FOR_S, OVERLAP_S, PAUSES_S, REACH_S


def is_turn(question: Question, now: datetime) -> bool:
    """Say whether a question comes at its time, and not because a job was delivered twice."""
    return question.next_at is not None and now >= question.next_at - timedelta(seconds=EARLY_S)


def is_over(question: Question, claimed_at: datetime, now: datetime) -> bool:
    """Say whether Safaricom was asked often enough, or for long enough."""
    return question.asks >= len(PAUSES_S) or now >= _end_of(claimed_at)


def first_ask(now: datetime) -> datetime:
    """Return when to ask for the first time."""
    return now + timedelta(seconds=FIRST_S)


def next_ask(question: Question, claimed_at: datetime, now: datetime) -> datetime:
    """Return when to ask again, if what is asked now is not answered; raises IndexError where it is over."""
    return min(now + timedelta(seconds=PAUSES_S[question.asks]), _end_of(claimed_at))


def _end_of(claimed_at: datetime) -> datetime:
    return claimed_at + timedelta(seconds=ASK_FOR_S)


def may_wait(plan: PullPlan, until: datetime) -> bool:
    """Say whether a list may wait that long for its next page."""
    return until <= plan.end + timedelta(seconds=LIST_FOR_S)


def begin_of(pull: Pull | None, now: datetime) -> datetime:
    """Return from when on payments are to be listed: all there are, or a little before where the last list ended."""
    first = now - timedelta(seconds=REACH_S)
    if pull is None or pull.pulled_to is None:
        return first
    return max(first, pull.pulled_to - timedelta(seconds=OVERLAP_S))


def is_registered(pull: Pull | None, pull_number: str) -> bool:
    """Say whether Safaricom knows that this number may have the list."""
    return pull is not None and pull.registered_at is not None and pull.pull_number == pull_number
