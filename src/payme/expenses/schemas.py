"""What expenses take and show."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.expenses.models import Expense, ExpenseDraft
from payme.expenses.types import AMOUNT_MAX, Category, ExpensePurpose, PaidFrom
from payme.http.fields import In, Money, MoneyOut, Out, Reason

Receipt = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9]{6,20}$")]


class ExpenseIn(In):
    """What was paid, otherwise than from a drawer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "expense",
                    "category": "rent",
                    "paid_from": "mpesa",
                    "amount": "15000.00",
                    "what_for": "Rent of November",
                    "paid_on": "2026-11-02",
                    "receipt": "UKB7A1C2D3",
                }
            ]
        }
    )
    purpose: ExpensePurpose = Field(
        ExpensePurpose.EXPENSE,
        description="`expense`: it is spent; `supplier`: for goods that were delivered; `owner`: the owner took it; "
        "`bank`: it went to the shop's bank.",
    )
    category: Category | None = Field(None, description="On what it was spent; for `expense` and nothing else.")
    paid_from: PaidFrom = Field(
        description="`mpesa`: the shop's own paybill or till; `bank`; `owner`: the owner's pocket or phone. Cash from "
        "a drawer is taken out of the drawer instead, and `cash` is refused here."
    )
    amount: Annotated[Money, Field(gt=0, le=AMOUNT_MAX)]
    what_for: Reason
    paid_on: date = Field(description="The day it was paid; the books count it when it is recorded.")
    receipt: Receipt | None = Field(None, description="The M-PESA receipt, where there is one.")

    def to_draft(self) -> ExpenseDraft:
        """Return what was paid."""
        return ExpenseDraft(
            self.purpose, self.category, self.paid_from, self.amount, self.what_for, self.paid_on, self.receipt
        )


class ReversalIn(In):
    """Why an expense is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Recorded twice"}]})
    reason: Reason


class ExpenseOut(Out):
    """An expense."""

    id: UUID
    purpose: ExpensePurpose
    category: Category | None
    paid_from: PaidFrom
    amount: MoneyOut
    adjusted: MoneyOut = Field(
        description="What of it M-PESA's statement had taken out of the M-Pesa account before, by an adjusting entry."
    )
    what_for: str
    paid_on: date
    receipt: str | None
    recorded_by: UUID
    created_at: datetime
    reversed_by: UUID | None
    reversed_at: datetime | None = Field(description="Null while it stands.")
    reversal_reason: str

    @classmethod
    def of(cls, expense: Expense) -> Self:
        """Show an expense."""
        return cls.model_validate(expense, from_attributes=True)
