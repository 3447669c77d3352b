"""The SQL that issues write."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from payme.issues.models import Issue, NewIssue, NewStep, Settled, Telling, Untold
from payme.issues.types import Severity
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx


def record_issues(tx: Tx, issues: Sequence[tuple[NewIssue, Severity]]) -> None:
    """Open issues; where one of the kind stands open for the subject it was seen again."""
    tx.write(
        """
        INSERT INTO reconciliation_issues AS issue
               (business_id, id, kind, severity, state, subject_id, facts, times_seen, last_seen_at, told, due_at,
                created_at, updated_at)
        SELECT $1, new.id, new.kind, new.severity, 'open', new.subject_id, new.facts, 1, $2, 'nothing', $2, $2, $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[]::jsonb[])
               AS new (id, kind, severity, subject_id, facts)
            ON CONFLICT (business_id, kind, subject_id) WHERE state IN ('open', 'acknowledged')
            DO UPDATE SET times_seen = issue.times_seen + 1, last_seen_at = EXCLUDED.last_seen_at
        """,
        tx.business_id,
        tx.now,
        [tx.new_id() for _ in issues],
        [issue.kind for issue, _ in issues],
        [severity for _, severity in issues],
        [issue.subject_id for issue, _ in issues],
        [json.dumps(issue.facts) for issue, _ in issues],
    )


async def open_issues(tx: Tx, issues: Mapping[UUID, tuple[NewIssue, Severity]]) -> list[UUID]:
    """Open issues under new ids, but what was accepted; what stands open was seen again. Returns those that are new."""
    written = await tx.records(
        """
        INSERT INTO reconciliation_issues AS issue
               (business_id, id, kind, severity, state, subject_id, facts, times_seen, last_seen_at, told, due_at,
                created_at, updated_at)
        SELECT $1, new.id, new.kind, new.severity, 'open', new.subject_id, new.facts, 1, $2, 'nothing', $2, $2, $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[]::jsonb[])
               AS new (id, kind, severity, subject_id, facts)
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
        [issue.kind for issue, _ in issues.values()],
        [severity for _, severity in issues.values()],
        [issue.subject_id for issue, _ in issues.values()],
        [json.dumps(issue.facts) for issue, _ in issues.values()],
    )
    return [record["id"] for record in written if record["id"] in issues]


def settle_issues(tx: Tx, settled: Sequence[Settled]) -> None:
    """Resolve issues whose cause was settled, where they stand open, and write it into their history.

    Both look at the same instant; where a person closes one at that moment, its history has one ending all the same.
    """
    tx.write(
        """
        UPDATE reconciliation_issues AS issue
           SET state = 'resolved', resolution = left('Settled: ' || cause.resolution, 500), closed_at = $2,
               due_at = $2, updated_at = $2
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
    tx.write(
        """
        INSERT INTO issue_history (business_id, id, issue_id, step, actor_id, actor, note, created_at)
        SELECT $1, cause.id, issue.id, 'settled', $7, $8, left('Settled: ' || cause.resolution, 500), $2
          FROM unnest($3::text[], $4::uuid[], $5::text[], $6::uuid[]) AS cause (kind, subject_id, resolution, id)
          JOIN reconciliation_issues AS issue
            ON issue.business_id = $1 AND issue.kind = cause.kind AND issue.subject_id = cause.subject_id
           AND issue.state IN ('open', 'acknowledged')
            ON CONFLICT (business_id, issue_id) WHERE step IN ('resolved', 'accepted', 'settled') DO NOTHING
        """,
        tx.business_id,
        tx.now,
        [one.kind for one in settled],
        [one.subject_id for one in settled],
        [one.resolution for one in settled],
        [tx.new_id() for _ in settled],
        tx.actor.user_id,
        tx.actor.name,
    )


async def settle_found(tx: Tx, gone: Sequence[Settled]) -> list[Issue]:
    """Resolve issues that stand open and whose cause is gone; returns them."""
    return await tx.rows(
        Issue,
        """
        UPDATE reconciliation_issues AS issue
           SET state = 'resolved', resolution = left('Settled: ' || cause.resolution, 500), closed_at = $2,
               due_at = $2, updated_at = $2
          FROM unnest($3::text[], $4::uuid[], $5::text[]) AS cause (kind, subject_id, resolution)
         WHERE issue.business_id = $1 AND issue.kind = cause.kind AND issue.subject_id = cause.subject_id
           AND issue.state IN ('open', 'acknowledged')
        RETURNING issue.id, issue.kind, issue.severity, issue.state, issue.subject_id, issue.facts, issue.resolution,
                  issue.owner_id, issue.times_seen, issue.last_seen_at, issue.acknowledged_at, issue.closed_at,
                  issue.closed_by, issue.created_at, issue.updated_at
        """,
        tx.business_id,
        tx.now,
        [one.kind for one in gone],
        [one.subject_id for one in gone],
        [one.resolution for one in gone],
    )


async def lock_issue(tx: Tx, issue_id: UUID) -> Issue | None:
    """Return an issue, ours until the transaction ends."""
    found = await tx.lock(
        Issue,
        LockRank.ISSUE,
        """
        SELECT id, kind, severity, state, subject_id, facts, resolution, owner_id, times_seen, last_seen_at,
               acknowledged_at, closed_at, closed_by, created_at, updated_at
          FROM reconciliation_issues
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        issue_id,
    )
    return found[0] if found else None


