"""Pure decisions of issues: which facts a person must look at, and what settles them."""

from collections.abc import Hashable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import cast
from uuid import UUID

from payme.audit import facts_of
from payme.callbacks import CallbackDied
from payme.credit import CreditLimitPassed
from payme.inquiries import PaymentUnsettled
from payme.issues.errors import IssueNotMovable
from payme.issues.models import Issue, NewIssue, Settled
from payme.issues.types import ISSUE_MOVES, IssueState
from payme.kit.events import Event
from payme.money import ClaimConfirmed, ClaimDenied, MoneyReleased, MoneyReturned, MoneySettled, Purpose
from payme.payments import Evidence, PaymentMoved, PaymentState
from payme.receipts import ReceiptUnanswered
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


def distinct(issues: Iterable[NewIssue]) -> list[NewIssue]:
    """Return one issue of each kind and subject, in the order in which their rows are written by everybody."""
    first: dict[tuple[str, UUID], NewIssue] = {}
    for issue in issues:
        first.setdefault((issue.kind, issue.subject_id), issue)
    return [first[key] for key in sorted(first)]


def detail_of(issue: NewIssue) -> str:
    """Say in words what was found, where the facts do."""
    return str(issue.facts.get("detail", ""))


def move(issue: Issue, target: IssueState) -> IssueState:
    """Return the target state where the move is legal; raises IssueNotMovable."""
    if target not in ISSUE_MOVES[issue.state]:
        raise IssueNotMovable(issue_id=issue.id, state=issue.state, wanted=target)
    return target
