"""What stock moves, and what the shop says when it does."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from uuid import UUID


class MovementKind(StrEnum):
    """Why a batch changed after it came in."""

    SALE = "sale"
    SALE_CANCELLED = "sale_cancelled"
    SALE_VOIDED = "sale_voided"
    SALE_RETURNED = "sale_returned"
    COUNT = "count"
    SPOILAGE = "spoilage"


class AdjustmentKind(StrEnum):
    """Why a person corrects the stock: the shelf was counted, or goods went bad."""

    COUNT = "count"
    SPOILAGE = "spoilage"


@dataclass(frozen=True, slots=True)
class Taking:
    """What one source document took from one batch, at the batch's own cost."""

    product_id: UUID
    batch_id: UUID
    quantity: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class GoodsBack:
    """Goods of one line of a sale that come back: ``quantity`` of what it took, after ``before`` came back earlier.

    ``spoiled`` is why they cannot be sold again; None puts them back on the shelf.
    """

    product_id: UUID
    takings: tuple[Taking, ...]
    before: Decimal
    quantity: Decimal
    spoiled: str | None


@dataclass(frozen=True, slots=True)
class BatchChange:
    """One change of one batch: ``change`` is signed, ``available_after = available_before + change``."""

    batch_id: UUID
    product_id: UUID
    change: Decimal
    unit_cost: Decimal
    available_before: Decimal
    available_after: Decimal


@dataclass(frozen=True, slots=True)
class Shortage:
    """A product of which less is left than is wanted."""

    product_id: UUID
    wanted: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product to be added."""

    name: str
    unit: str
    selling_price: Decimal
    sku: str | None = None
    barcode: str | None = None
    reorder_level: Decimal = Decimal(0)
    active: bool = True


class Unchanged(Enum):
    """A field of a product that a change leaves as it is; None would mean: take it away."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What to change about a product."""

    name: str | Unchanged = UNCHANGED
    sku: str | Unchanged | None = UNCHANGED
    barcode: str | Unchanged | None = UNCHANGED
    unit: str | Unchanged = UNCHANGED
    selling_price: Decimal | Unchanged = UNCHANGED
    reorder_level: Decimal | Unchanged = UNCHANGED
    active: bool | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """Goods of one product in a delivery; ``unit_cost`` in KES a unit."""

    product_id: UUID
    quantity: Decimal
    unit_cost: Decimal
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class DeliveryDraft:
    """A delivery to be received.

    ``received_at`` is for bringing in another system's history: an instant in the past, later than every delivery of
    these products so far. Without it goods are received now.
    """

    supplier: str
    lines: tuple[DeliveryLine, ...]
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """A correction of one product: ``change`` is signed; without a batch it goes down first in, first out."""

    product_id: UUID
    change: Decimal
    batch_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AdjustmentDraft:
    """A correction to be made, with the reason a person gives."""

    kind: AdjustmentKind
    reason: str
    lines: tuple[AdjustmentLine, ...]


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products to list; None asks for both.

    ``low`` are those at or under a reorder level that is set.
    """

    active: bool | None = None
    low: bool | None = None
