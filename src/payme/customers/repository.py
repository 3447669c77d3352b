"""The SQL that customers writes, and the locks it takes.

Whoever was merged into a customer changes only while that customer's row is ours.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from payme.customers.errors import CustomerPhoneTaken
from payme.customers.models import Customer, LockedCustomer
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx


async def lock_customers(tx: Tx, customer_ids: Collection[UUID]) -> list[LockedCustomer]:
    """Make customers of this business ours until the transaction ends; read them afterwards."""
    return await tx.lock(
        LockedCustomer,
        LockRank.CUSTOMER,
        "SELECT id FROM customers WHERE business_id = $1 AND id = ANY($2::uuid[]) ORDER BY id",
        tx.business_id,
        list(customer_ids),
    )


async def insert_customer(tx: Tx, customer: Customer) -> bool:
    """Write a new customer; False, and nothing written, where the number is somebody's."""
    return bool(
        await tx.records(
            """
            INSERT INTO customers (business_id, id, name, phone, note, tags, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
            ON CONFLICT (business_id, phone) WHERE phone IS NOT NULL DO NOTHING
            RETURNING id
            """,
            tx.business_id,
            customer.id,
            customer.name,
            customer.phone,
            customer.note,
            customer.tags,
            customer.created_at,
        )
    )


async def holder_of(tx: Tx, phone: str | None) -> UUID | None:
    """Return the customer whose number this is, own or by merging."""
    found: UUID | None = await tx.value(
        "SELECT coalesce(merged_into, id) FROM customers WHERE business_id = $1 AND phone = $2",
        tx.business_id,
        phone,
    )
    return found


async def update_customer(tx: Tx, customer: Customer) -> None:
    """Write a locked customer; raises CustomerPhoneTaken where the number became somebody's at this moment."""
    try:
        await tx.records(
            """
            UPDATE customers SET name = $3, phone = $4, note = $5, tags = $6, updated_at = $7
             WHERE business_id = $1 AND id = $2
            RETURNING id
            """,
            tx.business_id,
            customer.id,
            customer.name,
            customer.phone,
            customer.note,
            customer.tags,
            customer.updated_at,
        )
    except asyncpg.UniqueViolationError as taken:
        raise CustomerPhoneTaken(None) from taken


def drop_other_phones(tx: Tx, customer_id: UUID, phones: Sequence[str]) -> None:
    """Take numbers from those that were merged into a locked customer."""
    tx.write(
        """
        UPDATE customers SET phone = NULL, updated_at = $4
         WHERE business_id = $1 AND merged_into = $2 AND phone = ANY($3::text[])
        """,
        tx.business_id,
        customer_id,
        phones,
        tx.now,
    )


def point_to(tx: Tx, survivor_id: UUID, duplicate_id: UUID, *, without: str | None) -> None:
    """Let a locked duplicate, and all that was merged into it, lead to another; ``without`` is the number it gives."""
    tx.write(
        """
        UPDATE customers
           SET merged_into = $3, merged_at = coalesce(merged_at, $5), note = '', tags = '{}',
               phone = nullif(phone, $4), updated_at = $5
         WHERE business_id = $1 AND (id = $2 OR merged_into = $2)
        """,
        tx.business_id,
        duplicate_id,
        survivor_id,
        without,
        tx.now,
    )


def erase_customer(tx: Tx, customer_id: UUID) -> None:
    """Take everything of the person from a locked customer and all that was merged into it."""
    tx.write(
        """
        UPDATE customers SET name = NULL, phone = NULL, note = '', tags = '{}', erased_at = $3, updated_at = $3
         WHERE business_id = $1 AND (id = $2 OR merged_into = $2)
        """,
        tx.business_id,
        customer_id,
        tx.now,
    )


def keep_words(tx: Tx, customer_id: UUID, words: Sequence[str]) -> None:
    """Let a customer be found by these words and no others."""
    tx.write(
        "DELETE FROM customer_words WHERE business_id = $1 AND customer_id = $2 AND word <> ALL($3::text[])",
        tx.business_id,
        customer_id,
        words,
    )
    tx.write(
        """
        INSERT INTO customer_words (business_id, customer_id, word)
        SELECT $1, $2, word FROM unnest($3::text[]) AS word
        ON CONFLICT (business_id, customer_id, word) DO NOTHING
        """,
        tx.business_id,
        customer_id,
        words,
    )
