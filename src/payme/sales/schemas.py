"""What sales takes and shows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.credit import CreditTerms, SaleOnAccount
from payme.http.fields import In, Money, MoneyOut, Note, Out, Quantity, QuantityOut, Reason
from payme.payments import PaymentMethod, PaymentOut
from payme.sales.models import Cancellation, CustomerTotals, DraftLine, Receipt, Sale, SaleDraft, SaleItem, SaleView
from payme.sales.types import LINES_MAX, SaleState

_PRODUCT = "019ac0de-0000-7000-8000-000000000001"
_CUSTOMER = "019ac0de-0000-7000-8000-000000000002"
DrawerId = Annotated[
    UUID | None,
    Field(description="The open cash drawer that the money is for; left out, yours, or the only one that is open."),
]


class SaleLineIn(In):
    """One line."""

    product_id: UUID
    quantity: Quantity
    unit_price: Money | None = Field(None, description="Only for roles that may sell at another price.")
    discount: Money = Field(Decimal("0.00"), description="Off the line, in KES; only for roles that may give it.")


class CreditIn(In):
    """How the rest of a sale goes on the customer's account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})
    due_on: date | None = Field(None, description="From tomorrow on; the account's terms where it is left out.")
    over_limit_reason: Note = Field("", description="Why more is sold than the limit allows; only for roles that may.")

    def to_terms(self) -> CreditTerms:
        """Return what the service takes."""
        return CreditTerms(self.due_on, self.over_limit_reason)


class CustomerCreditIn(In):
    """How much of what the shop owes the customer pays for a sale."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": "50.00"}]})
    amount: Annotated[Money, Field(gt=0)] | None = Field(
        None, description="As much as there is and is due, if left out."
    )


class SaleIn(In):
    """A sale as the till sends it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [{"product_id": _PRODUCT, "quantity": "2"}],
                    "cash_tendered": "500.00",
                }
            ]
        }
    )
    lines: Annotated[list[SaleLineIn], Field(min_length=1, max_length=LINES_MAX)]
    cash_tendered: Money | None = Field(
        None, description="What the customer handed over: the sale is paid in the same request, with change."
    )
    note: Note = ""
    customer_id: UUID | None = Field(
        None, description="Who buys; one that was merged is taken for the customer it is now."
    )
    drawer_id: DrawerId = None
    credit: CreditIn | None = Field(
        None, description="Put what is not paid in cash on the customer's account, in the same request."
    )

    def to_draft(self) -> SaleDraft:
        """Return the draft that the service takes."""
        lines = tuple(DraftLine(line.product_id, line.quantity, line.unit_price, line.discount) for line in self.lines)
        terms = None if self.credit is None else self.credit.to_terms()
        return SaleDraft(lines, self.cash_tendered, self.note, self.customer_id, self.drawer_id, terms)


class SaleCustomerIn(In):
    """Who buys."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"customer_id": _CUSTOMER}]})
    customer_id: UUID | None = Field(description="null takes the customer off the sale.")


class CustomerTotalsOut(Out):
    """What a customer bought so far."""

    sales: int = Field(description="How many sales were completed, and not voided or returned whole.")
    spent: MoneyOut = Field(description="The totals of these, less what came back.")
    last_at: datetime | None = Field(description="When the last of these was rung up.")
    open_sales: int = Field(description="How many are not paid yet.")

    @classmethod
    def of(cls, totals: CustomerTotals) -> Self:
        """Show totals."""
        return cls.model_validate(totals, from_attributes=True)


class CashIn(In):
    """Cash for an open sale."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tendered": "200.00"}]})
    tendered: Money = Field(description="What the customer handed over.")
    drawer_id: DrawerId = None


class MpesaIn(In):
    """A request to pay on the customer's phone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "0712345678"}]})
    phone: Annotated[str, Field(min_length=9, max_length=20, examples=["0712345678"])]
    amount: Money | None = Field(None, description="Whole shillings; the balance where it is left out.")


class CancelIn(In):
    """Why a sale is undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The customer changed her mind"}]})
    reason: Reason
    even_if_paying: bool = Field(
        default=False, description="Cancel although the customer is being asked to pay; money may still come."
    )
    drawer_id: DrawerId = None

    def to_cancellation(self) -> Cancellation:
        """Return what the service takes."""
        return Cancellation(self.reason, self.even_if_paying, self.drawer_id)


