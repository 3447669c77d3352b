"""What stock refuses."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound
from payme.stock.types import Shortage


@dataclass(eq=False)
class StockShort(Conflict):
    """Less is left than is wanted; ``shortages`` names every product that is short, the first also by itself."""

    code = "stock_short"
    title = "There is not enough in stock."
    advice = "Sell what is left, receive a delivery, or correct the count first."
    product_id: UUID
    wanted: Decimal
    left: Decimal
    shortages: tuple[Shortage, ...] = field(default=())

    def facts(self) -> dict[str, object]:
        """Return the figures, each shortage as an object."""
        shortages = [
            {"product_id": short.product_id, "wanted": short.wanted, "left": short.left} for short in self.shortages
        ]
        return {"product_id": self.product_id, "wanted": self.wanted, "left": self.left, "shortages": shortages}


@dataclass(eq=False)
class ProductUnknown(NotFound):
    """No such product in this business."""

    code = "product_unknown"
    title = "This shop has no such product."
    advice = "Search for the product again; it may belong to another shop."
    product_id: UUID


@dataclass(eq=False)
class ProductInactive(Conflict):
    """The product is no longer traded."""

    code = "product_inactive"
    title = "This product is switched off."
    advice = "Switch the product on again before you receive or sell it."
    product_id: UUID


@dataclass(eq=False)
class SkuTaken(Conflict):
    """Another product of this business has the SKU."""

    code = "sku_taken"
    title = "Another product has this SKU."
    advice = "Choose another SKU, or change the product that has it."
    sku: str


@dataclass(eq=False)
class BarcodeTaken(Conflict):
    """Another product of this business has the barcode."""

    code = "barcode_taken"
    title = "Another product has this barcode."
    advice = "Check the barcode, or change the product that has it."
    barcode: str


@dataclass(eq=False)
class ExpiredOnArrival(Invalid):
    """Goods whose expiry has passed cannot be received for sale."""

    code = "expired_on_arrival"
    title = "These goods have expired already."
    advice = "Check the expiry date; do not accept expired goods."
    product_id: UUID
    expires_on: date


@dataclass(eq=False)
class DeliveryOutOfOrder(Conflict):
    """A delivery of the past must be later than what was received before, and not in the future."""

    code = "delivery_out_of_order"
    title = "A later delivery of this product was received already."
    advice = "Bring deliveries in by date, oldest first, and none from the future."
    product_id: UUID
    received_at: datetime


@dataclass(eq=False)
class SpoilageAddsNothing(Invalid):
    """Goods that went bad make stock smaller."""

    code = "spoilage_adds_nothing"
    title = "Spoilage can only take goods away."
    advice = "Use a negative change, or kind count to correct upwards."
    product_id: UUID


@dataclass(eq=False)
class TooMuchInBatch(Invalid):
    """A batch cannot hold more than the books can write."""

    code = "too_much_in_batch"
    title = "This is more than one batch can hold."
    advice = "Check the quantity; receive very large goods as several deliveries."
    product_id: UUID
    most: Decimal


@dataclass(eq=False)
class NothingReceivedYet(Conflict):
    """A count upwards needs a batch, and so a cost."""

    code = "nothing_received_yet"
    title = "This product was never received, so its cost is not known."
    advice = "Receive the goods as a delivery with their cost."
    product_id: UUID


@dataclass(eq=False)
class BatchUnknown(NotFound):
    """The product has no such batch."""

    code = "batch_unknown"
    title = "This product has no such batch."
    advice = "Choose a batch from the product's list of batches."
    product_id: UUID
    batch_id: UUID
