"""Pure decisions of receipts: when to ask what one is, and for which time to list them."""

from datetime import datetime, timedelta

from payme.receipts.models import Pull, Question
from payme.receipts.types import EARLY_S, FIRST_S, OVERLAP_S, PAUSES_S, REACH_S


def is_turn(question: Question, now: datetime) -> bool:
    """Say whether a question comes at its time, and not because a job was delivered twice."""
    return question.next_at is not None and now >= question.next_at - timedelta(seconds=EARLY_S)


def is_over(question: Question) -> bool:
    """Say whether Safaricom was asked often enough."""
    return question.asks >= len(PAUSES_S)


def first_ask(now: datetime) -> datetime:
    """Return when to ask for the first time."""
    return now + timedelta(seconds=FIRST_S)


def next_ask(question: Question, now: datetime) -> datetime:
    """Return when to ask again, if what is asked now is not answered; raises IndexError where it is over."""
    return now + timedelta(seconds=PAUSES_S[question.asks])


def begin_of(pull: Pull | None, now: datetime) -> datetime:
    """Return from when on payments are to be listed: all there are, or a little before where the last list ended."""
    first = now - timedelta(seconds=REACH_S)
    if pull is None or pull.pulled_to is None:
        return first
    return max(first, pull.pulled_to - timedelta(seconds=OVERLAP_S))


def is_registered(pull: Pull | None, pull_number: str) -> bool:
    """Say whether Safaricom knows that this number may have the list."""
    return pull is not None and pull.registered_at is not None and pull.pull_number == pull_number
