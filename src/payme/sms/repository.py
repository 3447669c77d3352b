"""The SQL that SMS writes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.sms.models import DueSms, LockedSms, SmsDraft, SmsMove
from payme.sms.types import Language


async def guard_sending(tx: Tx, what: str) -> None:
    """Let nobody else count the messages of the same sale or number until the transaction ends."""
    await tx.guard(LockRank.SMS, what)


async def insert_message(
    tx: Tx,
    message_id: UUID,
    draft: SmsDraft,
    kept: str,
    segments: int,
    sealed: tuple[bytes, str] | None,
    due_at: datetime,
) -> bool:
    """Write a message that waits; False where the customer has another reminder under way."""
    sealed_text, key_version = sealed or (None, None)
    return bool(
        await tx.records(
            """
            INSERT INTO sms_messages (business_id, id, purpose, language, customer_id, sale_id, phone, text,
                                      sealed_text, key_version, segments, state, tries, due_at, created_by, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued', 0, $12, $13, $14)
                ON CONFLICT (business_id, customer_id)
             WHERE purpose IN ('due_soon', 'overdue') AND state IN ('queued', 'sending') DO NOTHING
            RETURNING id
            """,
            tx.business_id,
            message_id,
            draft.purpose,
            draft.language,
            draft.customer_id,
            draft.sale_id,
            draft.phone,
            kept,
            sealed_text,
            key_version,
            segments,
            due_at,
            tx.actor.user_id,
            tx.now,
        )
    )


def remember_business(tx: Tx) -> None:
    """Let the worker visit this business from now on."""
    tx.write(
        "INSERT INTO sms_businesses (business_id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        tx.business_id,
        tx.now,
    )


async def take_due(tx: Tx, limit: int) -> list[DueSms]:
    """Return messages whose time has come, ours until the transaction ends; what others hold is passed by."""
    return await tx.lock_free(
        DueSms,
        LockRank.SMS,
        """
        SELECT message.id, message.purpose, message.state, message.phone, message.text, message.segments,
               message.tries, message.sealed_text, message.key_version, message.created_at,
               EXISTS (SELECT FROM sms_preferences AS wish
                        WHERE wish.business_id = $1 AND wish.customer_id = message.customer_id
                          AND wish.opted_out_at IS NOT NULL) AS opted_out,
               greatest((SELECT max(other.taken_at) FROM sms_messages AS other
                          WHERE other.business_id = $1 AND other.customer_id = message.customer_id
                            AND other.id <> message.id AND other.purpose IN ('due_soon', 'overdue')),
                        (SELECT restored_at FROM sms_settings WHERE business_id = $1)) AS reminded_at
          FROM sms_messages AS message
         WHERE message.business_id = $1 AND message.state IN ('queued', 'sending') AND message.due_at <= $2
         ORDER BY message.due_at, message.id
         LIMIT $3
        """,
        tx.business_id,
        tx.now,
        limit,
    )


async def lock_message(tx: Tx, message_id: UUID) -> LockedSms | None:
    """Return a message, ours until the transaction ends."""
    found = await tx.lock(
        LockedSms,
        LockRank.SMS,
        "SELECT id, purpose, state, segments, tries FROM sms_messages WHERE business_id = $1 AND id = $2",
        tx.business_id,
        message_id,
    )
    return found[0] if found else None


def mark_taken(tx: Tx, message_ids: Collection[UUID], until: datetime, provider: str) -> None:
    """Write that locked messages are being handed over, and until when."""
    tx.write(
        """
        UPDATE sms_messages
           SET state = 'sending', tries = tries + 1, due_at = $4, taken_at = $3, provider = $5, code = '', note = ''
         WHERE business_id = $1 AND id = ANY($2::uuid[])
        """,
        tx.business_id,
        list(message_ids),
        tx.now,
        until,
        provider,
    )


def mark_waiting(tx: Tx, message_ids: Sequence[UUID], moves: Sequence[SmsMove]) -> None:
    """Write when locked messages are due again; whoever was not reached was not told either."""
    tx.write(
        """
        UPDATE sms_messages AS message
           SET state = 'queued', due_at = step.due_at, code = step.code, note = step.note, taken_at = NULL
          FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) AS step (id, due_at, code, note)
         WHERE message.business_id = $1 AND message.id = step.id
        """,
        tx.business_id,
        list(message_ids),
        [move.due_at for move in moves],
        [move.code for move in moves],
        [move.note for move in moves],
    )


def mark_ended(tx: Tx, message_ids: Sequence[UUID], moves: Sequence[SmsMove]) -> None:
    """Write what became of locked messages; the whole text of what ended is kept no longer."""
    tx.write(
        """
        UPDATE sms_messages AS message
           SET state = step.state, code = step.code, note = step.note, provider_id = step.provider_id,
               cost = step.cost, cost_is_estimated = step.is_estimated, ended_at = $9,
               sealed_text = NULL, key_version = NULL
          FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::boolean[])
               AS step (id, state, code, note, provider_id, cost, is_estimated)
         WHERE message.business_id = $1 AND message.id = step.id
        """,
        tx.business_id,
        list(message_ids),
        [move.state for move in moves],
        [move.code for move in moves],
        [move.note for move in moves],
        [move.provider_id for move in moves],
        [move.cost or 0 for move in moves],
        [move.cost_is_estimated for move in moves],
        tx.now,
    )


async def withdraw_reminders(tx: Tx, customer_ids: Collection[UUID], code: str) -> list[LockedSms]:
    """Withdraw reminders of customers that did not leave yet; one that is being sent at this moment goes on."""
    return await tx.rows(
        LockedSms,
        """
        UPDATE sms_messages
           SET state = 'withdrawn', code = $3, ended_at = $4, sealed_text = NULL, key_version = NULL
         WHERE business_id = $1 AND customer_id = ANY($2::uuid[]) AND state = 'queued'
           AND purpose IN ('due_soon', 'overdue')
        RETURNING id, purpose, state, segments, tries
        """,
        tx.business_id,
        list(customer_ids),
        code,
        tx.now,
    )


async def withdraw_queued(tx: Tx, code: str, limit: int) -> list[LockedSms]:
    """Withdraw messages that wait, whatever for, some of them at a time."""
    return await tx.rows(
        LockedSms,
        """
        UPDATE sms_messages
           SET state = 'withdrawn', code = $2, ended_at = $3, sealed_text = NULL, key_version = NULL
         WHERE business_id = $1 AND id IN (
               SELECT id FROM sms_messages WHERE business_id = $1 AND state = 'queued' ORDER BY due_at, id LIMIT $4)
        RETURNING id, purpose, state, segments, tries
        """,
        tx.business_id,
        code,
        tx.now,
        limit,
    )


def remember_restore(tx: Tx) -> None:
    """Write that customers may have been reminded of whom nobody knows any more, up to now."""
    tx.write(
        """
        INSERT INTO sms_settings (business_id, language, restored_at, updated_at) VALUES ($1, 'en', $2, $2)
            ON CONFLICT (business_id) DO UPDATE SET restored_at = EXCLUDED.restored_at
        """,
        tx.business_id,
        tx.now,
    )


async def forget(tx: Tx, customer_ids: Collection[UUID], phones: Collection[str]) -> list[LockedSms]:
    """Take number and text from all messages of a person; returns those that were withdrawn for it."""
    withdrawn = await tx.rows(
        LockedSms,
        """
        UPDATE sms_messages
           SET state = 'withdrawn', code = 'erased', ended_at = $4, sealed_text = NULL, key_version = NULL
         WHERE business_id = $1 AND state = 'queued'
           AND (customer_id = ANY($2::uuid[]) OR phone = ANY($3::text[]))
        RETURNING id, purpose, state, segments, tries
        """,
        tx.business_id,
        list(customer_ids),
        list(phones),
        tx.now,
    )
    await tx.records(
        """
        UPDATE sms_messages
           SET phone = NULL, text = NULL, sealed_text = NULL, key_version = NULL
         WHERE business_id = $1 AND (customer_id = ANY($2::uuid[]) OR phone = ANY($3::text[]))
        RETURNING id
        """,
        tx.business_id,
        list(customer_ids),
        list(phones),
    )
    return withdrawn


def keep_language(tx: Tx, language: Language) -> None:
    """Write what the shop's messages are written in."""
    tx.write(
        """
        INSERT INTO sms_settings (business_id, language, updated_at) VALUES ($1, $2, $3)
            ON CONFLICT (business_id) DO UPDATE SET language = EXCLUDED.language, updated_at = EXCLUDED.updated_at
        """,
        tx.business_id,
        language,
        tx.now,
    )


async def keep_preference(
    tx: Tx, customer_ids: Collection[UUID], language: Language | None, opted_out_at: datetime | None
) -> None:
    """Write what a person wants, under every id the person had."""
    await tx.records(
        """
        INSERT INTO sms_preferences (business_id, customer_id, language, opted_out_at, updated_at)
        SELECT $1, id, $3, $4, $5 FROM unnest($2::uuid[]) AS id ORDER BY id
            ON CONFLICT (business_id, customer_id) DO UPDATE
           SET language = EXCLUDED.language, opted_out_at = EXCLUDED.opted_out_at, updated_at = EXCLUDED.updated_at
        RETURNING customer_id
        """,
        tx.business_id,
        list(customer_ids),
        language,
        opted_out_at,
        tx.now,
    )
