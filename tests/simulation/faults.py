"""What goes wrong, how often, and what of it this seed has switched on."""

from collections import Counter
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """Kinds of faults; a seed has a random half of them."""

    NO_CONNECTION = "no_connection"
    KILLED_BEFORE_STATEMENT = "killed_before_statement"
    KILLED_BEFORE_COMMIT = "killed_before_commit"
    COMMIT_REPLY_LOST = "commit_reply_lost"
    SERIALIZATION = "serialization_40001"
    DEADLOCK = "deadlock_40P01"
    LOCK_TIMEOUT = "lock_timeout_55P03"
    SERVER_CRASH = "server_crash"
    WORKER_CRASH = "worker_crash"
    JOB_TWICE = "job_twice"
    JOB_GIVEN_UP = "job_given_up"
    REQUEST_LOST = "request_lost"
    REPLY_LOST = "reply_lost"
    REPLY_SLOW = "reply_slow"
    REQUEST_DOUBLED = "request_doubled"
    PUSH_REFUSED = "push_refused"
    PUSH_LOST = "push_lost"
    PUSH_ANSWER_LOST = "push_answer_lost"
    QUERY_LOST = "query_lost"
    QUERY_LIES = "query_lies"
    QUERY_HELD = "query_held"
    QUERY_STUCK = "query_stuck_4999"
    CALLBACK_LOST = "callback_lost"
    CALLBACK_DOUBLED = "callback_doubled"
    CALLBACK_DELAYED = "callback_delayed"
    CALLBACK_EARLY = "callback_before_answer"
    CALLBACK_UNREADABLE = "callback_without_receipt_first"
    CONFIRMATION_LOST = "confirmation_lost"
    CONFIRMATION_DOUBLED = "confirmation_doubled"
    CONFIRMATION_DELAYED = "confirmation_delayed"
    RESULT_LOST = "result_lost"
    RESULT_DELAYED = "result_delayed"
    ORDER_ANSWER_LOST = "order_answer_lost"
    REVERSAL_REFUSED = "reversal_refused"
    PULL_LOST = "pull_lost"
    NEWS_LOST = "news_lost"
    NEWS_ANSWER_LOST = "news_answer_lost"
    NEWS_REFUSED = "news_refused"
    ANCHOR_LOST = "anchor_lost"
    ANCHOR_ANSWER_LOST = "anchor_answer_lost"
    MAIL_LOST = "mail_lost"
    MAIL_ANSWER_LOST = "mail_answer_lost"
    MAIL_REFUSED = "mail_refused"


RATE = {
    Fault.NO_CONNECTION: 0.02,
    Fault.KILLED_BEFORE_STATEMENT: 0.01,
    Fault.KILLED_BEFORE_COMMIT: 0.03,
    Fault.COMMIT_REPLY_LOST: 0.05,
    Fault.SERIALIZATION: 0.01,
    Fault.DEADLOCK: 0.02,
    Fault.LOCK_TIMEOUT: 0.1,
    Fault.SERVER_CRASH: 0.006,
    Fault.WORKER_CRASH: 0.015,
    Fault.JOB_TWICE: 0.15,
    Fault.JOB_GIVEN_UP: 0.05,
    Fault.REQUEST_LOST: 0.05,
    Fault.REPLY_LOST: 0.1,
    Fault.REPLY_SLOW: 0.05,
    Fault.REQUEST_DOUBLED: 0.1,
    Fault.PUSH_REFUSED: 0.1,
    Fault.PUSH_LOST: 0.1,
    Fault.PUSH_ANSWER_LOST: 0.2,
    Fault.QUERY_LOST: 0.3,
    Fault.QUERY_LIES: 0.2,
    Fault.QUERY_HELD: 0.3,
    Fault.QUERY_STUCK: 0.3,
    Fault.CALLBACK_LOST: 0.1,
    Fault.CALLBACK_DOUBLED: 0.3,
    Fault.CALLBACK_DELAYED: 0.3,
    Fault.CALLBACK_EARLY: 0.2,
    Fault.CALLBACK_UNREADABLE: 0.1,
    Fault.CONFIRMATION_LOST: 0.2,
    Fault.CONFIRMATION_DOUBLED: 0.3,
    Fault.CONFIRMATION_DELAYED: 0.3,
    Fault.RESULT_LOST: 0.2,
    Fault.RESULT_DELAYED: 0.3,
    Fault.ORDER_ANSWER_LOST: 0.2,
    Fault.REVERSAL_REFUSED: 0.3,
    Fault.PULL_LOST: 0.3,
    Fault.NEWS_LOST: 0.2,
    Fault.NEWS_ANSWER_LOST: 0.2,
    Fault.NEWS_REFUSED: 0.2,
    Fault.ANCHOR_LOST: 0.2,
    Fault.ANCHOR_ANSWER_LOST: 0.2,
    Fault.MAIL_LOST: 0.3,
    Fault.MAIL_ANSWER_LOST: 0.3,
    Fault.MAIL_REFUSED: 0.1,
}


class Faults:
    """The seed's own bad luck."""

    def __init__(self, randomness: Random) -> None:
        """Switch a random half of the kinds on."""
        self._randomness = randomness
        kinds = list(Fault)
        self.on = frozenset(randomness.sample(kinds, len(kinds) // 2))
        self.stopped = False
        self.hits: Counter[str] = Counter()

    def strikes(self, fault: Fault) -> bool:
        """Say whether the fault happens now, and count it."""
        if self.stopped or fault not in self.on or self._randomness.random() >= RATE[fault]:
            return False
        self.hits[fault] += 1
        return True

    def spare(self, fault: Fault) -> None:
        """Switch a kind off."""
        self.on -= {fault}

    def stop(self) -> None:
        """From now on all goes well."""
        self.stopped = True
