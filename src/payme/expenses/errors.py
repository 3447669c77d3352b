"""What is refused about expenses."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class ExpenseNotFound(NotFound):
    """No such expense in this business."""

    code = "expense_not_found"
    title = "There is no such expense."
    advice = "Read the list of expenses again."
    expense_id: UUID


@dataclass(eq=False)
class ExpenseFromDrawer(Invalid):
    """Cash of a drawer is written down by the drawer, and would count twice."""

    code = "expense_from_drawer"
    title = "Cash from a drawer is not recorded as an expense here."
    advice = "Take it out of the drawer instead (cash out), and say there what it was for; the books have it then."


@dataclass(eq=False)
class CategoryUnfit(Invalid):
    """An expense has a category, and what is none has none."""

    code = "category_unfit"
    title = "The category does not fit the purpose."
    advice = "Name a category where the money was spent (purpose expense), and none for supplier, owner or bank."
    purpose: str
    category: str | None


@dataclass(eq=False)
class PaidToItself(Invalid):
    """Money of the owner that the owner gets, or of the bank that goes to the bank, moved nowhere."""

    code = "paid_to_itself"
    title = "The money would go to where it came from."
    advice = "Say where it was before, and where it went: these are not the same."
    paid_from: str


@dataclass(eq=False)
class ExpenseDayWrong(Invalid):
    """It was not paid tomorrow, nor years ago."""

    code = "expense_day_wrong"
    title = "An expense cannot have been paid on this day."
    advice = "Give the day on which it was paid: today at the latest, and not longer ago than the first day named here."
    paid_on: date
    earliest: date
    latest: date


@dataclass(eq=False)
class ExpenseReceiptTaken(Conflict):
    """The receipt stands for something else: another expense, money that came, or money that went back."""

    code = "expense_receipt_taken"
    title = "This M-PESA receipt is in the books already."
    advice = "Look at the message again; a receipt pays once. An expense that was wrong is reversed first."
    receipt: str
    expense_id: UUID | None


@dataclass(eq=False)
class ExpenseLeftTill(Conflict):
    """M-PESA's statement says that it was paid from the shop's own paybill or till."""

    code = "expense_left_till"
    title = "By M-PESA's statement this left the shop's own paybill or till."
    advice = "Record it as paid from M-Pesa."
    receipt: str
    shortcode: str


@dataclass(eq=False)
class ExpenseAmountWrong(Conflict):
    """M-PESA's statement says another amount under the receipt."""

    code = "expense_amount_wrong"
    title = "By M-PESA's statement another amount was paid under this receipt."
    advice = "Record the amount that the statement shows; M-PESA's charge is booked by itself, with the fees."
    receipt: str
    wanted: Decimal
    paid: Decimal


@dataclass(eq=False)
class ExpenseReversedAlready(Conflict):
    """It is reversed once and for ever."""

    code = "expense_reversed_already"
    title = "This expense was reversed already."
    advice = "Read it again; somebody else was quicker. What was paid after all is recorded anew."
    expense_id: UUID
    reversed_at: datetime
