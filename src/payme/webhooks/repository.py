"""The SQL that webhooks write."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.webhooks.models import Claimed, Disabled, Endpoint, Letter, Outcome


async def insert_endpoint(tx: Tx, endpoint: Endpoint, sealed: bytes, key_version: str) -> bool:
    """Write a new endpoint; False where its address is registered already."""
    return bool(
        await tx.records(
            """
            INSERT INTO webhook_endpoints
                   (business_id, id, url, note, event_types, state, secret, key_version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
                ON CONFLICT (business_id, url) WHERE state <> 'removed' DO NOTHING
            RETURNING id
            """,
            tx.business_id,
            endpoint.id,
            endpoint.url,
            endpoint.note,
            endpoint.event_types,
            endpoint.state,
            sealed,
            key_version,
            tx.now,
        )
    )


def remember_business(tx: Tx) -> None:
    """Let the worker visit this business from now on."""
    tx.write(
        "INSERT INTO webhook_businesses (business_id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        tx.business_id,
        tx.now,
    )


async def update_endpoint(tx: Tx, before: Endpoint, after: Endpoint) -> bool:
    """Write what was changed; False where somebody else changed its state meanwhile."""
    return bool(
        await tx.records(
            """
            UPDATE webhook_endpoints
               SET note = $4, event_types = $5, state = $6, failing_since = $7, held_until = $8, updated_at = $9
             WHERE business_id = $1 AND id = $2 AND state = $3
            RETURNING id
            """,
            tx.business_id,
            after.id,
            before.state,
            after.note,
            after.event_types,
            after.state,
            after.failing_since,
            after.held_until,
            tx.now,
        )
    )


def update_secret(tx: Tx, endpoint_id: UUID, sealed: bytes, key_version: str, old_until: datetime) -> None:
    """Write a new secret; the one before signs beside it until ``old_until``."""
    tx.write(
        """
        UPDATE webhook_endpoints
           SET old_secret = secret, old_version = key_version, old_until = $5, secret = $3, key_version = $4,
               updated_at = $6
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        endpoint_id,
        sealed,
        key_version,
        old_until,
        tx.now,
    )


async def update_sealing(
    tx: Tx, endpoint_id: UUID, before: bytes, secret: bytes, old_secret: bytes | None, key_version: str
) -> bool:
    """Write the same secrets under another key; False where they were rotated meanwhile."""
    return bool(
        await tx.records(
            """
            UPDATE webhook_endpoints
               SET secret = $4, key_version = $6, old_secret = $5,
                   old_version = CASE WHEN $5::bytea IS NULL THEN NULL ELSE $6 END,
                   old_until = CASE WHEN $5::bytea IS NULL THEN NULL ELSE old_until END
             WHERE business_id = $1 AND id = $2 AND secret = $3
            RETURNING id
            """,
            tx.business_id,
            endpoint_id,
            before,
            secret,
            old_secret,
            key_version,
        )
    )


def insert_messages(tx: Tx, ids: Sequence[UUID], types: Sequence[str], payloads: Sequence[str]) -> None:
    """Write each piece of news for each endpoint that wants it: no row, and no round trip, where there is none."""
    tx.write(
        """
        INSERT INTO webhook_messages (business_id, endpoint_id, id, type, payload, state, tries, due_at, created_at)
        SELECT $1, endpoint.id, news.id, news.type, news.payload, 'waiting', 0, $2, $2
          FROM webhook_endpoints AS endpoint
          JOIN unnest($3::uuid[], $4::text[], $5::text[]) AS news (id, type, payload)
            ON news.type = ANY (endpoint.event_types)
         WHERE endpoint.business_id = $1 AND endpoint.state = 'active'
        """,
        tx.business_id,
        tx.now,
        list(ids),
        list(types),
        list(payloads),
    )


def insert_message(tx: Tx, endpoint_id: UUID, message_id: UUID, kind: str, payload: str) -> None:
    """Write a message for one endpoint."""
    tx.write(
        """
        INSERT INTO webhook_messages (business_id, endpoint_id, id, type, payload, state, tries, due_at, created_at)
        VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, $6)
        """,
        tx.business_id,
        endpoint_id,
        message_id,
        kind,
        payload,
        tx.now,
    )


async def claim_due(tx: Tx, until: datetime, limit: int) -> list[Claimed]:
    """Take messages that are due until ``until``: after that they are due again, whatever became of us."""
    return await tx.rows(
        Claimed,
        """
        UPDATE webhook_messages AS message
           SET tries = message.tries + 1, due_at = $3
          FROM webhook_endpoints AS endpoint
         WHERE message.business_id = $1 AND message.state = 'waiting' AND message.due_at <= $2
           AND endpoint.business_id = $1 AND endpoint.id = message.endpoint_id AND endpoint.state = 'active'
           AND (message.endpoint_id, message.id) IN (
               SELECT due.endpoint_id, due.id
                 FROM webhook_messages AS due
                 JOIN webhook_endpoints AS open ON open.business_id = $1 AND open.id = due.endpoint_id
                WHERE due.business_id = $1 AND due.state = 'waiting' AND due.due_at <= $2 AND open.state = 'active'
                  AND (open.held_until IS NULL OR open.held_until <= $2)
                ORDER BY due.due_at, due.id
                LIMIT $4)
        RETURNING message.endpoint_id, message.id, message.payload, message.tries, endpoint.url, endpoint.secret,
                  endpoint.key_version, endpoint.old_secret, endpoint.old_version, endpoint.old_until
        """,
        tx.business_id,
        tx.now,
        until,
        limit,
    )


