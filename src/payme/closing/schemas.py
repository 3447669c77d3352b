"""What closing shows."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from payme.closing.models import Unsettled
from payme.http.fields import MoneyOut, Out


class UnsettledSaleOut(Out):
    """An open sale of the drawer."""

    sale_id: UUID
    number: int
    total: MoneyOut
    balance_due: MoneyOut
    opened_at: datetime
    payment_id: UUID | None = Field(description="The prompt that the customer has right now; null where there is none.")
    asked: MoneyOut | None
    deadline_at: datetime | None


class UnsettledOut(Out):
    """What is still on its way, and what becomes of it."""

    items: list[UnsettledSaleOut] = Field(description="200 at most; first those that are being paid.")
    being_paid: int
    then: str = Field(
        default="You may count now. Cash for these sales goes into the drawer that is open then; M-PESA that comes "
        "after the count is booked for its sale, counts on no drawer, and is listed for its day."
    )

    @classmethod
    def of(cls, found: list[Unsettled]) -> Self:
        """Show what is on its way."""
        return cls(
            items=[UnsettledSaleOut.model_validate(one, from_attributes=True) for one in found],
            being_paid=sum(one.payment_id is not None for one in found),
        )
