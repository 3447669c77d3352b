"""Figures of reports. Money is KES, days are business days in Nairobi."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar
from uuid import UUID

Figures_co = TypeVar("Figures_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Period:
    """Business days, both included."""

    from_day: date
    to_day: date


@dataclass(frozen=True, slots=True)
class Report(Generic[Figures_co]):
    """Figures of a shop for a period."""

    shop: str
    period: Period
    figures: Figures_co


class Turnover:
    """What was sold, and what of it came back."""

    __slots__ = ()
    revenue: Decimal
    returned: Decimal

    @property
    def net(self) -> Decimal:
        """What was sold and stayed sold."""
        return self.revenue - self.returned


class GoodsTurnover(Turnover):
    """What goods were sold for, and what they cost."""

    __slots__ = ()
    cost: Decimal
    returned_cost: Decimal

    @property
    def net_cost(self) -> Decimal:
        """What the goods cost that stayed sold."""
        return self.cost - self.returned_cost

    @property
    def gross_profit(self) -> Decimal:
        """What is left of the net revenue after the cost of the goods."""
        return self.net - self.net_cost


@dataclass(frozen=True, slots=True)
class DaySales(GoodsTurnover):
    """What was sold and what came back on a day, or on all days of a period where ``day`` is None.

    ``revenue`` is what completed sales were for, ``returned`` what the goods were sold for that came back;
    ``cost`` is first in, first out. A sale that was voided counts nowhere.
    """

    day: date | None
    sales: int
    revenue: Decimal
    cost: Decimal
    cash: Decimal
    on_account: Decimal
    returns: int
    returned: Decimal
    returned_cost: Decimal
    returned_cash: Decimal
    returned_on_account: Decimal

    @property
    def mpesa(self) -> Decimal:
        """What was paid by M-Pesa: a completed sale is paid whole."""
        return self.revenue - self.cash - self.on_account

    @property
    def returned_mpesa(self) -> Decimal:
        """What goes back by M-Pesa."""
        return self.returned - self.returned_cash - self.returned_on_account


@dataclass(frozen=True, slots=True)
class TenderSales(Turnover):
    """What of the revenue was paid in one way, and what went back in it: cash, mpesa or on_account."""

    tender: str
    revenue: Decimal
    returned: Decimal


@dataclass(frozen=True, slots=True)
class ProductSales(GoodsTurnover):
    """What was sold of a product; the ``all_…`` are of every product, also of those beyond the limit."""

    product_id: UUID
    name: str
    sku: str | None
    unit: str
    quantity: Decimal
    revenue: Decimal
    cost: Decimal
    returned_quantity: Decimal
    returned: Decimal
    returned_cost: Decimal
    all_products: int
    all_net: Decimal
    all_net_cost: Decimal


@dataclass(frozen=True, slots=True)
class CashierSales(Turnover):
    """What a person rang up, and what they took back, also of sales that others rang up.

    ``name`` is None for somebody who never was a member, and for nobody.
    """

    user_id: UUID
    name: str | None
    sales: int
    revenue: Decimal
    returns: int
    returned: Decimal


@dataclass(frozen=True, slots=True)
class ProductStock:
    """What is on the shelf of a product, at its cost and at its selling price; ``all_…`` as in ProductSales."""

    product_id: UUID
    name: str
    sku: str | None
    unit: str
    quantity: Decimal
    value: Decimal
    selling_value: Decimal
    all_products: int
    all_value: Decimal
    all_selling_value: Decimal


@dataclass(frozen=True, slots=True)
class TokenDay:
    """Tokens of a day; ``day`` is None where the period had none. ``…_now`` are of this moment, on every row.

    ``reserved`` and ``charged`` count sales, ``owed`` what was used before it was bought, less what a purchase settled.
    """

    balance_now: int
    owed_now: int
    reserved_now: int
    day: date | None
    granted: int
    bought: int
    reserved: int
    charged: int
    refunded: int
    owed: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a business's days and tokens are kept added up."""

    kept_until: date
    kept_sequence: int
    updated_at: datetime
