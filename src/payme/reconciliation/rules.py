"""Pure decisions of reconciliation."""

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import cast
from uuid import UUID

from payme.audit import facts_of
from payme.callbacks import CallbackDied
from payme.credit import CreditLimitPassed
from payme.inquiries import PaymentUnsettled
from payme.kit.events import Event
from payme.money import ClaimConfirmed, ClaimDenied, MoneyReleased, MoneyReturned, MoneySettled, Purpose
from payme.payments import Evidence, PaymentMoved, PaymentState
from payme.receipts import ReceiptUnanswered
from payme.reconciliation.errors import InvariantUnknown, IssueNotMovable
from payme.reconciliation.models import Invariant, Issue, NewIssue, OpenPayments, Settled, Violation
from payme.reconciliation.types import ISSUE_MOVES, IssueState
from payme.refunds import AlreadyReversed, RefundMoved, RefundState, ReversalDoubted
from payme.settlement import (
    CallbackDoubted,
    ClaimedElsewhere,
    EvidenceContradicted,
    LateMoney,
    ListedMoneyDoubted,
    Overpaid,
    TokensOverpaid,
    TokensPaidShort,
)
from payme.webhooks import WebhookEndpointDisabled

LOOKED_AT: tuple[tuple[type[Event], str], ...] = (
    (LateMoney, "late_money"),
    (Overpaid, "overpayment"),
    (TokensOverpaid, "overpayment"),
    (TokensPaidShort, "tokens_paid_short"),
    (EvidenceContradicted, "contradiction"),
    (CallbackDied, "dead_callback"),
    (PaymentUnsettled, "unsettled_payment"),
    (ReceiptUnanswered, "unanswered_receipt"),
    (ListedMoneyDoubted, "listed_money_doubted"),
    (ClaimedElsewhere, "claimed_elsewhere"),
    (ClaimDenied, "claim_denied"),
    (WebhookEndpointDisabled, "webhook_endpoint_disabled"),
    (MoneyReleased, "unallocated_money"),
    (MoneyReturned, "unallocated_money"),
    (AlreadyReversed, "already_reversed"),
    (CreditLimitPassed, "over_credit_limit"),
)
"""Events that a person must look at, and the kind of issue each becomes."""


SETTLES: Mapping[Purpose, tuple[str, ...]] = MappingProxyType(
    {
        Purpose.UNALLOCATED: ("late_money", "unallocated_money", "tokens_paid_short", "P8"),
        Purpose.OVERPAYMENT: ("overpayment",),
    }
)
"""Which issues of a receipt are settled when nothing of it stands for a purpose any more."""
_UNSETTLED_REFUND = ("unsettled_refund", "R3")
_UNDECIDED = frozenset({RefundState.PAYING, RefundState.UNKNOWN})
_UNSETTLED_PAYMENT = ("unsettled_payment", "P7")
_UNANSWERED = ("unanswered_receipt", "P10")
_NOT_LIVE = frozenset({PaymentState.EXPIRED, PaymentState.FAILED})


def settled_by(events: Iterable[Event]) -> list[Settled]:
    """Return the issues whose cause a transaction's events settle."""
    settled = []
    for event in events:
        if isinstance(event, MoneySettled):
            settled += _settled(SETTLES.get(event.purpose, ()), event, event.reason)
        elif isinstance(event, RefundMoved) and event.after not in _UNDECIDED:
            settled += _settled(_UNSETTLED_REFUND, event, f"the refund is {event.after}")
        elif isinstance(event, PaymentMoved) and _is_late_end(event):
            settled += _settled(_UNSETTLED_PAYMENT, event, f"the payment is {event.after}, by {event.evidence}")
        elif isinstance(event, ClaimConfirmed):
            settled += _settled((*_UNANSWERED, "claim_denied"), event, "the receipt is confirmed")
        elif isinstance(event, ClaimDenied):
            settled += _settled(_UNANSWERED, event, "the receipt is denied")
    return settled


def _settled(kinds: Iterable[str], event: Event, resolution: str) -> list[Settled]:
    return [Settled(kind, event.subject_id, resolution) for kind in kinds]