def update_issue(tx: Tx, issue: Issue) -> None:
    """Write where a locked issue stands, who has it and how bad it is; what is to be told of it is decided anew."""
    tx.write(
        """
        UPDATE reconciliation_issues
           SET state = $3, severity = $4, owner_id = $5, resolution = $6, acknowledged_at = $7, closed_at = $8,
               closed_by = $9, due_at = $10, updated_at = $10
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        issue.id,
        issue.state,
        issue.severity,
        issue.owner_id,
        issue.resolution,
        issue.acknowledged_at,
        issue.closed_at,
        issue.closed_by,
        tx.now,
    )


def remember_business(tx: Tx) -> None:
    """Let the worker visit this business from now on."""
    tx.write(
        "INSERT INTO issue_businesses (business_id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        tx.business_id,
        tx.now,
    )


def insert_steps(tx: Tx, issue_ids: Sequence[UUID], steps: Sequence[NewStep]) -> None:
    """Write what was done with issues."""
    tx.write(
        """
        INSERT INTO issue_history (business_id, id, issue_id, step, actor_id, actor, note, before, after, created_at)
        SELECT $1, new.id, new.issue_id, new.step, $8, $9, new.note, new.before, new.after, $10
          FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
               AS new (id, issue_id, step, note, before, after)
        """,
        tx.business_id,
        [tx.new_id() for _ in steps],
        list(issue_ids),
        [step.step for step in steps],
        [step.note for step in steps],
        [step.before for step in steps],
        [step.after for step in steps],
        tx.actor.user_id,
        tx.actor.name,
        tx.now,
    )


async def take_untold(tx: Tx, limit: int) -> list[Untold]:
    """Return issues of which people are to be told, ours until the transaction ends; what others hold is passed by."""
    return await tx.lock_free(
        Untold,
        LockRank.ISSUE,
        """
        SELECT id, kind, severity, state, subject_id, resolution, told, created_at
          FROM reconciliation_issues
         WHERE business_id = $1 AND due_at <= $2
         ORDER BY due_at, id
         LIMIT $3
        """,
        tx.business_id,
        tx.now,
        limit,
    )


async def lock_undecided(tx: Tx, limit: int) -> list[Untold]:
    """Return issues about which it was not decided since they last changed what people are told; ours.

    What changes sets both times to one instant; what decides moves ``due_at`` on, or takes it away.
    """
    return await tx.lock(
        Untold,
        LockRank.ISSUE,
        """
        SELECT id, kind, severity, state, subject_id, resolution, told, created_at
          FROM reconciliation_issues
         WHERE business_id = $1 AND due_at <= updated_at
         ORDER BY id
         LIMIT $2
        """,
        tx.business_id,
        limit,
    )


def mark_told(tx: Tx, tellings: Sequence[Telling]) -> None:
    """Write what people were told of locked issues, and when each is looked at again."""
    tx.write(
        """
        UPDATE reconciliation_issues AS issue
           SET told = word.told, due_at = word.due_at
          FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS word (id, told, due_at)
         WHERE issue.business_id = $1 AND issue.id = word.id
        """,
        tx.business_id,
        [telling.issue.id for telling in tellings],
        [telling.told for telling in tellings],
        [telling.due_at for telling in tellings],
    )
