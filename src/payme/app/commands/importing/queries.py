"""What an import asks the books about before it writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx


@dataclass(frozen=True, slots=True)
class ImportedKey:
    """A thing that was imported before, and what it was."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product by what another system calls it, with what is left of it."""

    id: UUID
    sku: str | None
    name_key: str
    on_hand: Decimal


@dataclass(frozen=True, slots=True)
class PhoneHolder:
    """Whose number it is."""

    phone: str
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class AddedCustomer:
    """A customer whom an import added, and whether they asked to be forgotten since."""

    key: str
    customer_id: UUID
    erased: bool


async def imported_keys(tx: Tx, keys: Sequence[str]) -> list[ImportedKey]:
    """Return which of the keys were imported before."""
    return await tx.rows(
        ImportedKey,
        "SELECT key, fingerprint FROM idempotency_records WHERE business_id = $1 AND key = ANY($2::text[])",
        tx.business_id,
        list(keys),
    )


async def known_products(tx: Tx, skus: Sequence[str], name_keys: Sequence[str]) -> list[KnownProduct]:
    """Return products with one of the SKUs or one of the names (in lower case)."""
    return await tx.rows(
        KnownProduct,
        """
        SELECT product.id, product.sku, product.name_key,
               coalesce((SELECT sum(batch.quantity_available) FROM stock_batches AS batch
                          WHERE batch.business_id = $1 AND batch.product_id = product.id AND batch.has_goods), 0)
               AS on_hand
          FROM products AS product
         WHERE product.business_id = $1
           AND (product.sku = ANY($2::text[]) OR product.name_key = ANY($3::text[]))
         ORDER BY product.created_at, product.id
        """,
        tx.business_id,
        list(skus),
        list(name_keys),
    )


async def holders_of_phones(tx: Tx, phones: Sequence[str]) -> list[PhoneHolder]:
    """Return whose numbers these are, own or by merging; numbers of nobody are absent."""
    return await tx.rows(
        PhoneHolder,
        """
        SELECT phone, coalesce(merged_into, id) AS customer_id
          FROM customers
         WHERE business_id = $1 AND phone = ANY($2::text[])
        """,
        tx.business_id,
        list(phones),
    )


async def customers_added(tx: Tx, keys: Sequence[str]) -> list[AddedCustomer]:
    """Return which customers were added under the keys."""
    return await tx.rows(
        AddedCustomer,
        """
        SELECT added.key, customer.id AS customer_id, customer.erased_at IS NOT NULL AS erased
          FROM idempotency_records AS added
          JOIN customers AS customer
            ON customer.business_id = $1 AND customer.id = (added.body::jsonb ->> 'customer_id')::uuid
         WHERE added.business_id = $1 AND added.key = ANY($2::text[])
        """,
        tx.business_id,
        list(keys),
    )


async def tokens_to_give_back(tx: Tx, first_key: str, after_last_key: str, reason: str) -> int:
    """Return how many tokens imported sales have used that were not granted for it yet; less than 0: granted ahead."""
    due: int = await tx.value(
        """
        SELECT (SELECT count(*) FROM idempotency_records
                 WHERE business_id = $1 AND key >= $2 AND key < $3)
             - (SELECT coalesce(sum(change_tokens), 0) FROM wallet_transactions
                 WHERE business_id = $1 AND type = 'grant' AND reason = $4)
        """,
        tx.business_id,
        first_key,
        after_last_key,
        reason,
    )
    return due
