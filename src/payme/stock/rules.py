"""Decisions of stock: first in, first out; and what a product is found by."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from payme.kit.money import CENT, GRAM, QUANTITY_MAX
from payme.kit.words import words
from payme.stock.errors import (
    BatchUnknown,
    DeliveryOutOfOrder,
    ExpiredOnArrival,
    NothingReceivedYet,
    ProductInactive,
    ProductUnknown,
    SpoilageAddsNothing,
    StockShort,
    TooMuchInBatch,
)
from payme.stock.events import BatchReceived, ProductFigures
from payme.stock.models import Batch, BatchLeft, BroughtBack, Product, Taken
from payme.stock.types import (
    UNCHANGED,
    AdjustmentDraft,
    AdjustmentKind,
    AdjustmentLine,
    BatchChange,
    DeliveryDraft,
    GoodsBack,
    ProductChange,
    ProductDraft,
    Shortage,
    Taking,
)

DELTA_OVERLAP = timedelta(minutes=2)
"""How far back of now ``next_since`` lies; a transaction that writes a product is over long before that."""

_STEP = timedelta(microseconds=1)


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
    change = change.quantize(GRAM)
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


def last_taken(takings: Sequence[Taking], before: Decimal, quantity: Decimal) -> list[Taking]:
    """Return which of what a line took comes back: last taken first, after ``before`` came back earlier.

    ``takings`` come in the order in which they were taken, and hold at least ``before + quantity``.
    """
    parts, skip, left = [], before, quantity
    for taking in reversed(takings):
        part = min(max(taking.quantity - skip, Decimal(0)), left)
        skip = max(skip - taking.quantity, Decimal(0))
        if part:
            parts.append(replace(taking, quantity=part))
            left -= part
    assert not left, "more came back than was taken"  # noqa: S101
    return parts


def bring_back(goods: Sequence[GoodsBack], batches: Sequence[BatchLeft]) -> BroughtBack:
    """Put goods of a sale back into the very batches they came from, and take out again what is spoiled.

    ``batches`` are all that the lines took from, oldest first within a product.
    """
    place = {batch.id: number for number, batch in enumerate(batches)}
    back: dict[UUID, Decimal] = defaultdict(Decimal)
    spoiled: dict[str, dict[UUID, Decimal]] = {}
    for line in goods:
        takings = sorted(line.takings, key=lambda taking: place[taking.batch_id])
        for part in last_taken(takings, line.before, line.quantity):
            back[part.batch_id] += part.quantity
            if line.spoiled is not None:
                lost = spoiled.setdefault(line.spoiled, defaultdict(Decimal))
                lost[part.batch_id] += part.quantity
    left = {batch.id: batch for batch in batches}

    def step(batch_id: UUID, change: Decimal) -> BatchChange:
        made = changed(left[batch_id], change)
        left[batch_id] = replace(left[batch_id], quantity_available=made.available_after)
        return made

    into = tuple(step(batch.id, back[batch.id]) for batch in batches if batch.id in back)
    return BroughtBack(
        into,
        tuple(
            (reason, tuple(step(batch.id, -lost[batch.id]) for batch in batches if batch.id in lost))
            for reason, lost in spoiled.items()
        ),
    )


def known(products: Mapping[UUID, Product], product_id: UUID) -> Product:
    """Return a product; raises ProductUnknown."""
    if product_id not in products:
        raise ProductUnknown(product_id)
    return products[product_id]


def receive(
    draft: DeliveryDraft,
    products: Mapping[UUID, Product],
    latest: Mapping[UUID, datetime],
    *,
    delivery_id: UUID,
    new_id: Callable[[], UUID],
    now: datetime,
    today: date,
) -> list[Batch]:
    """Make a batch of each line, every one later than all earlier batches of its product.

    Raises ProductUnknown, ProductInactive, ExpiredOnArrival, DeliveryOutOfOrder.
    """
    newest = dict(latest)
    batches = []
    for line in draft.lines:
        if not known(products, line.product_id).active:
            raise ProductInactive(line.product_id)
        received_at = _received_at(draft.received_at, line.product_id, latest, now)
        if line.expires_on is not None and line.expires_on < min(today, received_at.date()):
            raise ExpiredOnArrival(line.product_id, line.expires_on)
        if line.product_id in newest:
            received_at = max(received_at, newest[line.product_id] + _STEP)
        newest[line.product_id] = received_at
        batches.append(
            Batch(
                id=new_id(),
                product_id=line.product_id,
                delivery_id=delivery_id,
                quantity_received=line.quantity.quantize(GRAM),
                quantity_available=line.quantity.quantize(GRAM),
                unit_cost=line.unit_cost.quantize(CENT),
                received_at=received_at,
                expires_on=line.expires_on,
                supplier=draft.supplier,
            )
        )
    return batches


def _received_at(named: datetime | None, product_id: UUID, latest: Mapping[UUID, datetime], now: datetime) -> datetime:
    if named is None:
        return now
    if named > now or (product_id in latest and named <= latest[product_id]):
        raise DeliveryOutOfOrder(product_id, named)
    return named


def received(batch: Batch) -> BatchReceived:
    """Tell a batch as a fact of its delivery."""
    return BatchReceived(
        batch_id=batch.id,
        product_id=batch.product_id,
        quantity=batch.quantity_received,
        unit_cost=batch.unit_cost,
        expires_on=batch.expires_on,
        received_at=batch.received_at,
    )


def adjust(draft: AdjustmentDraft, products: Mapping[UUID, Product], batches: Sequence[BatchLeft]) -> list[BatchChange]:
    """Decide what a correction does to each batch, line after line, one change a batch in the end.

    ``batches`` come oldest first within a product, and the newest of each product is among them. A line without a
    batch takes from the oldest and adds to the newest. Raises ProductUnknown, SpoilageAddsNothing, BatchUnknown,
    NothingReceivedYet, TooMuchInBatch, StockShort.
    """
    left = {batch.id: batch for batch in batches}
    for line in draft.lines:
        known(products, line.product_id)
        if draft.kind is AdjustmentKind.SPOILAGE and line.change > 0:
            raise SpoilageAddsNothing(line.product_id)
        for change in _adjust_line(line, [row for row in left.values() if row.product_id == line.product_id]):
            left[change.batch_id] = replace(left[change.batch_id], quantity_available=change.available_after)
    return [
        changed(batch, left[batch.id].quantity_available - batch.quantity_available)
        for batch in batches
        if left[batch.id].quantity_available != batch.quantity_available
    ]


def _adjust_line(line: AdjustmentLine, batches: Sequence[BatchLeft]) -> list[BatchChange]:
    if line.batch_id is not None:
        batches = [batch for batch in batches if batch.id == line.batch_id]
        if not batches:
            raise BatchUnknown(line.product_id, line.batch_id)
    if line.change < 0:
        return take(batches, {line.product_id: -line.change})
    if not batches:
        raise NothingReceivedYet(line.product_id)
    if batches[-1].quantity_available + line.change > QUANTITY_MAX:
        raise TooMuchInBatch(line.product_id, QUANTITY_MAX)
    return [changed(batches[-1], line.change)]


def product(draft: ProductDraft, product_id: UUID, at: datetime) -> Product:
    """Make a product of a draft."""
    return Product(
        id=product_id,
        name=draft.name,
        sku=draft.sku,
        barcode=draft.barcode,
        unit=draft.unit,
        selling_price=draft.selling_price.quantize(CENT),
        reorder_level=draft.reorder_level.quantize(GRAM),
        active=draft.active,
        created_at=at,
        updated_at=at,
    )


def change_product(before: Product, change: ProductChange, at: datetime) -> Product:
    """Return the product as it will be: itself where nothing differs."""
    after = replace(
        before,
        name=before.name if change.name is UNCHANGED else change.name,
        sku=before.sku if change.sku is UNCHANGED else change.sku,
        barcode=before.barcode if change.barcode is UNCHANGED else change.barcode,
        unit=before.unit if change.unit is UNCHANGED else change.unit,
        selling_price=before.selling_price
        if change.selling_price is UNCHANGED
        else change.selling_price.quantize(CENT),
        reorder_level=(
            before.reorder_level if change.reorder_level is UNCHANGED else change.reorder_level.quantize(GRAM)
        ),
        active=before.active if change.active is UNCHANGED else change.active,
    )
    return before if after == before else replace(after, updated_at=max(at, before.updated_at + _STEP))


def figures(product: Product) -> ProductFigures:
    """Tell what can be changed about a product."""
    return ProductFigures(
        name=product.name,
        sku=product.sku,
        barcode=product.barcode,
        unit=product.unit,
        selling_price=product.selling_price,
        reorder_level=product.reorder_level,
        active=product.active,
    )


def words_of(product: Product) -> list[str]:
    """Return the words a product is found by."""
    return words(product.name, product.sku, product.barcode)
