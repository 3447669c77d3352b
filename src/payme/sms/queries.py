"""Reads of SMS."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.sms import rules
from payme.sms.errors import SmsNotFound
from payme.sms.models import SmsCost, SmsCosts, SmsFilter, SmsMessage, SmsPreference
from payme.sms.types import Language

HELD_MAX = 1000
"""How many messages of one person are handed over; the newest."""


async def list_messages(tx: Tx, wanted: SmsFilter, after: After | None, limit: int) -> list[SmsMessage]:
    """Return messages, newest first."""
    return await tx.rows(
        SmsMessage,
        """
        SELECT id, purpose, language, customer_id, sale_id, phone, text, segments, state, tries, due_at, taken_at,
               ended_at, provider, provider_id, cost, cost_is_estimated, code, note, created_at
          FROM sms_messages
         WHERE business_id = $1
           AND ($2::text IS NULL OR purpose = $2)
           AND ($3::text IS NULL OR state = $3)
           AND ($4::uuid IS NULL OR customer_id = $4)
           AND ($5::uuid IS NULL OR sale_id = $5)
           AND ($6::timestamptz IS NULL OR (created_at, id) < ($6, $7::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $8
        """,
        tx.business_id,
        wanted.purpose,
        wanted.state,
        wanted.customer_id,
        wanted.sale_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def get_message(tx: Tx, message_id: UUID) -> SmsMessage:
    """Return a message; raises SmsNotFound."""
    found = await tx.row(
        SmsMessage,
        """
        SELECT id, purpose, language, customer_id, sale_id, phone, text, segments, state, tries, due_at, taken_at,
               ended_at, provider, provider_id, cost, cost_is_estimated, code, note, created_at
          FROM sms_messages
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        message_id,
    )
    if found is None:
        raise SmsNotFound(message_id)
    return found


async def list_held(tx: Tx, customer_ids: Collection[UUID], phones: Collection[str]) -> list[SmsMessage]:
    """Return the messages to a person, under every id and number, newest first, at most ``HELD_MAX``."""
    return await tx.rows(
        SmsMessage,
        """
        SELECT id, purpose, language, customer_id, sale_id, phone, text, segments, state, tries, due_at, taken_at,
               ended_at, provider, provider_id, cost, cost_is_estimated, code, note, created_at
          FROM sms_messages
         WHERE business_id = $1 AND (customer_id = ANY($2::uuid[]) OR phone = ANY($3::text[]))
         ORDER BY created_at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        list(customer_ids),
        list(phones),
        HELD_MAX,
    )


async def count_receipts(tx: Tx, sale_id: UUID, phone: str, since: datetime) -> tuple[int, int]:
    """Return how often the receipt of a sale was to be sent, and how many receipts a number was to be sent since."""
    (record,) = await tx.records(
        """
        SELECT (SELECT count(*) FROM sms_messages WHERE business_id = $1 AND sale_id = $2) AS of_sale,
               (SELECT count(*) FROM sms_messages
                 WHERE business_id = $1 AND phone = $3 AND purpose = 'receipt' AND created_at > $4) AS of_phone
        """,
        tx.business_id,
        sale_id,
        phone,
        since,
    )
    return record["of_sale"], record["of_phone"]


async def add_up_costs(tx: Tx, from_day: date | None, to_day: date | None) -> SmsCosts:
    """Add up what left in a period, by purpose: this month's where nobody says; raises PeriodTooLong."""
    period = rules.period_of(from_day, to_day, tx.now)
    from_at, until_at = rules.day_bounds(period)
    purposes = await tx.rows(
        SmsCost,
        """
        SELECT purpose, count(*) AS messages, sum(segments) AS segments, sum(cost) AS cost,
               coalesce(sum(cost) FILTER (WHERE cost_is_estimated), 0) AS estimated
          FROM sms_messages
         WHERE business_id = $1 AND taken_at >= $2 AND taken_at < $3 AND state IN ('sending', 'sent', 'unknown')
         GROUP BY purpose
         ORDER BY purpose
        """,
        tx.business_id,
        from_at,
        until_at,
    )
    return SmsCosts(period, purposes)


async def get_language(tx: Tx) -> Language:
    """Return what the shop's messages are written in: English where nobody chose."""
    found = await tx.value("SELECT language FROM sms_settings WHERE business_id = $1", tx.business_id)
    return Language(found) if found else Language.ENGLISH


async def preferences_of(tx: Tx, customer_ids: Collection[UUID]) -> dict[UUID, SmsPreference]:
    """Return what customers want; who never said anything is absent."""
    records = await tx.records(
        """
        SELECT customer_id, language, opted_out_at
          FROM sms_preferences
         WHERE business_id = $1 AND customer_id = ANY($2::uuid[])
        """,
        tx.business_id,
        list(customer_ids),
    )
    return {
        record["customer_id"]: SmsPreference(
            record["customer_id"], record["language"] and Language(record["language"]), record["opted_out_at"]
        )
        for record in records
    }


async def reminded_since(tx: Tx, customer_ids: Collection[UUID], since: datetime) -> set[UUID]:
    """Return which of the customers have a reminder under way, or were sent one since, or may have been.

    What was sent between a backup and its restore nobody knows, so it may have been everybody.
    """
    records = await tx.records(
        """
        SELECT customer_id
          FROM sms_messages
         WHERE business_id = $1 AND customer_id = ANY($2::uuid[]) AND purpose IN ('due_soon', 'overdue')
           AND (state IN ('queued', 'sending') OR taken_at > $3)
         UNION
        SELECT customer_id
          FROM unnest($2::uuid[]) AS customer_id
         WHERE EXISTS (SELECT FROM sms_settings WHERE business_id = $1 AND restored_at > $3)
        """,
        tx.business_id,
        list(customer_ids),
        since,
    )
    return {record["customer_id"] for record in records}


async def list_businesses(tx: Tx, limit: int) -> list[UUID]:
    """Return the businesses that have ever had a message."""
    records = await tx.records("SELECT business_id FROM sms_businesses ORDER BY business_id LIMIT $1", limit)
    return [record["business_id"] for record in records]
