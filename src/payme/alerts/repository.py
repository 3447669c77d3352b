"""The SQL that alerts write."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payme.alerts.models import AlertSettings, NewAlert, PlatformAlert, Trouble, Wanted
from payme.alerts.types import AlertState, Part
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx


async def guard(tx: Tx) -> None:
    """Let nobody else place or take alerts of the business until the transaction ends."""
    await tx.guard(LockRank.ALERT, f"alerts of {tx.business_id}")


def keep_settings(tx: Tx, settings: AlertSettings) -> None:
    """Write who is told of what."""
    tx.write(
        """
        INSERT INTO alert_settings
               (business_id, email_at_least, emails, sms_at_least, phones, sms_at_night, an_hour, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (business_id) DO UPDATE
           SET email_at_least = EXCLUDED.email_at_least, emails = EXCLUDED.emails,
               sms_at_least = EXCLUDED.sms_at_least, phones = EXCLUDED.phones,
               sms_at_night = EXCLUDED.sms_at_night, an_hour = EXCLUDED.an_hour, updated_at = EXCLUDED.updated_at
        """,
        tx.business_id,
        settings.email_at_least,
        settings.emails,
        settings.sms_at_least,
        settings.phones,
        settings.sms_at_night,
        settings.an_hour,
        tx.now,
    )


def insert_alerts(tx: Tx, alerts: Sequence[NewAlert]) -> None:
    """Write alerts that wait."""
    tx.write(
        """
        INSERT INTO alerts (business_id, id, channel, word, kind, severity, state, issues, tries, due_at, created_at)
        SELECT $1, new.id, new.channel, new.word, new.kind, new.severity, 'waiting', new.issues, 0, new.due_at, $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::timestamptz[])
               AS new (id, channel, word, kind, severity, issues, due_at)
        """,
        tx.business_id,
        tx.now,
        [alert.id for alert in alerts],
        [alert.wanted.channel for alert in alerts],
        [alert.wanted.word for alert in alerts],
        [alert.wanted.kind for alert in alerts],
        [alert.wanted.severity for alert in alerts],
        [len(alert.wanted.issue_ids) for alert in alerts],
        [alert.due_at for alert in alerts],
    )


def grow_alerts(tx: Tx, grown: Sequence[tuple[UUID, Wanted]]) -> None:
    """Let alerts that wait tell of more issues; the worst of them says how severe they are."""
    tx.write(
        """
        UPDATE alerts AS alert
           SET issues = alert.issues + more.issues,
               severity = (ARRAY['critical', 'high', 'medium', 'low'])[least(
                   array_position(ARRAY['critical', 'high', 'medium', 'low'], alert.severity),
                   array_position(ARRAY['critical', 'high', 'medium', 'low'], more.severity))]
          FROM unnest($2::uuid[], $3::text[], $4::integer[]) AS more (id, severity, issues)
         WHERE alert.business_id = $1 AND alert.id = more.id
        """,
        tx.business_id,
        [alert_id for alert_id, _ in grown],
        [wanted.severity for _, wanted in grown],
        [len(wanted.issue_ids) for _, wanted in grown],
    )


def insert_alert_issues(tx: Tx, told: Sequence[tuple[UUID, Wanted]]) -> None:
    """Write which alert tells of which issue: one for each issue, channel and word."""
    rows = [(alert_id, wanted, issue_id) for alert_id, wanted in told for issue_id in wanted.issue_ids]
    tx.write(
        """
        INSERT INTO alert_issues (business_id, channel, word, issue_id, alert_id)
        SELECT $1, new.channel, new.word, new.issue_id, new.alert_id
          FROM unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[]) AS new (channel, word, issue_id, alert_id)
        """,
        tx.business_id,
        [wanted.channel for _, wanted, _ in rows],
        [wanted.word for _, wanted, _ in rows],
        [issue_id for _, _, issue_id in rows],
        [alert_id for alert_id, _, _ in rows],
    )


def mark_taken(tx: Tx, alert_ids: Sequence[UUID], until: datetime) -> None:
    """Write that alerts are being sent, and until when they are ours."""
    tx.write(
        """
        UPDATE alerts SET tries = tries + 1, due_at = $3, left_at = coalesce(left_at, $4), note = ''
         WHERE business_id = $1 AND id = ANY($2::uuid[])
        """,
        tx.business_id,
        list(alert_ids),
        until,
        tx.now,
    )


def mark_held(tx: Tx, alert_ids: Sequence[UUID], until: datetime) -> None:
    """Write that alerts wait because the hour is full; more issues may be told with them."""
    tx.write(
        "UPDATE alerts SET due_at = $3, note = 'the hour is full' WHERE business_id = $1 AND id = ANY($2::uuid[])",
        tx.business_id,
        list(alert_ids),
        until,
    )


def mark_ended(tx: Tx, alert_ids: Sequence[UUID], states: Sequence[AlertState], notes: Sequence[str]) -> None:
    """Write what became of alerts that nobody has to send any more."""
    tx.write(
        """
        UPDATE alerts AS alert
           SET state = step.state, note = step.note, ended_at = $5,
               left_at = CASE WHEN step.state = 'handed_over' THEN $5 ELSE alert.left_at END
          FROM unnest($2::uuid[], $3::text[], $4::text[]) AS step (id, state, note)
         WHERE alert.business_id = $1 AND alert.id = step.id
        """,
        tx.business_id,
        list(alert_ids),
        list(states),
        list(notes),
        tx.now,
    )


async def withdraw_waiting(tx: Tx, note: str, limit: int) -> int:
    """Withdraw alerts that wait, some of them at a time; returns how many."""
    return len(
        await tx.records(
            """
            UPDATE alerts SET state = 'withdrawn', note = $2, ended_at = $3
             WHERE business_id = $1 AND id IN (
                   SELECT id FROM alerts WHERE business_id = $1 AND state = 'waiting' ORDER BY due_at, id LIMIT $4)
            RETURNING id
            """,
            tx.business_id,
            note,
            tx.now,
            limit,
        )
    )


async def mark_tried(tx: Tx, alert_id: UUID, tries: int, state: AlertState, due_at: datetime, note: str) -> bool:
    """Write what became of a try; False where another worker has the alert meanwhile, or it has ended."""
    return bool(
        await tx.records(
            """
            UPDATE alerts
               SET state = $4, due_at = $5, note = $6, ended_at = CASE WHEN $4 <> 'waiting' THEN $7::timestamptz END
             WHERE business_id = $1 AND id = $2 AND tries = $3 AND state = 'waiting'
            RETURNING id
            """,
            tx.business_id,
            alert_id,
            tries,
            state,
            due_at,
            note,
            tx.now,
        )
    )


def beat(tx: Tx, part: Part) -> None:
    """Write that a part of the server still works."""
    tx.write(
        """
        INSERT INTO platform_beats (part, beat_at) VALUES ($1, $2)
            ON CONFLICT (part) DO UPDATE SET beat_at = greatest(platform_beats.beat_at, EXCLUDED.beat_at)
        """,
        part,
        tx.now,
    )


async def keep_troubles(tx: Tx, troubles: Sequence[Trouble]) -> None:
    """Write what is wrong now: what is new waits to be told, what is gone is over."""
    await tx.guard(LockRank.ALERT, "platform alerts")
    await tx.records(
        """
        INSERT INTO platform_alerts AS alert (what, id, detail, state, tries, due_at, since, updated_at)
        SELECT new.what, new.id, new.detail, 'waiting', 0, $4, $4, $4
          FROM unnest($1::text[], $2::uuid[], $3::text[]) AS new (what, id, detail)
            ON CONFLICT (what) DO UPDATE
           SET detail = EXCLUDED.detail, updated_at = EXCLUDED.updated_at,
               id = CASE WHEN alert.state = 'over' THEN EXCLUDED.id ELSE alert.id END,
               tries = CASE WHEN alert.state = 'over' THEN 0 ELSE alert.tries END,
               due_at = CASE WHEN alert.state = 'over' THEN EXCLUDED.due_at ELSE alert.due_at END,
               since = CASE WHEN alert.state = 'over' THEN EXCLUDED.since ELSE alert.since END,
               state = CASE WHEN alert.state = 'over' THEN 'waiting' ELSE alert.state END
        RETURNING what
        """,
        [trouble.what for trouble in troubles],
        [tx.new_id() for _ in troubles],
        [trouble.detail for trouble in troubles],
        tx.now,
    )
    await tx.records(
        "UPDATE platform_alerts SET state = 'over', updated_at = $2 "
        "WHERE state <> 'over' AND what <> ALL($1::text[]) RETURNING what",
        [trouble.what for trouble in troubles],
        tx.now,
    )


async def take_troubles(tx: Tx, until: datetime) -> list[PlatformAlert]:
    """Return troubles whose time has come, ours until ``until``; the caller holds the guard of ``keep_troubles``."""
    return await tx.rows(
        PlatformAlert,
        """
        UPDATE platform_alerts SET tries = tries + 1, due_at = $2, state = 'waiting'
         WHERE state <> 'over' AND due_at <= $1
        RETURNING what, id, detail, state, tries, since
        """,
        tx.now,
        until,
    )


def mark_trouble(tx: Tx, alert: PlatformAlert, due_at: datetime, note: str, *, told: bool) -> None:
    """Write what became of telling the operator, and when that is done again; not where it is over meanwhile."""
    tx.write(
        """
        UPDATE platform_alerts
           SET state = CASE WHEN $4 THEN 'told' ELSE state END, tries = CASE WHEN $4 THEN 0 ELSE tries END,
               due_at = $5, note = $6, updated_at = $7
         WHERE what = $1 AND id = $2 AND tries = $3 AND state = 'waiting'
        """,
        alert.what,
        alert.id,
        alert.tries,
        told,
        due_at,
        note,
        tx.now,
    )
