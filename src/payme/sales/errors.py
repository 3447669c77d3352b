"""What sales refuses."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, Forbidden, Invalid, NotFound


@dataclass(eq=False)
class SaleNotFound(NotFound):
    """No such sale in this business."""

    code = "sale_not_found"
    title = "There is no such sale."
    advice = "Check the sale's id."
    sale_id: UUID


@dataclass(eq=False)
class SaleProductUnknown(NotFound):
    """A line names a product that this business does not have."""

    code = "sale_product_unknown"
    title = "A line names a product that is not in this shop."
    advice = "Look the product up again and correct the line."
    product_id: UUID
    line: int


@dataclass(eq=False)
class ProductNotForSale(Conflict):
    """The product was taken out of the range."""

    code = "product_not_for_sale"
    title = "This product is not for sale."
    advice = "Make the product active again, or take the line out."
    product_id: UUID
    line: int


@dataclass(eq=False)
class PriceNotAllowed(Forbidden):
    """Another price or a discount needs a role that may give it."""

    code = "price_not_allowed"
    title = "Your role may not change a price or give a discount."
    advice = "Sell at the list price, or ask a manager to ring this up."
    line: int
    list_price: Decimal


@dataclass(eq=False)
class DiscountTooLarge(Invalid):
    """The discount is more than the line."""

    code = "discount_too_large"
    title = "The discount is more than the line is worth."
    advice = "Give a smaller discount."
    line: int
    discount: Decimal
    before_discount: Decimal


@dataclass(eq=False)
class SaleTooLarge(Invalid):
    """More than the books can hold."""

    code = "sale_too_large"
    title = "The sale is larger than the books can hold."
    advice = "Check quantities and prices, or split the sale."
    largest: Decimal


@dataclass(eq=False)
class SaleNotOpen(Conflict):
    """The sale was completed, cancelled or voided, or its goods came back; it stays so."""

    code = "sale_not_open"
    title = "This sale is not open any more."
    advice = "Ring up a new sale."
    sale_id: UUID
    state: str


@dataclass(eq=False)
class AskForLess(Conflict):
    """More was asked than is still due."""

    code = "more_than_due"
    title = "This is more than is still due."
    advice = "Ask for the balance or for less."
    balance_due: Decimal
    amount: Decimal


@dataclass(eq=False)
class SaleWithoutCustomer(Conflict):
    """An account is somebody's."""

    code = "sale_without_customer"
    title = "Nobody is named on this sale."
    advice = "Say who buys, and try again."
    sale_id: UUID


@dataclass(eq=False)
class CustomerPaidAlready(Conflict):
    """A part of the sale was paid with what the shop owed its customer."""

    code = "customer_paid_already"
    title = "This sale was paid in part with its customer's credit."
    advice = "Cancel the sale, which gives the credit back, and ring it up for the other customer."
    sale_id: UUID
    on_account: Decimal


@dataclass(eq=False)
class NothingDue(Conflict):
    """The sale needs nothing more."""

    code = "nothing_due"
    title = "Nothing is due for this sale."
    advice = "A sale of nothing is completed with cash of 0."
    sale_id: UUID


@dataclass(eq=False)
class PaymentStillLive(Conflict):
    """The customer may be entering the PIN right now."""

    code = "payment_still_live"
    title = "The customer is being asked to pay for this sale right now."
    advice = "Wait for the answer, or cancel with even_if_paying: money that still comes is kept for you to settle."
    payment_id: UUID
    state: str


@dataclass(eq=False)
class SaleNotReturnable(Conflict):
    """Goods come back only from a completed sale that was neither voided nor returned whole."""

    code = "sale_not_returnable"
    title = "Nothing of this sale can be returned."
    advice = "Look at the sale: cancel it where it is still open; where it is voided or returned, all came back."
    sale_id: UUID
    state: str


@dataclass(eq=False)
class SaleLineUnknown(NotFound):
    """The sale has no such line."""

    code = "sale_line_unknown"
    title = "The sale has no such line."
    advice = "Choose a line by its number on the receipt."
    sale_id: UUID
    line: int


@dataclass(eq=False)
class MoreThanSold(Conflict):
    """More of a line is to come back than was sold and has not come back yet."""

    code = "more_than_sold"
    title = "This is more than was sold and is still out."
    advice = "Return at most what is left of the line; look at the receipt for what came back before."
    line: int
    sold: Decimal
    returned: Decimal
    wanted: Decimal
