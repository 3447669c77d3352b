"""What returns take and show."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from payme.http.fields import In, Money, MoneyOut, Note, Out, Quantity, QuantityOut, Reason
from payme.returns.models import Approval, MoneyBack, ReturnReceipt, ReturnView, VoidLimit, VoidView
from payme.returns.types import VoidState, Way
from payme.sales import LINES_MAX, Cancellation, Condition, ReturnedLine, SaleState, WantedBack

DrawerId = Annotated[
    UUID | None,
    Field(description="The drawer that cash comes out of; yours, the sale's or the only open one if left out."),
]


class ReturnLineIn(In):
    """What comes back of one line."""

    line: Annotated[int, Field(ge=1, le=LINES_MAX, description="The number of the line on the receipt.")]
    quantity: Quantity
    condition: Condition = Field(description="Back on the shelf, or written off.")
    reason: Reason

    def to_wanted(self) -> WantedBack:
        """Return what the service takes."""
        return WantedBack(self.line, self.quantity, self.condition, self.reason)


class ReturnIn(In):
    """Goods that a customer brings back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"lines": [{"line": 1, "quantity": "1", "condition": "restock", "reason": "Wrong size"}]}]
        }
    )
    lines: Annotated[list[ReturnLineIn], Field(min_length=1, max_length=2 * LINES_MAX)]
    drawer_id: DrawerId = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if len({(one.line, one.condition) for one in self.lines}) < len(self.lines):
            raise ValueError("give each line once for what is restocked, and once for what is spoiled")
        return self

    def to_wanted(self) -> list[WantedBack]:
        """Return what the service takes."""
        return [line.to_wanted() for line in self.lines]


class MoneyBackOut(Out):
    """How a part of the money goes back."""

    way: Way = Field(
        description="`debt`: off what the customer owes for this sale. `customer_credit`: to the customer's account. "
        "`mpesa`: a refund was asked for, and somebody else must approve it. `cash`: hand it over now."
    )
    amount: MoneyOut
    refund_id: UUID | None = Field(description="The refund that was asked for.")
    receipt: str | None = Field(description="The M-PESA receipt that paid.")

    @classmethod
    def of(cls, part: MoneyBack) -> Self:
        """Show a part."""
        return cls.model_validate(part, from_attributes=True)


class ReturnedLineOut(Out):
    """One line of a return."""

    line: int
    product_id: UUID
    product_name: str
    unit: str
    quantity: QuantityOut
    unit_price: MoneyOut
    amount: MoneyOut = Field(description="What it was sold for, its part of the line's discount taken off.")
    condition: Condition
    reason: str

    @classmethod
    def of(cls, line: ReturnedLine) -> Self:
        """Show a line."""
        return cls.model_validate(line, from_attributes=True)


class ReturnOut(Out):
    """Goods that came back, and what goes back how."""

    id: UUID
    number: int
    sale_id: UUID
    sale_number: int
    sale_state: SaleState
    total: MoneyOut
    lines: list[ReturnedLineOut]
    money_back: list[MoneyBackOut]
    business_day: date
    returned_by: UUID
    created_at: datetime

    @classmethod
    def of(cls, view: ReturnView) -> Self:
        """Show a return."""
        document = view.document
        return cls(
            id=document.id,
            number=document.number,
            sale_id=document.sale_id,
            sale_number=document.sale_number,
            sale_state=SaleState(document.sale_state),
            total=document.total,
            lines=[ReturnedLineOut.of(line) for line in view.lines],
            money_back=[MoneyBackOut.of(part) for part in view.money_back],
            business_day=document.business_day,
            returned_by=document.returned_by,
            created_at=document.created_at,
        )


class ReturnReceiptOut(ReturnOut):
    """What the customer gets for a return."""

    shop: str
    shop_phone: str | None

    @classmethod
    def of_receipt(cls, receipt: ReturnReceipt) -> Self:
        """Show a receipt."""
        shown = ReturnOut.of(receipt.view)
        return cls(**dict(shown), shop=receipt.shop.name, shop_phone=receipt.shop.phone)


class VoidIn(In):
    """Why a completed sale is undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Rung up twice"}]})
    reason: Reason
    even_if_paying: bool = Field(
        default=False, description="Void although the customer is being asked to pay; money may still come."
    )
    drawer_id: DrawerId = None

    def to_cancellation(self) -> Cancellation:
        """Return what the service takes."""
        return Cancellation(self.reason, self.even_if_paying, self.drawer_id)


class VoidApprovalIn(In):
    """Somebody else agrees."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "I saw the receipt"}]})
    note: Note = ""
    even_if_paying: bool = Field(
        default=False, description="Void although the customer is being asked to pay; money may still come."
    )
    drawer_id: DrawerId = None

    def to_approval(self) -> Approval:
        """Return what the service takes."""
        return Approval(self.note, self.even_if_paying, self.drawer_id)


class VoidReasonIn(In):
    """Why a sale is not voided."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The customer has the goods"}]})
    reason: Reason


class VoidOut(Out):
    """A void: done, or waiting for somebody else."""

    id: UUID
    sale_id: UUID
    sale_number: int
    state: VoidState = Field(description="`requested`: nothing is undone yet, somebody else must approve it.")
    reason: str
    total: MoneyOut
    two_people: bool = Field(description="The total is above what one person may void alone.")
    note: str
    requested_by: UUID
    decided_by: UUID | None
    money_back: list[MoneyBackOut]
    business_day: date
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: VoidView) -> Self:
        """Show a void."""
        document = view.document
        return cls(
            id=document.id,
            sale_id=document.sale_id,
            sale_number=document.sale_number,
            state=document.state,
            reason=document.reason,
            total=document.total,
            two_people=document.two_people,
            note=document.note,
            requested_by=document.requested_by,
            decided_by=document.decided_by,
            money_back=[MoneyBackOut.of(part) for part in view.money_back],
            business_day=document.business_day,
            created_at=document.created_at,
            updated_at=document.updated_at,
        )


class VoidLimitIn(In):
    """Up to which total one person may void a sale alone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": "2000.00"}]})
    amount: Money = Field(description="KES; 0 always asks for two people.")


class VoidLimitOut(Out):
    """Up to which total one person may void a sale alone."""

    amount: MoneyOut

    @classmethod
    def of(cls, limit: VoidLimit) -> Self:
        """Show the limit."""
        return cls(amount=limit.amount)
