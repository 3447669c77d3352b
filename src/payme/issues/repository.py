"""The SQL that issues write."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from payme.issues.models import Issue, NewIssue, Settled
from payme.issues.types import IssueState
from payme.kit.db.transaction import Tx


def record_issues(tx: Tx, issues: Sequence[NewIssue]) -> None:
    """Open issues; where one of the kind stands open for the subject it was seen again."""
    tx.write(
        """
        INSERT INTO reconciliation_issues AS issue
               (business_id, id, kind, state, subject_id, facts, times_seen, last_seen_at, created_at, updated_at)
        SELECT $1, new.id, new.kind, 'open', new.subject_id, new.facts, 1, $2, $2, $2
          FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[]::jsonb[]) AS new (id, kind, subject_id, facts)
            ON CONFLICT (business_id, kind, subject_id) WHERE state IN ('open', 'acknowledged')
            DO UPDATE SET times_seen = issue.times_seen + 1, last_seen_at = EXCLUDED.last_seen_at
        """,
        tx.business_id,
        tx.now,
        [tx.new_id() for _ in issues],
        [issue.kind for issue in issues],
        [issue.subject_id for issue in issues],
        [json.dumps(issue.facts) for issue in issues],
    )


def settle_issues(tx: Tx, settled: Sequence[Settled]) -> None:
    """Resolve issues whose cause was settled, where they stand open."""
    tx.write(
        """
        UPDATE reconciliation_issues AS issue
           SET state = 'resolved', resolution = left('Settled: ' || cause.resolution, 500), updated_at = $2
          FROM unnest($3::text[], $4::uuid[], $5::text[]) AS cause (kind, subject_id, resolution)
         WHERE issue.business_id = $1 AND issue.kind = cause.kind AND issue.subject_id = cause.subject_id
           AND issue.state IN ('open', 'acknowledged')
        """,
        tx.business_id,
        tx.now,
        [one.kind for one in settled],
        [one.subject_id for one in settled],
        [one.resolution for one in settled],
    )


async def open_issues(tx: Tx, issues: Mapping[UUID, NewIssue]) -> list[UUID]:
    """Open issues under new ids, but what was accepted; what stands open was seen again. Returns those that are new."""
    written = await tx.records(
        """
        INSERT INTO reconciliation_issues AS issue
               (business_id, id, kind, state, subject_id, facts, times_seen, last_seen_at, created_at, updated_at)
        SELECT $1, new.id, new.kind, 'open', new.subject_id, new.facts, 1, $2, $2, $2
          FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[]::jsonb[]) AS new (id, kind, subject_id, facts)
         WHERE NOT EXISTS (SELECT FROM reconciliation_issues AS accepted
                            WHERE accepted.business_id = $1 AND accepted.kind = new.kind
                              AND accepted.subject_id = new.subject_id AND accepted.state = 'accepted')
            ON CONFLICT (business_id, kind, subject_id) WHERE state IN ('open', 'acknowledged')
            DO UPDATE SET times_seen = issue.times_seen + 1, last_seen_at = EXCLUDED.last_seen_at
        RETURNING id
        """,
        tx.business_id,
        tx.now,
        list(issues),
        [issue.kind for issue in issues.values()],
        [issue.subject_id for issue in issues.values()],
        [json.dumps(issue.facts) for issue in issues.values()],
    )
    return [record["id"] for record in written if record["id"] in issues]


async def settle_found(tx: Tx, gone: Sequence[Settled]) -> list[Issue]:
    """Resolve issues that stand open and whose cause is gone; returns them."""
    return await tx.rows(
        Issue,
        """
        UPDATE reconciliation_issues AS issue
           SET state = 'resolved', resolution = left('Settled: ' || cause.resolution, 500), updated_at = $2
          FROM unnest($3::text[], $4::uuid[], $5::text[]) AS cause (kind, subject_id, resolution)
         WHERE issue.business_id = $1 AND issue.kind = cause.kind AND issue.subject_id = cause.subject_id
           AND issue.state IN ('open', 'acknowledged')
        RETURNING issue.id, issue.kind, issue.state, issue.subject_id, issue.facts, issue.resolution,
                  issue.times_seen, issue.last_seen_at, issue.created_at, issue.updated_at
        """,
        tx.business_id,
        tx.now,
        [one.kind for one in gone],
        [one.subject_id for one in gone],
        [one.resolution for one in gone],
    )


async def move_issue(tx: Tx, issue_id: UUID, before: IssueState, after: IssueState, resolution: str) -> bool:
    """Write an issue's new state; False where it is not in ``before`` any more."""
    moved = await tx.records(
        """
        UPDATE reconciliation_issues SET state = $4, resolution = $5, updated_at = $6
         WHERE business_id = $1 AND id = $2 AND state = $3
        RETURNING id
        """,
        tx.business_id,
        issue_id,
        before,
        after,
        resolution,
        tx.now,
    )
    return bool(moved)
