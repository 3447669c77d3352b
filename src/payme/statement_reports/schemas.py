"""What reports about statements show."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from payme.http.fields import MoneyOut, Out
from payme.statement_reports.models import Reconciliation
from payme.statements import Fix, Reason


class SumOut(Out):
    """So many movements, and what they come to."""

    count: int
    amount: MoneyOut


class SumsOut(Out):
    """What was added up, statement and books each by itself."""

    paid_in: SumOut = Field(description="Payments, per statement.")
    booked: SumOut = Field(description="Payments, per our books.")
    given_back: SumOut = Field(description="Reversals, per statement.")
    refunded: SumOut = Field(description="Of them, what the books have as a refund.")
    fees: SumOut = Field(description="What M-PESA took, per statement.")
    fees_booked: SumOut
    others: SumOut = Field(description="Whatever else moved; below nothing where more left than came.")
    others_booked: SumOut = Field(description="Of it, what adjusting entries, expenses and refunds say.")


class PartOut(Out):
    """What of the distance between statement and books stands for one reason."""

    name: str = Field(description="The reason of a difference, or why there need be none.")
    count: int
    amount: MoneyOut


class SpanOut(Out):
    """A time, the end not included."""

    start: datetime
    end: datetime


class FindingOut(Out):
    """A difference."""

    reason: Reason
    fix: Fix
    receipt: str
    amount: MoneyOut
    at: datetime
    line_id: UUID | None
    money_in_id: UUID | None
    payment_id: UUID | None
    callback_id: UUID | None


class ReconciliationOut(Out):
    """A statement and the books of a period, and everything between them."""

    shortcode: str
    first_day: date
    last_day: date
    agrees: bool = Field(description="Nothing is left to put right.")
    covered: list[SpanOut] = Field(description="For which of it statements were brought.")
    sums: SumsOut
    parts: list[PartOut] = Field(description="Paid in per statement, less per our books, is the sum of these.")
    rest: MoneyOut = Field(description="What nothing explains: 0.00.")
    differences: list[FindingOut]

    @classmethod
    def of(cls, found: Reconciliation) -> Self:
        """Show a reconciliation."""
        return cls.model_validate(found, from_attributes=True)
