"""Decisions of stock: first in, first out."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from payme.stock.errors import StockShort
from payme.stock.models import BatchLeft, Taken
from payme.stock.types import BatchChange, Shortage, Taking


def take(batches: Sequence[BatchLeft], quantities: Mapping[UUID, Decimal]) -> list[BatchChange]:
    """Decide which batches give what is wanted: the oldest of each product first, and all products or none.

    ``batches`` come oldest first within a product. Raises StockShort naming every product that is short.
    """
    missing = dict(quantities)
    changes = []
    for batch in batches:
        quantity = min(missing[batch.product_id], batch.quantity_available)
        if quantity > 0:
            missing[batch.product_id] -= quantity
            changes.append(changed(batch, -quantity))
    short = tuple(
        Shortage(product_id, quantities[product_id], quantities[product_id] - lacking)
        for product_id, lacking in missing.items()
        if lacking > 0
    )
    if short:
        raise StockShort(short[0].product_id, short[0].wanted, short[0].left, short)
    return changes


def changed(batch: BatchLeft, change: Decimal) -> BatchChange:
    """Write a signed change of a batch at its own cost."""
    return BatchChange(
        batch_id=batch.id,
        product_id=batch.product_id,
        change=change,
        unit_cost=batch.unit_cost,
        available_before=batch.quantity_available,
        available_after=batch.quantity_available + change,
    )


def takings(changes: Sequence[BatchChange]) -> list[Taking]:
    """Tell what was taken, with quantities as positive figures."""
    return [Taking(change.product_id, change.batch_id, -change.change, change.unit_cost) for change in changes]


def give_back(taken: Sequence[Taken]) -> list[BatchChange]:
    """Put everything back into the batch it came from, at the cost at which it left."""
    return [
        BatchChange(
            batch_id=row.batch_id,
            product_id=row.product_id,
            change=row.quantity,
            unit_cost=row.unit_cost,
            available_before=row.quantity_available,
            available_after=row.quantity_available + row.quantity,
        )
        for row in taken
    ]
