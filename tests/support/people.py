"""Customers of a shop, for one test each."""

from itertools import count
from typing import Any

from payme import customers
from payme.customers import Customer, CustomerDraft
from payme.kit.db.transaction import Tx
from tests.support.shops import Shop

_numbers = count(10_000_000)


def new_phone() -> str:
    """Write a number that nobody has."""
    return f"07{next(_numbers)}"


async def adds_customer(
    shop: Shop, name: str = "Wanjiku", phone: str | None = None, note: str = "", tags: tuple[str, ...] = ()
) -> Customer:
    """Add a customer as the cashier."""
    return await shop.transact(customers.add_customer, CustomerDraft(name, phone, note, tags), role="cashier")


async def told_of(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    """What the audit says of customers, oldest first."""

    async def read(tx: Tx) -> list[tuple[str, dict[str, Any]]]:
        records = await tx.records(
            """
            SELECT action, facts FROM audit_entries
             WHERE business_id = $1 AND (action LIKE 'customer%' OR action = 'person_erased')
             ORDER BY sequence
            """,
            tx.business_id,
        )
        return [(record["action"], record["facts"]) for record in records]

    return await shop.transact(read)
