"""Reconciliation: do the books agree? Invariants, and the issues that people look at.

The invariants are files in ``invariants``. Not there yet, because their tables are not: S6 and S7 (returns and
voids) and A2 (audit seals).
"""

from payme.reconciliation.errors import InvariantUnknown, IssueNotFound, IssueNotMovable
from payme.reconciliation.events import IssueAccepted, IssueAcknowledged, IssueOpened, IssueResolved
from payme.reconciliation.invariants import OF_A_BUSINESS, OF_THE_PLATFORM
from payme.reconciliation.models import (
    CallbacksWaiting,
    Check,
    Gauges,
    Invariant,
    Issue,
    OpenIssues,
    OpenPayments,
    VerifyReport,
    Violation,
    WalletFigures,
)
from payme.reconciliation.queries import get_issue, list_issues
from payme.reconciliation.services import (
    accept,
    acknowledge,
    check_business,
    check_platform,
    every_business,
    read_gauges,
    record_issues,
    resolve,
    verify,
)
from payme.reconciliation.types import ISSUE_MOVES, IssueState

__all__ = [
    "ISSUE_MOVES",
    "OF_A_BUSINESS",
    "OF_THE_PLATFORM",
    "CallbacksWaiting",
    "Check",
    "Gauges",
    "Invariant",
    "InvariantUnknown",
    "Issue",
    "IssueAccepted",
    "IssueAcknowledged",
    "IssueNotFound",
    "IssueNotMovable",
    "IssueOpened",
    "IssueResolved",
    "IssueState",
    "OpenIssues",
    "OpenPayments",
    "VerifyReport",
    "Violation",
    "WalletFigures",
    "accept",
    "acknowledge",
    "check_business",
    "check_platform",
    "every_business",
    "get_issue",
    "list_issues",
    "read_gauges",
    "record_issues",
    "resolve",
    "verify",
]
