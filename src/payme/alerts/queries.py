"""Reads of alerts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payme.alerts import rules
from payme.alerts.models import Alert, AlertFigures, AlertSettings, DueAlert, Lately, Look
from payme.alerts.types import NAMED, PEOPLE_MAX, AlertState, Channel
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def get_settings(tx: Tx) -> AlertSettings:
    """Return who is told of what; what goes where nobody chose."""
    found = await tx.row(
        AlertSettings,
        """
        SELECT email_at_least, emails, sms_at_least, phones, sms_at_night, an_hour
          FROM alert_settings
         WHERE business_id = $1
        """,
        tx.business_id,
    )
    return rules.DEFAULT if found is None else found


async def list_alerts(
    tx: Tx, channel: Channel | None, state: AlertState | None, after: After | None, limit: int
) -> list[Alert]:
    """Return what people were told, or are to be told, newest first."""
    return await tx.rows(
        Alert,
        """
        SELECT id, channel, word, kind, severity, state, issues, tries, due_at, left_at, ended_at, note, created_at
          FROM alerts
         WHERE business_id = $1
           AND ($2::text IS NULL OR channel = $2)
           AND ($3::text IS NULL OR state = $3)
           AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $6
        """,
        tx.business_id,
        channel,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_lately(tx: Tx, since: datetime) -> list[Lately]:
    """Return the last alert of each channel, word and kind that waits, or was due since then."""
    return await tx.rows(
        Lately,
        """
        SELECT DISTINCT ON (channel, word, kind) id, channel, word, kind, (state = 'waiting' AND tries = 0) AS is_open,
               due_at
          FROM (SELECT id, channel, word, kind, state, tries, coalesce(left_at, due_at) AS due_at
                  FROM alerts
                 WHERE business_id = $1 AND (state = 'waiting' OR left_at > $2)) AS recent
         ORDER BY channel, word, kind, (state = 'waiting' AND tries = 0) DESC, due_at DESC
        """,
        tx.business_id,
        since,
    )


async def list_due(tx: Tx, limit: int) -> list[DueAlert]:
    """Return alerts whose time has come, with how their issues stand."""
    return await tx.rows(
        DueAlert,
        """
        SELECT alert.id, alert.channel, alert.word, alert.kind, alert.severity, alert.issues, alert.tries,
               told.open_issues, told.first_at, told.named
          FROM (SELECT id, channel, word, kind, severity, issues, tries
                  FROM alerts
                 WHERE business_id = $1 AND state = 'waiting' AND due_at <= $2
                 ORDER BY due_at, id
                 LIMIT $3) AS alert
         CROSS JOIN LATERAL (
               SELECT (count(*) FILTER (WHERE issue.state IN ('open', 'acknowledged')))::integer AS open_issues,
                      min(issue.created_at) AS first_at,
                      (array_agg(issue.id ORDER BY issue.created_at, issue.id))[1:$4] AS named
                 FROM alert_issues AS told
                 JOIN reconciliation_issues AS issue ON issue.business_id = $1 AND issue.id = told.issue_id
                WHERE told.business_id = $1 AND told.alert_id = alert.id) AS told
        """,
        tx.business_id,
        tx.now,
        limit,
        NAMED,
    )


async def count_left(tx: Tx, since: datetime) -> dict[Channel, int]:
    """Return how many alerts left since then, by channel."""
    records = await tx.records(
        """
        SELECT channel, count(*)::integer AS count
          FROM alerts
         WHERE business_id = $1 AND left_at > $2
         GROUP BY channel
        """,
        tx.business_id,
        since,
    )
    return {Channel(record["channel"]): record["count"] for record in records}


async def owners_addresses(tx: Tx) -> list[str]:
    """Return the e-mail addresses of the owners, who has been one longest first, at most ``PEOPLE_MAX``."""
    owners = await tx.records(
        """
        SELECT user_id FROM members
         WHERE business_id = $1 AND role = 'owner' AND removed_at IS NULL
         ORDER BY created_at, id
         LIMIT $2
        """,
        tx.business_id,
        PEOPLE_MAX,
    )
    ids: Sequence[UUID] = [record["user_id"] for record in owners]
    found = await tx.records("SELECT id, email FROM users WHERE id = ANY($1::uuid[])", ids)
    addresses = {record["id"]: record["email"] for record in found}
    return [addresses[user_id] for user_id in ids if user_id in addresses]


async def count_waiting(tx: Tx, since: datetime) -> AlertFigures:
    """Return how many alerts wait, and how many failed since then."""
    found = await tx.row(
        AlertFigures,
        """
        SELECT (count(*) FILTER (WHERE state = 'waiting'))::integer AS waiting,
               (count(*) FILTER (WHERE state = 'failed'))::integer AS failed
          FROM alerts
         WHERE business_id = $1 AND (state = 'waiting' OR (state = 'failed' AND ended_at > $2))
        """,
        tx.business_id,
        since,
    )
    assert found is not None, "a count is always one row"  # noqa: S101
    return found


async def look_at_platform(tx: Tx) -> Look:
    """Return how the whole server does; a place of anchors that nobody tries any more is none of it."""
    found = await tx.row(
        Look,
        """
        SELECT (SELECT beat_at FROM platform_beats WHERE part = 'worker') AS worker_at,
               (SELECT beat_at FROM platform_beats WHERE part = 'backup') AS backup_at,
               (SELECT received_at FROM callbacks WHERE state = 'received' ORDER BY id LIMIT 1) AS callback_at,
               coalesce((SELECT platform FROM reconciliation_rounds ORDER BY began_at DESC LIMIT 1), '{}') AS broken,
               anchors.failing_since AS anchors_failing_since,
               anchors.failing AS anchors_failing
          FROM (SELECT min(failing_since) AS failing_since,
                       string_agg(place || ' (' || left(note, 90) || ')', ', ' ORDER BY place) AS failing
                  FROM audit_places
                 WHERE failing_since IS NOT NULL AND due_at > $1::timestamptz - interval '2 hours') AS anchors
        """,
        tx.now,
    )
    assert found is not None, "the figures are one row"  # noqa: S101
    return found
