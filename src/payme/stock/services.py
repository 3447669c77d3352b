"""Commands of stock: take, give back, receive, correct."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.stock import repository, rules
from payme.stock.errors import BarcodeTaken, SkuTaken
from payme.stock.events import ProductAdded, ProductChanged, StockAdjusted, StockGivenBack, StockReceived, StockTaken
from payme.stock.models import Adjustment, Batch, Product
from payme.stock.types import (
    AdjustmentDraft,
    AdjustmentKind,
    DeliveryDraft,
    GoodsBack,
    MovementKind,
    ProductChange,
    ProductDraft,
    Taking,
)

# The shop's day is Nairobi's, which keeps no summer time.
_NAIROBI = timedelta(hours=3)
_KIND = {AdjustmentKind.COUNT: MovementKind.COUNT, AdjustmentKind.SPOILAGE: MovementKind.SPOILAGE}


@dataclass(frozen=True, slots=True)
class LockedProducts:
    """Products whose rows, and with them whose batches, are ours until the transaction ends."""

    by_id: Mapping[UUID, Product]


async def lock_products(tx: Tx, product_ids: Collection[UUID]) -> LockedProducts:
    """Read products and make them and their batches ours in one statement; those of other businesses are absent.

    Locks: PRODUCT. Raises: nothing. Emits: nothing.
    """
    return LockedProducts({product.id: product for product in await repository.lock_products(tx, product_ids)})


async def take_from(
    tx: Tx, products: LockedProducts, quantities: Mapping[UUID, Decimal], source_id: UUID
) -> list[Taking]:
    """Take goods for a document from the oldest batches, of all products or of none.

    Locks: none; the caller has read the products with ``lock_products``. Raises: ProductUnknown, StockShort.
    Emits: StockTaken.
    """
    assert quantities, "nothing to take"  # noqa: S101
    assert min(quantities.values()) > 0, "quantities to take are positive"  # noqa: S101
    for product_id in quantities:
        rules.known(products.by_id, product_id)
    changes = rules.take(await repository.batches_left(tx, quantities), quantities)
    repository.move(tx, changes, MovementKind.SALE, source_id)
    tx.emit(StockTaken(source_id, tuple(changes)))
    return rules.takings(changes)


async def give_back(tx: Tx, source_id: UUID, kind: MovementKind = MovementKind.SALE_CANCELLED) -> None:
    """Put back all that a sale took, into the same batches at their own cost; a second time does nothing.

    ``kind`` says whether the sale is cancelled or voided. Locks: PRODUCT. Raises: nothing. Emits: StockGivenBack.
    """
    await repository.lock_products_taken_by(tx, source_id)
    changes = rules.give_back(await repository.taken_and_not_given_back(tx, source_id))
    if changes:
        repository.move(tx, changes, kind, source_id)
        tx.emit(StockGivenBack(source_id, tuple(changes)))


async def bring_back(tx: Tx, return_id: UUID, goods: Sequence[GoodsBack]) -> None:
    """Put goods that customers bring back into the very batches they came from, last taken first, at their own cost.

    What is spoiled comes in like the rest, so that its cost is not one of goods sold, and is written off at once.
    Locks: PRODUCT. Raises: nothing. Emits: StockGivenBack, StockAdjusted for each reason of spoilage.
    """
    await lock_products(tx, {line.product_id for line in goods})
    batch_ids = {taking.batch_id for line in goods for taking in line.takings}
    brought = rules.bring_back(goods, await repository.batches_named(tx, batch_ids))
    moves = [(MovementKind.SALE_RETURNED, return_id, change) for change in brought.into]
    tx.emit(StockGivenBack(return_id, brought.into))
    for reason, changes in brought.spoiled:
        lost = Adjustment(tx.new_id(), AdjustmentKind.SPOILAGE, reason, tx.actor.user_id, tx.now)
        repository.insert_adjustment(tx, lost)
        moves += [(MovementKind.SPOILAGE, lost.id, change) for change in changes]
        tx.emit(StockAdjusted(lost.id, lost.kind, reason, changes))
    repository.move_in_order(tx, moves)


async def receive(tx: Tx, draft: DeliveryDraft) -> list[Batch]:
    """Take a delivery in: one batch a line, in order, each later than every earlier batch of its product.

    Locks: PRODUCT. Raises: ProductUnknown, ProductInactive, ExpiredOnArrival, DeliveryOutOfOrder.
    Emits: StockReceived.
    """
    product_ids = {line.product_id for line in draft.lines}
    products = await lock_products(tx, product_ids)
    latest = await repository.latest_batches(tx, product_ids)
    delivery_id = tx.new_id()
    batches = rules.receive(
        draft,
        products.by_id,
        {row.product_id: row.received_at for row in latest},
        delivery_id=delivery_id,
        new_id=tx.new_id,
        now=tx.now,
        today=(tx.now + _NAIROBI).date(),
    )
    repository.insert_batches(tx, batches)
    tx.emit(StockReceived(delivery_id, draft.supplier, tuple(rules.received(batch) for batch in batches)))
    return batches


async def adjust(tx: Tx, draft: AdjustmentDraft) -> Adjustment:
    """Correct the stock after a count, or take spoiled goods out: the document, its movements and their reason.

    Locks: PRODUCT. Raises: ProductUnknown, BatchUnknown, SpoilageAddsNothing, NothingReceivedYet, TooMuchInBatch,
    StockShort.
    Emits: StockAdjusted.
    """
    product_ids = {line.product_id for line in draft.lines}
    products = await lock_products(tx, product_ids)
    named = {line.batch_id for line in draft.lines if line.batch_id is not None}
    changes = rules.adjust(draft, products.by_id, await repository.batches_to_adjust(tx, product_ids, named))
    adjustment = Adjustment(tx.new_id(), draft.kind, draft.reason, tx.actor.user_id, tx.now)
    repository.insert_adjustment(tx, adjustment)
    repository.move(tx, changes, _KIND[draft.kind], adjustment.id)
    tx.emit(StockAdjusted(adjustment.id, draft.kind, draft.reason, tuple(changes)))
    return adjustment


async def add_product(tx: Tx, draft: ProductDraft) -> Product:
    """Add a product.

    Locks: none. Raises: SkuTaken, BarcodeTaken. Emits: ProductAdded.
    """
    return (await add_products(tx, [draft]))[0]


async def add_products(tx: Tx, drafts: Sequence[ProductDraft]) -> list[Product]:
    """Add products, all or none.

    Locks: none. Raises: SkuTaken, BarcodeTaken. Emits: ProductAdded for each.
    """
    products = [rules.product(draft, tx.new_id(), tx.now) for draft in drafts]
    written = await repository.insert_products(tx, products)
    for product in products:
        if product.id not in written:
            if await repository.holds_sku(tx, product.sku):
                raise SkuTaken(product.sku or "")
            raise BarcodeTaken(product.barcode or "")
        tx.emit(ProductAdded(product.id, rules.figures(product)))
    repository.write_words(tx, [(product.id, word) for product in products for word in rules.words_of(product)])
    return products


async def change_product(tx: Tx, product_id: UUID, change: ProductChange) -> Product:
    """Change what a product is called, how it is found, its price or whether it is traded.

    Locks: PRODUCT. Raises: ProductUnknown, SkuTaken, BarcodeTaken. Emits: ProductChanged where something differs.
    """
    before = rules.known((await lock_products(tx, [product_id])).by_id, product_id)
    after = rules.change_product(before, change, tx.now)
    if after is before:
        return before
    await repository.update_product(tx, after)
    earlier, later = rules.words_of(before), rules.words_of(after)
    repository.erase_words(tx, product_id, [word for word in earlier if word not in later])
    repository.write_words(tx, [(product_id, word) for word in later if word not in earlier])
    tx.emit(ProductChanged(product_id, rules.figures(before), rules.figures(after)))
    return after
