"""The SQL that reconciliation writes."""

import json
from collections.abc import Sequence
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.reconciliation.models import NewIssue, Settled
from payme.reconciliation.types import IssueState


def insert_issues(tx: Tx, issues: Sequence[NewIssue]) -> None:
    """Open issues, except where one of the kind stands open for the subject."""
    tx.write(
        """
        INSERT INTO reconciliation_issues (business_id, id, kind, state, subject_id, facts, created_at, updated_at)
        SELECT $1, issue.id, issue.kind, 'open', issue.subject_id, issue.facts, $2, $2
          FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[]::jsonb[]) AS issue (id, kind, subject_id, facts)
            ON CONFLICT (business_id, kind, subject_id) WHERE state IN ('open', 'acknowledged') DO NOTHING
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


async def insert_issue(tx: Tx, issue: NewIssue) -> UUID | None:
    """Open an issue; None where one of the kind stands open for the subject, or was accepted once."""
    written = await tx.records(
        """
        INSERT INTO reconciliation_issues (business_id, id, kind, state, subject_id, facts, created_at, updated_at)
        SELECT $1, $2, $3, 'open', $4, $5::text::jsonb, $6, $6
         WHERE NOT EXISTS (SELECT FROM reconciliation_issues
                            WHERE business_id = $1 AND kind = $3 AND subject_id = $4 AND state = 'accepted')
            ON CONFLICT (business_id, kind, subject_id) WHERE state IN ('open', 'acknowledged') DO NOTHING
        RETURNING id
        """,
        tx.business_id,
        tx.new_id(),
        issue.kind,
        issue.subject_id,
        json.dumps(issue.facts),
        tx.now,
    )
    return written[0]["id"] if written else None


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
