"""What happened to stock; every event carries the figures before and after."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event
from payme.stock.types import AdjustmentKind, BatchChange


@dataclass(frozen=True)
class StockTaken(Event):
    """A source document (a sale) took goods."""

    changes: tuple[BatchChange, ...]


@dataclass(frozen=True)
class StockGivenBack(Event):
    """A sale gave back all it took, or a return a part of it; the subject is the sale or the return."""

    changes: tuple[BatchChange, ...]


@dataclass(frozen=True)
class BatchReceived:
    """One line of a delivery."""

    batch_id: UUID
    product_id: UUID
    quantity: Decimal
    unit_cost: Decimal
    expires_on: date | None
    received_at: datetime


@dataclass(frozen=True)
class StockReceived(Event):
    """A delivery came in."""

    supplier: str
    batches: tuple[BatchReceived, ...]


@dataclass(frozen=True)
class StockAdjusted(Event):
    """A person corrected the stock."""

    kind: AdjustmentKind
    reason: str
    changes: tuple[BatchChange, ...]


@dataclass(frozen=True)
class ProductFigures:
    """What can be changed about a product."""

    name: str
    sku: str | None
    barcode: str | None
    unit: str
    selling_price: Decimal
    reorder_level: Decimal
    active: bool


@dataclass(frozen=True)
class ProductAdded(Event):
    """A product was added."""

    after: ProductFigures


@dataclass(frozen=True)
class ProductChanged(Event):
    """A product was changed."""

    before: ProductFigures
    after: ProductFigures
