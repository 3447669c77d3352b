"""Issues: what a person must look at, from the first time it is seen until it is closed.

An issue stands for one fact. It is opened in the transaction of its cause (``record_issues``), or by whoever looks
through the books (``open_issues``); seen again it is marked, not opened twice; it is closed by a person, or by itself
when its cause is settled (``settle``). The row says itself that people are to be told of it (``take_untold``).
"""

from payme.issues.errors import IssueNotFound, IssueNotMovable, IssueOwnerUnfit
from payme.issues.events import (
    IssueAccepted,
    IssueAcknowledged,
    IssueOpened,
    IssueResolved,
    IssueSettled,
    IssueSeverityChanged,
    IssueTaken,
)
from payme.issues.models import (
    HistoryEntry,
    Issue,
    IssueFigures,
    IssueFilter,
    IssueKind,
    NewIssue,
    OpenIssues,
    Settled,
    Telling,
    Untold,
)
from payme.issues.queries import add_up, count_open, get_issue, list_businesses, list_history, list_issues
from payme.issues.rules import KINDS, LOOKED_AT, find_kind
from payme.issues.services import (
    accept,
    acknowledge,
    add_note,
    change_severity,
    count_as_told,
    hand_over,
    open_issues,
    record_issues,
    resolve,
    settle,
    take_untold,
)
from payme.issues.types import ESCALATES_AFTER, ISSUE_MOVES, NOTE_MAX, IssueState, Severity, Step, Told

__all__ = [
    "ESCALATES_AFTER",
    "ISSUE_MOVES",
    "KINDS",
    "LOOKED_AT",
    "NOTE_MAX",
    "HistoryEntry",
    "Issue",
    "IssueAccepted",
    "IssueAcknowledged",
    "IssueFigures",
    "IssueFilter",
    "IssueKind",
    "IssueNotFound",
    "IssueNotMovable",
    "IssueOpened",
    "IssueOwnerUnfit",
    "IssueResolved",
    "IssueSettled",
    "IssueSeverityChanged",
    "IssueState",
    "IssueTaken",
    "NewIssue",
    "OpenIssues",
    "Settled",
    "Severity",
    "Step",
    "Telling",
    "Told",
    "Untold",
    "accept",
    "acknowledge",
    "add_note",
    "add_up",
    "change_severity",
    "count_as_told",
    "count_open",
    "find_kind",
    "get_issue",
    "hand_over",
    "list_businesses",
    "list_history",
    "list_issues",
    "open_issues",
    "record_issues",
    "resolve",
    "settle",
    "take_untold",
]
