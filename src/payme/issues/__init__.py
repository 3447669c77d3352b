"""Issues: what a person must look at, from the first time it is seen until it is closed.

An issue stands for one fact. It is opened in the transaction of its cause (``record_issues``), or by whoever looks
through the books (``open_issues``); seen again it is marked, not opened twice; it is closed by a person, or by itself
when its cause is settled (``settle``).
"""

from payme.issues.errors import IssueNotFound, IssueNotMovable
from payme.issues.events import IssueAccepted, IssueAcknowledged, IssueOpened, IssueResolved, IssueSettled
from payme.issues.models import Issue, NewIssue, OpenIssues, Settled
from payme.issues.queries import count_open, get_issue, list_issues
from payme.issues.services import accept, acknowledge, open_issues, record_issues, resolve, settle
from payme.issues.types import ISSUE_MOVES, IssueState

__all__ = [
    "ISSUE_MOVES",
    "Issue",
    "IssueAccepted",
    "IssueAcknowledged",
    "IssueNotFound",
    "IssueNotMovable",
    "IssueOpened",
    "IssueResolved",
    "IssueSettled",
    "IssueState",
    "NewIssue",
    "OpenIssues",
    "Settled",
    "accept",
    "acknowledge",
    "count_open",
    "get_issue",
    "list_issues",
    "open_issues",
    "record_issues",
    "resolve",
    "settle",
]
