"""What stock takes and shows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from payme.http.fields import (
    In,
    Level,
    Money,
    MoneyOut,
    Name,
    Note,
    Out,
    Quantity,
    QuantityChange,
    QuantityOut,
    Reason,
)
from payme.http.paging import Page
from payme.stock.models import (
    Adjustment,
    Batch,
    ListedProduct,
    Movement,
    Product,
    StockLine,
    StockTotal,
)
from payme.stock.types import (
    AdjustmentDraft,
    AdjustmentKind,
    AdjustmentLine,
    DeliveryDraft,
    DeliveryLine,
    MovementKind,
    ProductChange,
    ProductDraft,
)

LINES_MAX = 200


Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
Supplier = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


def _example(value: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [value]})


class ProductIn(In):
    """A product to be added."""

    model_config = _example(
        {
            "name": "Sukari 1kg",
            "sku": "SUK-1",
            "barcode": "6161100000017",
            "unit": "bag",
            "selling_price": "180.00",
            "reorder_level": "12",
        }
    )

    name: Name
    unit: Unit
    selling_price: Money
    sku: Code | None = None
    barcode: Code | None = None
    reorder_level: Level = Decimal(0)
    active: bool = True

    def to_draft(self) -> ProductDraft:
        """Return what the service needs."""
        return ProductDraft(
            name=self.name,
            unit=self.unit,
            selling_price=self.selling_price,
            sku=self.sku,
            barcode=self.barcode,
            reorder_level=self.reorder_level,
            active=self.active,
        )


class ProductChangeIn(In):
    """What to change; a field that is not sent stays as it is, a SKU or barcode of null is taken away."""

    model_config = _example({"selling_price": "185.00"})

    # The defaults are never read: only what was sent goes into the change.
    name: Name = Field(default_factory=str)
    unit: Unit = Field(default_factory=str)
    selling_price: Money = Field(default_factory=Decimal)
    sku: Code | None = None
    barcode: Code | None = None
    reorder_level: Level = Field(default_factory=Decimal)
    active: bool = Field(default_factory=bool)

    def to_change(self) -> ProductChange:
        """Return what the service needs."""
        return ProductChange(**{name: getattr(self, name) for name in self.model_fields_set})


class ProductOut(Out):
    """A product."""

    id: UUID
    name: str
    sku: str | None
    barcode: str | None
    unit: str
    selling_price: MoneyOut
    reorder_level: QuantityOut
    active: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, product: Product) -> Self:
        """Show a product."""
        return cls.model_validate(product, from_attributes=True)


class ListedProductOut(ProductOut):
    """A product with what is left of it."""

    on_hand: QuantityOut

    @classmethod
    def shown(cls, product: ListedProduct) -> Self:
        """Show a product and its stock."""
        return cls.model_validate(product, from_attributes=True)


class ProductPage(Page[ListedProductOut]):
    """One page of products."""

    next_since: datetime | None = Field(
        default=None,
        description="With `since`: the instant to ask from the next time. Of several pages keep that of the first.",
    )


class DeliveryLineIn(In):
    """Goods of one product."""

    product_id: UUID
    quantity: Quantity
    unit_cost: Money
    expires_on: date | None = None

    def to_line(self) -> DeliveryLine:
        """Return what the service needs."""
        return DeliveryLine(self.product_id, self.quantity, self.unit_cost, self.expires_on)


class DeliveryIn(In):
    """A delivery to be received."""

    model_config = _example(
        {
            "supplier": "Kilimo Wholesalers",
            "lines": [
                {
                    "product_id": "019a0000-0000-7000-8000-000000000001",
                    "quantity": "24",
                    "unit_cost": "150.00",
                    "expires_on": "2030-06-30",
                }
            ],
        }
    )

    supplier: Supplier = ""
    lines: Annotated[list[DeliveryLineIn], Field(min_length=1, max_length=LINES_MAX)]

    def to_draft(self) -> DeliveryDraft:
        """Return what the service needs."""
        return DeliveryDraft(self.supplier, tuple(line.to_line() for line in self.lines))


class BatchOut(Out):
    """One delivery of one product."""

    id: UUID
    delivery_id: UUID
    product_id: UUID
    quantity_received: QuantityOut
    quantity_available: QuantityOut
    unit_cost: MoneyOut
    received_at: datetime
    expires_on: date | None
    supplier: str

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """Show a batch."""
        return cls.model_validate(batch, from_attributes=True)


class DeliveryOut(Out):
    """A delivery that was received, with the batch of each line."""

    delivery_id: UUID
    batches: list[BatchOut]

    @classmethod
    def of(cls, batches: list[Batch]) -> Self:
        """Show a delivery."""
        return cls(delivery_id=batches[0].delivery_id, batches=[BatchOut.of(batch) for batch in batches])


class AdjustmentLineIn(In):
    """A correction of one product, or of one batch of it."""

    product_id: UUID
    change: QuantityChange
    batch_id: UUID | None = Field(
        default=None, description="Without it goods go from the oldest batch and come to the newest."
    )

    def to_line(self) -> AdjustmentLine:
        """Return what the service needs."""
        return AdjustmentLine(self.product_id, self.change, self.batch_id)


class AdjustmentIn(In):
    """A correction to be made."""

    model_config = _example(
        {
            "kind": "spoilage",
            "reason": "bags got wet",
            "lines": [{"product_id": "019a0000-0000-7000-8000-000000000001", "change": "-2"}],
        }
    )

    kind: AdjustmentKind
    reason: Reason
    lines: Annotated[list[AdjustmentLineIn], Field(min_length=1, max_length=LINES_MAX)]

    def to_draft(self) -> AdjustmentDraft:
        """Return what the service needs."""
        return AdjustmentDraft(self.kind, self.reason, tuple(line.to_line() for line in self.lines))


class AdjustmentOut(Out):
    """A correction; its movements have it as their source."""

    id: UUID
    kind: AdjustmentKind
    reason: Note
    adjusted_by: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, adjustment: Adjustment) -> Self:
        """Show a correction."""
        return cls.model_validate(adjustment, from_attributes=True)


class MovementOut(Out):
    """One signed change of one batch."""

    id: UUID
    batch_id: UUID
    product_id: UUID
    kind: MovementKind
    source_id: UUID
    quantity: QuantityOut
    unit_cost: MoneyOut
    available_after: QuantityOut
    moved_by: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, movement: Movement) -> Self:
        """Show a movement."""
        return cls.model_validate(movement, from_attributes=True)


class StockLineOut(Out):
    """What is left of one product, and its value at cost."""

    product_id: UUID
    name: str
    sku: str | None
    unit: str
    reorder_level: QuantityOut
    active: bool
    on_hand: QuantityOut
    value: MoneyOut
    next_expiry: date | None

    @classmethod
    def of(cls, line: StockLine) -> Self:
        """Show a line."""
        return cls.model_validate(line, from_attributes=True)


class StockTotalOut(Out):
    """All goods of the shop."""

    products: int = Field(description="How many products are on hand.")
    value: MoneyOut = Field(description="At cost, first in first out, KES.")

    @classmethod
    def of(cls, total: StockTotal) -> Self:
        """Show the total."""
        return cls.model_validate(total, from_attributes=True)
