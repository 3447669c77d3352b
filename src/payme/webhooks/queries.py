"""Reads of webhooks."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.webhooks.errors import EndpointNotFound, MessageNotFound
from payme.webhooks.models import Endpoint, Message, MessageView, SealedSecrets, Try

_TRIES_MAX = 100


async def list_endpoints(tx: Tx) -> list[Endpoint]:
    """Return the endpoints of the business that were not removed, oldest first."""
    return await tx.rows(
        Endpoint,
        """
        SELECT id, url, note, event_types, state, old_until, failing_since, held_until, created_at, updated_at
          FROM webhook_endpoints
         WHERE business_id = $1 AND state <> 'removed'
         ORDER BY created_at, id
         LIMIT 100
        """,
        tx.business_id,
    )


async def get_endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """Return an endpoint; raises EndpointNotFound."""
    found = await tx.row(
        Endpoint,
        """
        SELECT id, url, note, event_types, state, old_until, failing_since, held_until, created_at, updated_at
          FROM webhook_endpoints
         WHERE business_id = $1 AND id = $2 AND state <> 'removed'
        """,
        tx.business_id,
        endpoint_id,
    )
    if found is None:
        raise EndpointNotFound(endpoint_id)
    return found


async def list_messages(tx: Tx, endpoint_id: UUID, state: str | None, after: After | None, limit: int) -> list[Message]:
    """Return the messages of an endpoint, newest first; raises EndpointNotFound."""
    await get_endpoint(tx, endpoint_id)
    return await tx.rows(
        Message,
        """
        SELECT id, endpoint_id, type, payload, state, tries, due_at, created_at, ended_at
          FROM webhook_messages
         WHERE business_id = $1 AND endpoint_id = $2
           AND ($3::text IS NULL OR state = $3)
           AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $6
        """,
        tx.business_id,
        endpoint_id,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def get_message(tx: Tx, endpoint_id: UUID, message_id: UUID) -> MessageView:
    """Return a message with its tries; raises MessageNotFound."""
    message = await tx.row(
        Message,
        """
        SELECT id, endpoint_id, type, payload, state, tries, due_at, created_at, ended_at
          FROM webhook_messages
         WHERE business_id = $1 AND endpoint_id = $2 AND id = $3
        """,
        tx.business_id,
        endpoint_id,
        message_id,
    )
    if message is None:
        raise MessageNotFound(message_id)
    tries = await tx.rows(
        Try,
        """
        SELECT id, at, duration_ms, status, error, body
          FROM webhook_tries
         WHERE business_id = $1 AND endpoint_id = $2 AND message_id = $3
         ORDER BY at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        endpoint_id,
        message_id,
        _TRIES_MAX,
    )
    return MessageView(message, tuple(reversed(tries)))


async def list_businesses(tx: Tx, limit: int) -> list[UUID]:
    """Return the businesses that have ever had an endpoint."""
    records = await tx.records("SELECT business_id FROM webhook_businesses ORDER BY business_id LIMIT $1", limit)
    return [record["business_id"] for record in records]


async def list_under_other_keys(tx: Tx, key_version: str, after: UUID | None, limit: int) -> list[UUID]:
    """Return endpoints of the business with a secret that is sealed under another key than this, by id."""
    records = await tx.records(
        """
        SELECT id FROM webhook_endpoints
         WHERE business_id = $1 AND state <> 'removed' AND ($3::uuid IS NULL OR id > $3)
           AND (key_version <> $2 OR (old_version IS NOT NULL AND old_version <> $2))
         ORDER BY id
         LIMIT $4
        """,
        tx.business_id,
        key_version,
        after,
        limit,
    )
    return [record["id"] for record in records]


async def find_sealed(tx: Tx, endpoint_id: UUID) -> SealedSecrets | None:
    """Return the secrets of an endpoint as they lie; None where it was removed."""
    return await tx.row(
        SealedSecrets,
        """
        SELECT id, secret, key_version, old_secret, old_version, old_until
          FROM webhook_endpoints
         WHERE business_id = $1 AND id = $2 AND state <> 'removed'
        """,
        tx.business_id,
        endpoint_id,
    )
