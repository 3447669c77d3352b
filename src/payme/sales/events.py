"""Facts of sales."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event
from payme.kit.money import ZERO


@dataclass(frozen=True)
class LineSold:
    """One line, for the audit."""

    product_id: UUID
    quantity: Decimal
    list_price: Decimal
    unit_price: Decimal
    discount: Decimal
    line_total: Decimal


@dataclass(frozen=True)
class SaleOpened(Event):
    """A sale was rung up: goods left the shelf and a token is reserved."""

    number: int
    total: Decimal
    lines: tuple[LineSold, ...]
    customer_id: UUID | None = None


@dataclass(frozen=True)
class CustomerNamed(Event):
    """An open sale is somebody's, somebody else's, or nobody's again."""

    before: UUID | None
    after: UUID | None


@dataclass(frozen=True)
class SalePaid(Event):
    """Money was counted towards a sale."""

    before: Decimal
    after: Decimal
    total: Decimal


@dataclass(frozen=True)
class SalePutOnAccount(Event):
    """A part of a sale became the customer's debt, or was paid with what the shop owed them."""

    before: Decimal
    after: Decimal
    total: Decimal


@dataclass(frozen=True)
class SaleCompleted(Event):
    """Money, and what is on an account, equal the total."""

    number: int
    total: Decimal


@dataclass(frozen=True)
class SaleCancelled(Event):
    """Goods are back on the shelf, the token is back, and money that came waits for a person."""

    number: int
    reason: str
    cash_returned: Decimal
    mpesa_released: Decimal
    customer_was_being_asked: bool
    account_reversed: Decimal = ZERO


@dataclass(frozen=True)
class SaleReturned(Event):
    """Goods of a completed sale came back, worth ``amount``; ``state`` is where that left the sale."""

    number: int
    return_id: UUID
    amount: Decimal
    returned_before: Decimal
    returned_after: Decimal
    state: str


@dataclass(frozen=True)
class SaleVoided(Event):
    """A completed sale was undone on its day: goods, token and all money go back."""

    number: int
    reason: str
    total: Decimal
    cash_returned: Decimal
    mpesa_released: Decimal
    customer_was_being_asked: bool
    account_reversed: Decimal
