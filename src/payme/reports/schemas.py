"""What reports show."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from payme.credit import Debtor
from payme.http.fields import MoneyOut, Out, QuantityOut
from payme.kit.money import ZERO
from payme.reports import rules
from payme.reports.models import CashierSales, DaySales, ProductSales, ProductStock, Report, TokenDay

_Percent = Annotated[str | None, Field(examples=["23.4"], description="Null where nothing was sold for money.")]


class PeriodOut(Out):
    """A report for business days in Nairobi, both included."""

    from_day: date
    to_day: date


class SalesFiguresOut(Out):
    """What was sold, and how it was paid."""

    sales: int = Field(description="Sales completed.")
    revenue: MoneyOut
    cash: MoneyOut
    mpesa: MoneyOut
    on_account: MoneyOut = Field(description="Put on customers' accounts.")
    returns: int = Field(description="Documents by which goods came back.")
    returned: MoneyOut = Field(description="What they were sold for.")
    net: MoneyOut = Field(description="Revenue less what came back.")

    @classmethod
    def of_sales(cls, figures: DaySales) -> Self:
        """Show figures."""
        return cls.model_validate(figures, from_attributes=True)


class DaySalesOut(SalesFiguresOut):
    """What was sold on one day."""

    day: date


class SalesByDayOut(PeriodOut):
    """Sales by day; a day without sales has no row."""

    days: list[DaySalesOut]
    total: SalesFiguresOut

    @classmethod
    def of(cls, report: Report[list[DaySales]]) -> Self:
        """Show the report."""
        return cls(
            from_day=report.period.from_day,
            to_day=report.period.to_day,
            days=[DaySalesOut.of_sales(day) for day in report.figures],
            total=SalesFiguresOut.of_sales(rules.total_of(report.figures)),
        )


class TenderOut(Out):
    """What was paid in one way, and what goes back in it."""

    tender: str = Field(description="cash, mpesa or on_account")
    revenue: MoneyOut
    returned: MoneyOut
    net: MoneyOut


class SalesByTenderOut(PeriodOut):
    """Sales by how they were paid."""

    tenders: list[TenderOut]
    total: SalesFiguresOut

    @classmethod
    def of(cls, report: Report[list[DaySales]]) -> Self:
        """Show the report."""
        return cls(
            from_day=report.period.from_day,
            to_day=report.period.to_day,
            tenders=[TenderOut.model_validate(one, from_attributes=True) for one in rules.by_tender(report.figures)],
            total=SalesFiguresOut.of_sales(rules.total_of(report.figures)),
        )


class ProfitFiguresOut(Out):
    """What was earned with goods, net of what came back."""

    net: MoneyOut
    net_cost: MoneyOut = Field(description="What the goods cost, first in, first out.")
    gross_profit: MoneyOut
    margin_percent: _Percent

    @classmethod
    def of_sales(cls, figures: DaySales) -> Self:
        """Show figures."""
        return cls(
            **({"day": figures.day} if figures.day else {}),
            net=figures.net,
            net_cost=figures.net_cost,
            gross_profit=figures.gross_profit,
            margin_percent=_percent(figures),
        )


class DayProfitOut(ProfitFiguresOut):
    """What was earned on one day."""

    day: date


class GrossProfitOut(PeriodOut):
    """Gross profit by day; a day without sales has no row."""

    days: list[DayProfitOut]
    total: ProfitFiguresOut

    @classmethod
    def of(cls, report: Report[list[DaySales]]) -> Self:
        """Show the report."""
        return cls(
            from_day=report.period.from_day,
            to_day=report.period.to_day,
            days=[DayProfitOut.of_sales(day) for day in report.figures],
            total=ProfitFiguresOut.of_sales(rules.total_of(report.figures)),
        )


class ProductSalesOut(Out):
    """What was sold of a product, and what came back of it."""

    product_id: UUID
    name: str
    sku: str | None
    unit: str
    quantity: QuantityOut
    revenue: MoneyOut
    returned_quantity: QuantityOut
    returned: MoneyOut
    net: MoneyOut
    net_cost: MoneyOut
    gross_profit: MoneyOut


class SalesByProductOut(PeriodOut):
    """Sales by product, the highest net revenue first."""

    products: list[ProductSalesOut]
    products_sold: int = Field(description="How many products were sold, also those beyond the list.")
    net: MoneyOut
    net_cost: MoneyOut
    gross_profit: MoneyOut

    @classmethod
    def of(cls, report: Report[list[ProductSales]]) -> Self:
        """Show the report."""
        first = report.figures[0] if report.figures else None
        net, net_cost = (first.all_net, first.all_net_cost) if first else (ZERO, ZERO)
        return cls(
            from_day=report.period.from_day,
            to_day=report.period.to_day,
            products=[ProductSalesOut.model_validate(one, from_attributes=True) for one in report.figures],
            products_sold=first.all_products if first else 0,
            net=net,
            net_cost=net_cost,
            gross_profit=net - net_cost,
        )


class CashierSalesOut(Out):
    """What a person rang up, and what they took back, also of sales that others rang up."""

    user_id: UUID = Field(description="All zeros for what no person rang up.")
    name: str
    sales: int
    revenue: MoneyOut
    returns: int
    returned: MoneyOut
    net: MoneyOut


class SalesByCashierOut(PeriodOut):
    """Sales by who rang them up, the highest revenue first."""

    cashiers: list[CashierSalesOut]

    @classmethod
    def of(cls, report: Report[list[CashierSales]]) -> Self:
        """Show the report."""
        return cls(
            from_day=report.period.from_day,
            to_day=report.period.to_day,
            cashiers=[
                CashierSalesOut(
                    user_id=one.user_id,
                    name=rules.cashier_name(one),
                    sales=one.sales,
                    revenue=one.revenue,
                    returns=one.returns,
                    returned=one.returned,
                    net=one.net,
                )
                for one in report.figures
            ],
        )


class ProductStockOut(Out):
    """What is on the shelf of a product."""

    product_id: UUID
    name: str
    sku: str | None
    unit: str
    quantity: QuantityOut
    value: MoneyOut = Field(description="At what each delivery cost.")
    selling_value: MoneyOut = Field(description="At the selling price of today.")


class StockValueOut(Out):
    """What is on the shelf now, the highest value first."""

    products: list[ProductStockOut]
    products_in_stock: int = Field(description="How many products are in stock, also those beyond the list.")
    value: MoneyOut
    selling_value: MoneyOut

    @classmethod
    def of(cls, report: Report[list[ProductStock]]) -> Self:
        """Show the report."""
        first = report.figures[0] if report.figures else None
        return cls(
            products=[ProductStockOut.model_validate(one, from_attributes=True) for one in report.figures],
            products_in_stock=first.all_products if first else 0,
            value=first.all_value if first else ZERO,
            selling_value=first.all_selling_value if first else ZERO,
        )


class DebtorOut(Out):
    """What somebody owes, by how long it is overdue."""

    customer_id: UUID
    name: str | None = Field(description="Null of somebody who was forgotten.")
    phone: str | None
    balance_due: MoneyOut
    current: MoneyOut = Field(description="Not due yet.")
    days_1_30: MoneyOut
    days_31_60: MoneyOut
    days_61_90: MoneyOut
    over_90: MoneyOut
    oldest_due_on: date


class DebtsOut(Out):
    """Who owes now, the most first."""

    debtors: list[DebtorOut]
    debtors_in_all: int = Field(description="How many owe, also those beyond the list.")
    owed_in_all: MoneyOut

    @classmethod
    def of(cls, report: Report[list[Debtor]]) -> Self:
        """Show the report."""
        first = report.figures[0] if report.figures else None
        return cls(
            debtors=[DebtorOut.model_validate(one, from_attributes=True) for one in report.figures],
            debtors_in_all=(first.debtors if first else None) or 0,
            owed_in_all=(first.owed_in_all if first else None) or ZERO,
        )


class TokenDayOut(Out):
    """Tokens of one day."""

    day: date
    granted: int
    bought: int
    reserved: int = Field(description="Sales rung up.")
    charged: int = Field(description="Sales completed.")
    refunded: int = Field(description="Sales cancelled or voided.")
    owed: int = Field(description="Used before they were bought, less what a purchase settled.")


class TokensOut(PeriodOut):
    """Tokens by day; a day without any has no row. ``…_now`` are of this moment."""

    balance_now: int
    owed_now: int
    reserved_now: int = Field(description="Set aside for sales that are open now.")
    days: list[TokenDayOut]

    @classmethod
    def of(cls, report: Report[list[TokenDay]]) -> Self:
        """Show the report."""
        now = report.figures[0]
        return cls(
            from_day=report.period.from_day,
            to_day=report.period.to_day,
            balance_now=now.balance_now,
            owed_now=now.owed_now,
            reserved_now=now.reserved_now,
            days=[TokenDayOut.model_validate(one, from_attributes=True) for one in report.figures if one.day],
        )


def _percent(figures: DaySales) -> str | None:
    margin = rules.margin_percent(figures)
    return None if margin is None else str(margin)
