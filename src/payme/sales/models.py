"""Rows of sales, and a sale as a person sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.credit import CreditTerms, SaleOnAccount
from payme.identity import Business
from payme.kit.money import ZERO
from payme.money import SaleMoney
from payme.payments import Payment, PaymentMethod
from payme.sales.types import NONE_BACK, Condition, SaleState


@dataclass(frozen=True, slots=True)
class DraftLine:
    """What the till sends for one line; no price means the product's."""

    product_id: UUID
    quantity: Decimal
    unit_price: Decimal | None
    discount: Decimal


@dataclass(frozen=True, slots=True)
class SaleDraft:
    """What the till sends; cash handed over makes it one request for the whole sale."""

    lines: tuple[DraftLine, ...]
    cash_tendered: Decimal | None
    note: str
    customer_id: UUID | None = None
    drawer_id: UUID | None = None
    credit: CreditTerms | None = None
    """Where it is there, what is not paid in cash goes on the customer's account."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Why a sale is undone, and whether also while the customer is being asked to pay."""

    reason: str
    even_if_paying: bool = False
    drawer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """One receipt; ``paid`` is money, ``on_account`` a debt of the customer, or what the shop owed them."""

    id: UUID
    number: int
    state: SaleState
    total: Decimal
    paid: Decimal
    on_account: Decimal
    opened_by: UUID | None
    opened_at: datetime
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str
    note: str
    business_day: date
    customer_id: UUID | None
    drawer_id: UUID | None
    returned: Decimal = ZERO
    """What goods that came back were sold for."""
    voided_at: datetime | None = None

    @property
    def balance_due(self) -> Decimal:
        """What is still to be paid, or to be put on an account."""
        return self.total - self.paid - self.on_account


@dataclass(frozen=True, slots=True)
class SaleItem:
    """One line, as sold: name and prices are copied, so that a later change of the product does not touch it."""

    id: UUID
    sale_id: UUID
    line: int
    product_id: UUID
    product_name: str
    unit: str
    quantity: Decimal
    list_price: Decimal
    unit_price: Decimal
    discount: Decimal
    line_total: Decimal
    returned_quantity: Decimal = NONE_BACK
    returned_amount: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class WantedBack:
    """What a customer brings back of one line, by its number on the receipt."""

    line: int
    quantity: Decimal
    condition: Condition
    reason: str


@dataclass(frozen=True, slots=True)
class LineBack:
    """Goods of one line that came back: what they were sold for, and how much had come back before."""

    item: SaleItem
    quantity: Decimal
    amount: Decimal
    condition: Condition
    reason: str
    returned_before: Decimal


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """A line of a return, as it is shown."""

    return_id: UUID
    line: int
    product_id: UUID
    product_name: str
    unit: str
    unit_price: Decimal
    quantity: Decimal
    amount: Decimal
    condition: Condition
    reason: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A sale after goods of it came back, and their lines."""

    sale: Sale
    lines: tuple[LineBack, ...]

    @property
    def amount(self) -> Decimal:
        """What the goods were sold for."""
        return sum((line.amount for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class Voided:
    """A sale after it was voided, and the money that it gave up; what was on account is owed no more, or is credit."""

    sale: Sale
    cash: Decimal
    mpesa: tuple[SaleMoney, ...]
    debt: Decimal
    customer_credit: Decimal


@dataclass(frozen=True, slots=True)
class ItemTaking:
    """What one line took of one batch, at the batch's cost."""

    sale_item_id: UUID
    batch_id: UUID
    quantity: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class SaleView:
    """A sale with its lines and what was done to collect."""

    sale: Sale
    items: tuple[SaleItem, ...]
    payments: tuple[Payment, ...]

    @property
    def change(self) -> Decimal:
        """Cash to give back to the customer, over all cash payments."""
        return sum((payment.change_given or ZERO for payment in self.payments), ZERO)


@dataclass(frozen=True, slots=True)
class CustomerTotals:
    """What a customer bought and kept: how many sales, what for (KES), the last one; and how many sales are open."""

    sales: int
    spent: Decimal
    last_at: datetime | None
    open_sales: int


@dataclass(frozen=True, slots=True)
class Received:
    """What a sale did with money that came for it."""

    applied: Decimal
    sale_state: SaleState


@dataclass(frozen=True, slots=True)
class Receipt:
    """A sale as the customer gets it."""

    shop: Business
    view: SaleView
    mpesa: tuple[SaleMoney, ...]
    account: SaleOnAccount | None = None

    @property
    def cash(self) -> list[Payment]:
        """Cash that was taken and not given back."""
        return [
            payment
            for payment in self.view.payments
            if payment.method is PaymentMethod.CASH and payment.returned_at is None
        ]