class SaleItemOut(Out):
    """One line of a sale."""

    line: int
    product_id: UUID
    product_name: str
    unit: str
    quantity: QuantityOut
    list_price: MoneyOut
    unit_price: MoneyOut
    discount: MoneyOut
    line_total: MoneyOut
    returned_quantity: QuantityOut = Field(description="How much of it came back.")
    returned_amount: MoneyOut = Field(description="What that was sold for.")

    @classmethod
    def of(cls, item: SaleItem) -> Self:
        """Show a line."""
        return cls.model_validate(item, from_attributes=True)


class SaleSummaryOut(Out):
    """A sale in a list."""

    id: UUID
    number: int
    state: SaleState
    total: MoneyOut
    paid: MoneyOut
    on_account: MoneyOut = Field(description="A debt of the customer, or paid with customer credit.")
    balance_due: MoneyOut
    returned: MoneyOut = Field(description="What goods that came back were sold for.")
    opened_by: UUID | None
    opened_at: datetime
    completed_at: datetime | None
    cancelled_at: datetime | None
    voided_at: datetime | None
    cancel_reason: str
    note: str
    business_day: date
    customer_id: UUID | None
    drawer_id: UUID | None

    @classmethod
    def of(cls, sale: Sale) -> Self:
        """Show a sale."""
        return cls.model_validate(sale, from_attributes=True)


class SaleOut(SaleSummaryOut):
    """A sale with its lines and payments."""

    change: MoneyOut = Field(description="Cash to give back to the customer, over all cash payments.")
    items: list[SaleItemOut]
    payments: list[PaymentOut]

    @classmethod
    def of_view(cls, view: SaleView) -> Self:
        """Show a sale."""
        return cls(
            **{name: getattr(view.sale, name) for name in SaleSummaryOut.model_fields},
            change=view.change,
            items=[SaleItemOut.of(item) for item in view.items],
            payments=[PaymentOut.of(payment) for payment in view.payments],
        )


class TenderOut(Out):
    """One way in which a receipt was paid."""

    method: PaymentMethod
    amount: MoneyOut
    tendered: MoneyOut | None = None
    change_given: MoneyOut | None = None
    mpesa_receipt: str | None = None


class OnAccountOut(Out):
    """What of a sale is on the customer's account."""

    customer_id: UUID
    customer_name: str | None
    credit_used: MoneyOut = Field(description="Paid with what the shop owed the customer.")
    debt: MoneyOut = Field(description="Sold on credit.")
    outstanding: MoneyOut = Field(description="What of it is still owed.")
    due_on: date | None
    owed_in_all: MoneyOut = Field(description="What the customer owes for everything, now.")

    @classmethod
    def of(cls, account: SaleOnAccount) -> Self:
        """Show what is on an account."""
        return cls.model_validate(account, from_attributes=True)


class ReceiptOut(Out):
    """What the customer gets."""

    shop: str
    shop_phone: str | None
    number: int
    at: datetime
    state: SaleState
    items: list[SaleItemOut]
    total: MoneyOut
    paid: MoneyOut
    on_account: MoneyOut
    balance_due: MoneyOut
    returned: MoneyOut
    tenders: list[TenderOut]
    account: OnAccountOut | None = Field(description="Where a part of the sale is on the customer's account.")

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Show a receipt."""
        sale = receipt.view.sale
        return cls(
            shop=receipt.shop.name,
            shop_phone=receipt.shop.phone,
            number=sale.number,
            at=sale.completed_at or sale.opened_at,
            state=sale.state,
            items=[SaleItemOut.of(item) for item in receipt.view.items],
            total=sale.total,
            paid=sale.paid,
            on_account=sale.on_account,
            balance_due=sale.balance_due,
            returned=sale.returned,
            account=OnAccountOut.of(receipt.account) if receipt.account else None,
            tenders=[
                *(TenderOut.model_validate(cash, from_attributes=True) for cash in receipt.cash),
                *(
                    TenderOut(method=PaymentMethod.MPESA, amount=part.amount, mpesa_receipt=part.receipt)
                    for part in receipt.mpesa
                ),
            ],
        )
