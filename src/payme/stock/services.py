"""Commands of stock: take, give back, receive, correct."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.stock import repository, rules
from payme.stock.errors import ProductUnknown
from payme.stock.events import StockGivenBack, StockTaken
from payme.stock.models import Product
from payme.stock.types import MovementKind, Taking


@dataclass(frozen=True, slots=True)
class LockedProducts:
    """Products whose rows, and with them whose batches, are ours until the transaction ends."""

    by_id: Mapping[UUID, Product]


async def lock_products(tx: Tx, product_ids: Collection[UUID]) -> LockedProducts:
    """Read products and make them and their batches ours in one statement; those of other businesses are absent.

    Locks: PRODUCT. Raises: nothing. Emits: nothing.
    """
    return LockedProducts({product.id: product for product in await repository.lock_products(tx, product_ids)})


async def take_fifo(tx: Tx, quantities: Mapping[UUID, Decimal], source_id: UUID) -> list[Taking]:
    """Take goods for a document from the oldest batches, of all products or of none.

    Locks: PRODUCT. Raises: ProductUnknown, StockShort. Emits: StockTaken.
    """
    return await take_from(tx, await lock_products(tx, quantities), quantities, source_id)


async def take_from(
    tx: Tx, products: LockedProducts, quantities: Mapping[UUID, Decimal], source_id: UUID
) -> list[Taking]:
    """Take as ``take_fifo`` does from products that the caller has read with ``lock_products``.

    Locks: none more. Raises: ProductUnknown, StockShort. Emits: StockTaken.
    """
    assert quantities, "nothing to take"  # noqa: S101
    assert min(quantities.values()) > 0, "quantities to take are positive"  # noqa: S101
    for product_id in quantities:
        if product_id not in products.by_id:
            raise ProductUnknown(product_id)
    changes = rules.take(await repository.batches_left(tx, quantities), quantities)
    repository.move(tx, changes, MovementKind.SALE, source_id)
    tx.emit(StockTaken(source_id, tuple(changes)))
    return rules.takings(changes)


async def give_back(tx: Tx, source_id: UUID) -> None:
    """Put back all that a sale took, into the same batches at their own cost; a second time does nothing.

    Locks: PRODUCT. Raises: nothing. Emits: StockGivenBack.
    """
    await repository.lock_products_taken_by(tx, source_id)
    changes = rules.give_back(await repository.taken_and_not_given_back(tx, source_id))
    if changes:
        repository.move(tx, changes, MovementKind.SALE_CANCELLED, source_id)
        tx.emit(StockGivenBack(source_id, tuple(changes)))
