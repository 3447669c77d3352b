"""Rows of stock."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.stock.types import AdjustmentKind, BatchChange, MovementKind


@dataclass(frozen=True, slots=True)
class Product:
    """A thing sold; ``selling_price`` in KES a ``unit``."""

    id: UUID
    name: str
    sku: str | None
    barcode: str | None
    unit: str
    selling_price: Decimal
    reorder_level: Decimal
    active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ListedProduct(Product):
    """A product with what is left of it."""

    on_hand: Decimal


@dataclass(frozen=True, slots=True)
class StockLine:
    """What is left of one product and what it cost (KES, at each batch's own cost)."""

    product_id: UUID
    name: str
    sku: str | None
    unit: str
    reorder_level: Decimal
    active: bool
    on_hand: Decimal
    value: Decimal
    next_expiry: date | None


@dataclass(frozen=True, slots=True)
class StockTotal:
    """All goods of the shop: how many products are on hand, and their value at cost (KES)."""

    products: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class ProductChanges:
    """Products changed after an instant, and the instant to ask from the next time."""

    products: list[ListedProduct]
    next_since: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """One delivery of one product; ``unit_cost`` in KES a unit, and the cost at which it will be sold."""

    id: UUID
    product_id: UUID
    delivery_id: UUID
    quantity_received: Decimal
    quantity_available: Decimal
    unit_cost: Decimal
    received_at: datetime
    expires_on: date | None
    supplier: str


@dataclass(frozen=True, slots=True)
class BatchLeft:
    """What is left of a batch, as FIFO needs it."""

    id: UUID
    product_id: UUID
    quantity_available: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class Latest:
    """When goods of a product came in last."""

    product_id: UUID
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sale took from a batch and has not yet given back, beside what the batch has now."""

    batch_id: UUID
    product_id: UUID
    quantity: Decimal
    unit_cost: Decimal
    quantity_available: Decimal


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """What a return does to batches: everything comes in, then what is spoiled goes out again, by its reason."""

    into: tuple[BatchChange, ...]
    spoiled: tuple[tuple[str, tuple[BatchChange, ...]], ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """One signed change of one batch by one source document."""

    id: UUID
    batch_id: UUID
    product_id: UUID
    kind: MovementKind
    source_id: UUID
    quantity: Decimal
    unit_cost: Decimal
    available_after: Decimal
    moved_by: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The document behind a correction."""

    id: UUID
    kind: AdjustmentKind
    reason: str
    adjusted_by: UUID | None
    created_at: datetime