def insert_try(tx: Tx, letter: Letter, outcome: Outcome) -> None:
    """Write what became of a try."""
    tx.write(
        """
        INSERT INTO webhook_tries
               (business_id, id, endpoint_id, message_id, at, duration_ms, status, error, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        tx.business_id,
        tx.new_id(),
        letter.endpoint_id,
        letter.message_id,
        tx.now,
        outcome.duration_ms,
        outcome.status,
        outcome.error,
        outcome.body,
    )


def mark_delivered(tx: Tx, letter: Letter) -> None:
    """Write that the receiver has a message, and that its endpoint works."""
    tx.write(
        """
        UPDATE webhook_messages SET state = 'delivered', ended_at = $4
         WHERE business_id = $1 AND endpoint_id = $2 AND id = $3 AND state = 'waiting'
        """,
        tx.business_id,
        letter.endpoint_id,
        letter.message_id,
        tx.now,
    )
    tx.write(
        """
        UPDATE webhook_endpoints SET failing_since = NULL
         WHERE business_id = $1 AND id = $2 AND failing_since IS NOT NULL
        """,
        tx.business_id,
        letter.endpoint_id,
    )


def mark_not_delivered(tx: Tx, letter: Letter, due_at: datetime | None) -> None:
    """Write when a message is tried again, or that it never is; not where another worker has it meanwhile."""
    tx.write(
        """
        UPDATE webhook_messages
           SET state = CASE WHEN $5::timestamptz IS NULL THEN 'failed' ELSE 'waiting' END,
               due_at = coalesce($5, due_at), ended_at = CASE WHEN $5::timestamptz IS NULL THEN $6::timestamptz END
         WHERE business_id = $1 AND endpoint_id = $2 AND id = $3 AND state = 'waiting' AND tries = $4
        """,
        tx.business_id,
        letter.endpoint_id,
        letter.message_id,
        letter.tries,
        due_at,
        tx.now,
    )


async def mark_failing(tx: Tx, endpoint_id: UUID) -> None:
    """Write since when an endpoint takes nothing."""
    await tx.records(
        """
        UPDATE webhook_endpoints SET failing_since = $3
         WHERE business_id = $1 AND id = $2 AND failing_since IS NULL
        RETURNING id
        """,
        tx.business_id,
        endpoint_id,
        tx.now,
    )


def hold(tx: Tx, endpoint_id: UUID, until: datetime) -> None:
    """Send an endpoint nothing before ``until``."""
    tx.write(
        "UPDATE webhook_endpoints SET held_until = greatest(held_until, $3) WHERE business_id = $1 AND id = $2",
        tx.business_id,
        endpoint_id,
        until,
    )


async def disable(tx: Tx, endpoint_id: UUID, if_failing_since: datetime) -> Disabled | None:
    """Send nothing more to an endpoint that has been failing since then; None where it has not, or is not active."""
    return await tx.row(
        Disabled,
        """
        UPDATE webhook_endpoints SET state = 'disabled', updated_at = $4
         WHERE business_id = $1 AND id = $2 AND state = 'active' AND failing_since <= $3
        RETURNING id, url, failing_since
        """,
        tx.business_id,
        endpoint_id,
        if_failing_since,
        tx.now,
    )


async def replay_message(tx: Tx, endpoint_id: UUID, message_id: UUID) -> bool:
    """Let a message wait as if it were new; False where there is none."""
    return bool(
        await tx.records(
            """
            UPDATE webhook_messages SET state = 'waiting', tries = 0, due_at = $4, ended_at = NULL
             WHERE business_id = $1 AND endpoint_id = $2 AND id = $3
            RETURNING id
            """,
            tx.business_id,
            endpoint_id,
            message_id,
            tx.now,
        )
    )


async def replay_since(tx: Tx, endpoint_id: UUID, since: datetime, limit: int, *, only_failed: bool) -> int:
    """Let messages that ended wait as if they were new, oldest first; returns how many."""
    return len(
        await tx.records(
            """
            UPDATE webhook_messages SET state = 'waiting', tries = 0, due_at = $4, ended_at = NULL
             WHERE business_id = $1 AND endpoint_id = $2 AND id IN (
                   SELECT ended.id FROM webhook_messages AS ended
                    WHERE ended.business_id = $1 AND ended.endpoint_id = $2 AND ended.created_at >= $3
                      AND (ended.state = 'failed' OR (ended.state = 'delivered' AND NOT $5::boolean))
                    ORDER BY ended.created_at, ended.id
                    LIMIT $6)
            RETURNING id
            """,
            tx.business_id,
            endpoint_id,
            since,
            tx.now,
            only_failed,
            limit,
        )
    )


def forget_ended(tx: Tx, before: datetime) -> None:
    """Delete messages that ended before, or were due before and nobody wants, with their tries: no book has them."""
    tx.write(
        "DELETE FROM webhook_messages WHERE business_id = $1 AND coalesce(ended_at, due_at) < $2",
        tx.business_id,
        before,
    )
