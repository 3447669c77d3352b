"""Pure decisions of issues: which facts a person must look at, and what settles them."""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import cast
from uuid import UUID

from payme.audit import facts_of
from payme.callbacks import CallbackDied
from payme.credit import CreditLimitPassed
from payme.inquiries import PaymentUnsettled
from payme.issues.errors import IssueNotMovable
from payme.issues.models import Issue, IssueKind, NewIssue, NewStep, Settled, Telling, Untold
from payme.issues.types import (
    ESCALATES_AFTER,
    ISSUE_MOVES,
    RETOLD_AFTER,
    STANDS_OPEN,
    IssueState,
    Severity,
    Step,
    Told,
)
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
_RESTORED_REFUND = ("restored_refund",)
_ENDED_REFUND = frozenset({RefundState.PAID, RefundState.REJECTED, RefundState.WITHDRAWN})
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
            kinds = (*_UNSETTLED_REFUND, *(_RESTORED_REFUND if event.after in _ENDED_REFUND else ()))
            settled += _settled(kinds, event, f"the refund is {event.after}")
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


_FAMILIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "money-without-a-purpose": (
            "money came and nobody said what it is for",
            "pesa zimeingia bila kujulikana ni za nini",
        ),
        "doubted-callbacks": ("M-PESA said what was not believed", "M-PESA imesema jambo lisiloaminika"),
        "payments-without-an-end": ("M-PESA does not say how a payment ended", "M-PESA haijasema malipo yaliishaje"),
        "webhook-endpoints": ("the shop's own system takes no messages", "mfumo wa duka haupokei ujumbe"),
        "credit-limits": ("somebody sold on credit over a limit", "mkopo umezidi kikomo"),
        "broken-books": ("the books do not agree", "hesabu hazilingani"),
        "statement-differences": (
            "the M-PESA statement and the books differ",
            "taarifa ya M-PESA na hesabu hazilingani",
        ),
        "audit-faults": ("somebody changed what was written down", "kumbukumbu zimebadilishwa"),
    }
)
"""Runbooks, and what an issue of theirs says in a few words, English and Swahili."""
_C, _H, _M, _L = Severity
_KINDS: Mapping[str, Mapping[Severity, str]] = MappingProxyType(
    {
        "money-without-a-purpose": {
            _H: "late_money claimed_elsewhere listed_money_doubted P8",
            _M: "unallocated_money overpayment tokens_paid_short claim_differs claim_denied unanswered_receipt P10",
        },
        "doubted-callbacks": {
            _C: "receipt_reuse",
            _H: "other_request other_shortcode other_amount other_source other_receipt no_receipt second_receipt "
            "dead_callback contradiction",
            _M: "unreadable other_phone unknown_code refund_ended",
        },
        "payments-without-an-end": {
            _H: "unsettled_payment unsettled_refund restored_refund P7 R3",
            _M: "already_reversed",
        },
        "webhook-endpoints": {_M: "webhook_endpoint_disabled"},
        "credit-limits": {_L: "over_credit_limit"},
        "broken-books": {_C: "A C CB E G MS P R S W", _H: "DR I IS ST", _M: "D"},
        "statement-differences": {
            _H: "statement_missing_callback statement_duplicate_receipt statement_wrong_till statement_reversed "
            "statement_not_reversed "
            "statement_short statement_unknown statement_ours_only",
            _M: "statement_late_callback statement_over statement_moved",
            _L: "statement_fee",
        },
        "audit-faults": {_C: "audit"},
    }
)
"""Kinds by runbook and severity. Of invariants it has the letters that their ids begin with, of the seal its prefix."""
KINDS: Mapping[str, IssueKind] = MappingProxyType(
    {
        kind: IssueKind(severity, runbook, *_FAMILIES[runbook])
        for runbook, severities in _KINDS.items()
        for severity, kinds in severities.items()
        for kind in kinds.split()
    }
)
_INVARIANT = re.compile(r"([A-Z]+)[0-9]+")


def find_kind(kind: str) -> IssueKind | None:
    """Return what is known of a kind; None where it is nowhere written down, which a gate of the tests finds."""
    if kind in KINDS:
        return KINDS[kind]
    invariant = _INVARIANT.fullmatch(kind)
    return KINDS.get(invariant[1] if invariant else kind.partition("_")[0])


def severity_of(kind: str) -> Severity:
    """Return how soon somebody must look at an issue of a kind: soon, where nobody wrote it down."""
    known = find_kind(kind)
    return Severity.HIGH if known is None else known.severity


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


def must_stand_open(issue: Issue, step: Step) -> None:
    """Raise IssueNotMovable where an issue is closed: it has no owner and no severity to change any more."""
    if issue.state not in STANDS_OPEN:
        raise IssueNotMovable(issue_id=issue.id, state=issue.state, wanted=step)


def acknowledged(issue: Issue, who: UUID | None, at: datetime) -> Issue:
    """Return an issue that somebody looks at, and has where nobody had it; raises IssueNotMovable."""
    state = move(issue, IssueState.ACKNOWLEDGED)
    return replace(issue, state=state, owner_id=issue.owner_id or who, acknowledged_at=at, updated_at=at)


def closed(issue: Issue, target: IssueState, resolution: str, who: UUID | None, at: datetime) -> Issue:
    """Return an issue that a person closed; raises IssueNotMovable."""
    state = move(issue, target)
    return replace(issue, state=state, resolution=resolution, closed_at=at, closed_by=who, updated_at=at)


def step_between(before: Issue, after: Issue, step: Step, note: str) -> NewStep:
    """Return what the history says of a change: the severity, the owner or the state before and after."""
    if step is Step.SEVERITY:
        return NewStep(step, note, before.severity, after.severity)
    if step is Step.TAKEN:
        return NewStep(step, note, _written(before.owner_id), _written(after.owner_id))
    return NewStep(step, note, before.state, after.state)


def _written(owner_id: UUID | None) -> str:
    return "" if owner_id is None else str(owner_id)


def telling(issue: Untold, at: datetime) -> Telling:
    """Decide what people are told of an issue now, and when it is looked at again.

    They are told once that it opened, once more where nobody acknowledged it in the time its severity gives, and once
    that it ended. What opened and ended unheard is told as both.
    """
    words = _words(issue, at)
    told = words[-1] if words else issue.told
    return Telling(issue, words, told, _look_again_at(issue, told, at))


def _words(issue: Untold, at: datetime) -> tuple[Told, ...]:
    if issue.state not in STANDS_OPEN:
        if issue.told is Told.ENDED:
            return ()
        return (Told.OPENED, Told.ENDED) if issue.told is Told.NOTHING else (Told.ENDED,)
    if issue.told is Told.NOTHING:
        return (Told.OPENED,)
    after = ESCALATES_AFTER.get(issue.severity)
    is_overdue = issue.state is IssueState.OPEN and after is not None and issue.created_at + after <= at
    return (Told.ESCALATED,) if is_overdue and issue.told is Told.OPENED else ()


def _look_again_at(issue: Untold, told: Told, at: datetime) -> datetime | None:
    after = ESCALATES_AFTER.get(issue.severity)
    if after is None or told is not Told.OPENED or issue.state is not IssueState.OPEN:
        return None
    due_at = issue.created_at + after
    return due_at if due_at > at else at + RETOLD_AFTER
