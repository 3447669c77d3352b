"""Sales: ring up, take money, complete, cancel."""

from payme.sales.errors import (
    AskForLess,
    DiscountTooLarge,
    PaymentStillLive,
    PriceNotAllowed,
    ProductNotForSale,
    SaleNotFound,
    SaleNotOpen,
    SaleProductUnknown,
    SaleTooLarge,
)
from payme.sales.events import LineSold, SaleCancelled, SaleCompleted, SaleOpened, SalePaid
from payme.sales.models import Cancellation, DraftLine, Received, Sale, SaleDraft, SaleItem, SaleView
from payme.sales.queries import (
    SaleFilter,
    find_open_by_number,
    get_receipt,
    get_sale,
    get_sale_view,
    list_for_till,
    list_sales,
)
from payme.sales.schemas import SaleSummaryOut
from payme.sales.services import ask_mpesa, cancel_sale, open_sale, receive_money, take_cash
from payme.sales.types import LINES_MAX, SaleState

__all__ = [
    "LINES_MAX",
    "AskForLess",
    "Cancellation",
    "DiscountTooLarge",
    "DraftLine",
    "LineSold",
    "PaymentStillLive",
    "PriceNotAllowed",
    "ProductNotForSale",
    "Received",
    "Sale",
    "SaleCancelled",
    "SaleCompleted",
    "SaleDraft",
    "SaleFilter",
    "SaleItem",
    "SaleNotFound",
    "SaleNotOpen",
    "SaleOpened",
    "SalePaid",
    "SaleProductUnknown",
    "SaleState",
    "SaleSummaryOut",
    "SaleTooLarge",
    "SaleView",
    "ask_mpesa",
    "cancel_sale",
    "find_open_by_number",
    "get_receipt",
    "get_sale",
    "get_sale_view",
    "list_for_till",
    "list_sales",
    "open_sale",
    "receive_money",
    "take_cash",
]
