"""Reads of issues."""

from datetime import datetime, timedelta
from uuid import UUID

from payme.issues.errors import IssueNotFound
from payme.issues.models import HistoryEntry, Issue, IssueFigures, IssueFilter, OpenIssues, SeverityFigures
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def get_issue(tx: Tx, issue_id: UUID) -> Issue:
    """Return an issue; raises IssueNotFound."""
    issue = await tx.row(
        Issue,
        """
        SELECT id, kind, severity, state, subject_id, facts, resolution, owner_id, times_seen, last_seen_at,
               acknowledged_at, closed_at, closed_by, created_at, updated_at
          FROM reconciliation_issues
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        issue_id,
    )
    if issue is None:
        raise IssueNotFound(issue_id=issue_id)
    return issue


async def list_issues(tx: Tx, wanted: IssueFilter, after: After | None, limit: int) -> list[Issue]:
    """Return issues newest first."""
    return await tx.rows(
        Issue,
        """
        SELECT id, kind, severity, state, subject_id, facts, resolution, owner_id, times_seen, last_seen_at,
               acknowledged_at, closed_at, closed_by, created_at, updated_at
          FROM reconciliation_issues
         WHERE business_id = $1
           AND ($2::text IS NULL OR state = $2)
           AND ($3::boolean IS NULL OR (state IN ('open', 'acknowledged')) = $3)
           AND ($4::text IS NULL OR severity = $4)
           AND ($5::text IS NULL OR kind = $5)
           AND ($6::uuid IS NULL OR owner_id = $6)
           AND ($7::uuid IS NULL OR subject_id = $7)
           AND ($8::timestamptz IS NULL OR (created_at, id) < ($8, $9::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $10
        """,
        tx.business_id,
        wanted.state,
        wanted.is_open,
        wanted.severity,
        wanted.kind,
        wanted.owner_id,
        wanted.subject_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_history(tx: Tx, issue_id: UUID, after: After | None, limit: int) -> list[HistoryEntry]:
    """Return what was done with an issue, newest first; raises IssueNotFound."""
    await get_issue(tx, issue_id)
    return await tx.rows(
        HistoryEntry,
        """
        SELECT id, step, actor_id, actor, note, before, after, created_at
          FROM issue_history
         WHERE business_id = $1 AND issue_id = $2
           AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        issue_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def count_open(tx: Tx) -> list[OpenIssues]:
    """Return how many issues nobody has closed, by kind and severity, and since when one waits for somebody."""
    return await tx.rows(
        OpenIssues,
        """
        SELECT kind, severity, count(*)::integer AS count,
               coalesce(greatest(extract(epoch FROM $2 - min(created_at) FILTER (WHERE state = 'open')), 0), 0)::float8
                   AS unseen_age_s
          FROM reconciliation_issues
         WHERE business_id = $1 AND state IN ('open', 'acknowledged')
         GROUP BY kind, severity
         ORDER BY kind, severity
        """,
        tx.business_id,
        tx.now,
    )


async def add_up(tx: Tx, days: int) -> IssueFigures:
    """Add up how the issues of the last days fared: how many, and how long they waited."""
    since = tx.now - timedelta(days=days)
    return IssueFigures(since, await _figures_since(tx, since))


async def _figures_since(tx: Tx, since: datetime) -> list[SeverityFigures]:
    return await tx.rows(
        SeverityFigures,
        """
        SELECT severity, count(*)::integer AS opened, count(acknowledged_at)::integer AS acknowledged,
               (count(*) FILTER (WHERE state = 'resolved'))::integer AS resolved,
               (count(*) FILTER (WHERE state = 'accepted'))::integer AS accepted,
               (count(*) FILTER (WHERE state = 'resolved' AND closed_by IS NULL))::integer AS settled,
               (count(*) FILTER (WHERE closed_at IS NULL))::integer AS open_now,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - created_at)::float8)
                   AS acknowledge_s,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - created_at)::float8)
                   AS acknowledge_slow_s,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - created_at)::float8)
                   AS close_s,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - created_at)::float8)
                   AS close_slow_s
          FROM reconciliation_issues
         WHERE business_id = $1 AND created_at >= $2
         GROUP BY severity
         ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], severity)
        """,
        tx.business_id,
        since,
    )


async def may_work_here(tx: Tx, user_id: UUID) -> bool:
    """Say whether a person is an owner or a manager of the business."""
    return bool(
        await tx.value(
            """
            SELECT EXISTS (SELECT FROM members
                            WHERE business_id = $1 AND user_id = $2 AND removed_at IS NULL
                              AND role IN ('owner', 'manager'))
            """,
            tx.business_id,
            user_id,
        )
    )


async def list_businesses(tx: Tx, limit: int) -> list[UUID]:
    """Return the businesses that have ever had an issue."""
    records = await tx.records("SELECT business_id FROM issue_businesses ORDER BY business_id LIMIT $1", limit)
    return [record["business_id"] for record in records]
