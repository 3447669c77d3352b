"""Reads of customers."""

from collections.abc import Collection
from uuid import UUID

from payme.customers import rules
from payme.customers.errors import CustomerUnknown
from payme.customers.models import Customer, CustomerPointer
from payme.kit.db.transaction import Tx
from payme.kit.words import CANDIDATES_MAX, SEARCH_WORDS_MAX, after_all


async def customers_by_id(tx: Tx, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """Return the customers of this business among the ids; those that are not are absent."""
    found = await _in_order(tx, list(customer_ids))
    return {customer.id: customer for customer in found}


async def get_customer(tx: Tx, customer_id: UUID) -> Customer:
    """Return a customer as it is, also a merged or an erased one; raises CustomerUnknown."""
    found = await customers_by_id(tx, [customer_id])
    if customer_id not in found:
        raise CustomerUnknown(customer_id)
    return found[customer_id]


async def get_named(tx: Tx, customer_id: UUID) -> UUID:
    """Return whom a sale means that names a customer; raises CustomerUnknown, CustomerErased.

    Nothing is locked: a merge or an erasure at the same moment is as one that came just after the sale.
    """
    pointer = await tx.row(
        CustomerPointer,
        "SELECT id, merged_into, erased_at FROM customers WHERE business_id = $1 AND id = $2",
        tx.business_id,
        customer_id,
    )
    return rules.named(pointer, customer_id)


async def ids_of_person(tx: Tx, customer_id: UUID) -> list[UUID]:
    """Return every id a person had, whichever of them is asked for; raises CustomerUnknown."""
    records = await tx.records(
        """
        WITH asked AS (SELECT coalesce(merged_into, id) AS id FROM customers WHERE business_id = $1 AND id = $2)
        SELECT id FROM asked
        UNION ALL
        (SELECT merged.id
           FROM asked
          CROSS JOIN LATERAL (SELECT other.id FROM customers AS other
                               WHERE other.business_id = $1 AND other.merged_into = asked.id
                               LIMIT $3) AS merged)
        ORDER BY id
        """,
        tx.business_id,
        customer_id,
        rules.OTHERS_MAX,
    )
    if not records:
        raise CustomerUnknown(customer_id)
    return [record["id"] for record in records]


async def list_merged(tx: Tx, customer_ids: Collection[UUID]) -> list[Customer]:
    """Return all that were merged into these, in order; there are at most ``rules.OTHERS_MAX`` for each."""
    return await tx.rows(
        Customer,
        """
        SELECT id, name, phone, note, tags, '{}'::text[] AS other_phones, merged_into, merged_at, erased_at, created_at,
               updated_at
          FROM customers
         WHERE business_id = $1 AND merged_into = ANY($2::uuid[])
         ORDER BY merged_at, id
        """,
        tx.business_id,
        list(customer_ids),
    )


async def list_customers(tx: Tx, after_id: UUID | None, limit: int) -> list[Customer]:
    """Return living customers by name, from the one after ``after_id``; where that was erased, from the first."""
    return await tx.rows(
        Customer,
        """
        SELECT customer.id, customer.name, customer.phone, customer.note, customer.tags,
               ARRAY(SELECT other.phone FROM customers AS other
                      WHERE other.business_id = $1 AND other.merged_into = customer.id AND other.phone IS NOT NULL
                      ORDER BY other.merged_at, other.id) AS other_phones,
               customer.merged_into, customer.merged_at, customer.erased_at, customer.created_at, customer.updated_at
          FROM customers AS customer
         WHERE customer.business_id = $1 AND customer.merged_into IS NULL AND customer.erased_at IS NULL
           AND ($2::uuid IS NULL
                OR (customer.name_key, customer.id) > ((SELECT coalesce(last.name_key, '') FROM customers AS last
                                                         WHERE last.business_id = $1 AND last.id = $2), $2))
         ORDER BY customer.name_key, customer.id
         LIMIT $3
        """,
        tx.business_id,
        after_id,
        limit,
    )


async def search_customers(tx: Tx, typed: str, limit: int) -> list[Customer]:
    """Return the customers somebody who has typed so much may mean, the likeliest first.

    First names that begin so, then those of whom a word of a name, a number or a tag begins so for each word typed.
    """
    words = rules.typed_words(typed)[:SEARCH_WORDS_MAX]
    if not words:
        return []
    found = await _by_name(tx, typed.strip().lower(), limit)
    if len(found) < limit:
        rarest = await _rarest_first(tx, words) if len(words) > 1 else words
        found += await _by_words(tx, rarest, found, limit - len(found))
    return await _in_order(tx, found) if found else []


async def _by_name(tx: Tx, typed: str, limit: int) -> list[UUID]:
    records = await tx.records(
        """
        SELECT id
          FROM customers
         WHERE business_id = $1 AND name_key >= $2 AND name_key < $3 AND merged_into IS NULL AND erased_at IS NULL
         ORDER BY name_key, id
         LIMIT $4
        """,
        tx.business_id,
        typed,
        after_all(typed),
        limit,
    )
    return [record["id"] for record in records]


async def _rarest_first(tx: Tx, words: list[str]) -> list[str]:
    """Order words by how many customers have a word that begins so, counting no further than needed."""
    records = await tx.records(
        """
        SELECT typed.low
          FROM unnest($2::text[], $3::text[]) AS typed (low, high)
         CROSS JOIN LATERAL (SELECT count(*) AS customers
                               FROM (SELECT FROM customer_words AS word
                                      WHERE word.business_id = $1 AND word.word >= typed.low AND word.word < typed.high
                                      LIMIT $4) AS few) AS matching
         ORDER BY matching.customers, typed.low
        """,
        tx.business_id,
        words,
        [after_all(word) for word in words],
        CANDIDATES_MAX,
    )
    return [record["low"] for record in records]


async def _by_words(tx: Tx, words: list[str], found: list[UUID], limit: int) -> list[UUID]:
    """Look at the customers of the first word, the rarest; of one that nearly all have, at CANDIDATES_MAX of them."""
    records = await tx.records(
        """
        SELECT customer.id
          FROM (SELECT DISTINCT few.customer_id
                  FROM (SELECT word.customer_id
                          FROM customer_words AS word
                         WHERE word.business_id = $1 AND word.word >= $2 AND word.word < $3
                         LIMIT $4) AS few) AS candidate
         CROSS JOIN LATERAL (SELECT known.id, known.name_key
                               FROM customers AS known
                              WHERE known.business_id = $1 AND known.id = candidate.customer_id
                              LIMIT 1) AS customer
         WHERE NOT EXISTS (
               SELECT FROM unnest($5::text[], $6::text[]) AS other (low, high)
                WHERE NOT EXISTS (SELECT FROM customer_words AS word
                                   WHERE word.business_id = $1 AND word.customer_id = customer.id
                                     AND word.word >= other.low AND word.word < other.high))
           AND customer.id <> ALL($7::uuid[])
         ORDER BY customer.name_key, customer.id
         LIMIT $8
        """,
        tx.business_id,
        words[0],
        after_all(words[0]),
        CANDIDATES_MAX,
        words[1:],
        [after_all(word) for word in words[1:]],
        found,
        limit,
    )
    return [record["id"] for record in records]


async def _in_order(tx: Tx, customer_ids: list[UUID]) -> list[Customer]:
    return await tx.rows(
        Customer,
        """
        SELECT customer.id, customer.name, customer.phone, customer.note, customer.tags,
               ARRAY(SELECT other.phone FROM customers AS other
                      WHERE other.business_id = $1 AND other.merged_into = customer.id AND other.phone IS NOT NULL
                      ORDER BY other.merged_at, other.id) AS other_phones,
               customer.merged_into, customer.merged_at, customer.erased_at, customer.created_at, customer.updated_at
          FROM unnest($2::uuid[]) WITH ORDINALITY AS found (id, place)
          JOIN customers AS customer ON customer.business_id = $1 AND customer.id = found.id
         ORDER BY found.place
        """,
        tx.business_id,
        customer_ids,
    )
