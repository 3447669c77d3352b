"""Reads of issues."""

from uuid import UUID

from payme.issues.errors import IssueNotFound
from payme.issues.models import Issue, OpenIssues
from payme.issues.types import IssueState
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def get_issue(tx: Tx, issue_id: UUID) -> Issue:
    """Return an issue; raises IssueNotFound."""
    issue = await tx.row(
        Issue,
        """
        SELECT id, kind, state, subject_id, facts, resolution, times_seen, last_seen_at, created_at, updated_at
          FROM reconciliation_issues
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        issue_id,
    )
    if issue is None:
        raise IssueNotFound(issue_id=issue_id)
    return issue


async def list_issues(tx: Tx, state: IssueState | None, after: After | None, limit: int) -> list[Issue]:
    """Return issues newest first, of one state or of all."""
    return await tx.rows(
        Issue,
        """
        SELECT id, kind, state, subject_id, facts, resolution, times_seen, last_seen_at, created_at, updated_at
          FROM reconciliation_issues
         WHERE business_id = $1
           AND ($2::text IS NULL OR state = $2)
           AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def count_open(tx: Tx) -> list[OpenIssues]:
    """Return how many issues nobody has closed, by kind."""
    return await tx.rows(
        OpenIssues,
        """
        SELECT kind, count(*)::integer AS count
          FROM reconciliation_issues
         WHERE business_id = $1 AND state IN ('open', 'acknowledged')
         GROUP BY kind
        """,
        tx.business_id,
    )