def _is_late_end(event: PaymentMoved) -> bool:
    """Say whether a payment came to its end after it was given up: nobody was told of one that was still live.

    What only a question says to have failed is no end.
    """
    is_end = event.after == PaymentState.SUCCEEDED or (
        event.after == PaymentState.FAILED and event.evidence != Evidence.QUERY
    )
    return is_end and event.before in _NOT_LIVE


def issues_of(events: Iterable[Event]) -> list[NewIssue]:
    """Return the issues that a transaction's events ask for, under the event's own subject."""
    issues = []
    for event in events:
        kind = kind_of(event)
        if kind is not None:
            issues.append(NewIssue(kind, event.subject_id, facts_of(event)))
    return issues


def kind_of(event: Event) -> str | None:
    """Return the kind of issue that an event becomes, None where nobody needs to look."""
    if isinstance(event, CallbackDoubted | ReversalDoubted):
        return str(event.doubt)
    if isinstance(event, ClaimConfirmed):
        return "claim_differs" if event.claimed != event.received else None
    if isinstance(event, RefundMoved):
        return "unsettled_refund" if event.after == RefundState.UNKNOWN else None
    return _kind_of_type(cast("Hashable", type(event)))


@cache
def _kind_of_type(event_type: Hashable) -> str | None:
    found = cast("type[Event]", event_type)
    return next((kind for looked_at, kind in LOOKED_AT if issubclass(found, looked_at)), None)


def move(issue: Issue, target: IssueState) -> IssueState:
    """Return the target state where the move is legal; raises IssueNotMovable."""
    if target not in ISSUE_MOVES[issue.state]:
        raise IssueNotMovable(issue_id=issue.id, state=issue.state, wanted=target)
    return target


def parse_invariant(file_name: str, text: str, rows_max: int) -> Invariant:
    """Read an invariant's file: its first comment is the sentence of what must hold, the rest the statement."""
    identifier = file_name.removesuffix(".sql")
    lines = text.splitlines()
    assert lines[0].startswith("-- "), f"{file_name} begins with what must hold"  # noqa: S101
    comments = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    sentence = comments[0]
    for line in comments[1:]:
        if sentence.endswith("."):
            break
        sentence += " " + line
    statement = "\n".join(line for line in lines if not line.startswith("--"))
    bounded = f"SELECT subject, detail FROM (\n{statement}\n) AS found LIMIT {rows_max}"  # noqa: S608  our own file
    parameters = max((int(number) for number in re.findall(r"\$([0-9]+)", statement)), default=0)
    return Invariant(identifier, sentence, "-- scope: platform" in lines, parameters, bounded)


def in_reading_order(invariants: Iterable[Invariant]) -> list[Invariant]:
    """Order by room and number: W1, W2 … ST10."""
    return sorted(invariants, key=lambda invariant: _place(invariant.id))


def _place(identifier: str) -> tuple[str, int]:
    found = re.fullmatch(r"([A-Z]+)([0-9]+)", identifier)
    assert found, f"{identifier} is letters and a number"  # noqa: S101
    return found[1], int(found[2])


def choose(invariants: Sequence[Invariant], only: Collection[str] | None) -> list[Invariant]:
    """Return the invariants that are asked for, all where nothing is; raises InvariantUnknown."""
    if only is None:
        return list(invariants)
    known = {invariant.id for invariant in invariants}
    for identifier in only:
        if identifier not in known:
            raise InvariantUnknown(invariant=identifier, known=tuple(invariant.id for invariant in invariants))
    return [invariant for invariant in invariants if invariant.id in only]


def issues_of_violations(violations: Iterable[Violation]) -> list[NewIssue]:
    """Return an issue for each thing of one business about which an invariant found something; its subject is an id."""
    return [
        NewIssue(violation.invariant, UUID(violation.subject), {"detail": violation.detail}) for violation in violations
    ]


def added(so_far: OpenPayments | None, more: OpenPayments) -> OpenPayments:
    """Add up open payments of one state over businesses."""
    if so_far is None:
        return more
    return OpenPayments(more.state, so_far.count + more.count, max(so_far.oldest_age_s, more.oldest_age_s))
