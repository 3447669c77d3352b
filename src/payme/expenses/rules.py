"""Pure decisions of expenses."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from payme.expenses.errors import (
    CategoryUnfit,
    ExpenseAmountWrong,
    ExpenseDayWrong,
    ExpenseFromDrawer,
    ExpenseLeftTill,
    ExpenseReversedAlready,
    PaidToItself,
)
from payme.expenses.models import Expense, ExpenseDraft
from payme.expenses.types import DAYS_MAX, ExpensePurpose, PaidFrom
from payme.kit.money import ZERO
from payme.statements import Outgoing


def check(draft: ExpenseDraft, today: date) -> None:
    """Refuse what makes no sense by itself.

    Raises ExpenseFromDrawer, CategoryUnfit, PaidToItself, ExpenseDayWrong.
    """
    if draft.paid_from is PaidFrom.CASH:
        raise ExpenseFromDrawer
    if (draft.purpose is ExpensePurpose.EXPENSE) != (draft.category is not None):
        raise CategoryUnfit(draft.purpose, draft.category)
    if draft.purpose.value == draft.paid_from.value:
        raise PaidToItself(draft.paid_from)
    earliest = today - timedelta(DAYS_MAX)
    if not earliest <= draft.paid_on <= today:
        raise ExpenseDayWrong(draft.paid_on, earliest, today)


def adjusted_of(draft: ExpenseDraft, outgoing: Outgoing | None) -> Decimal:
    """Return what of an expense adjusting entries to the statement have taken out of M-Pesa already.

    Raises ExpenseLeftTill, ExpenseAmountWrong.
    """
    if outgoing is None:
        return ZERO
    if draft.paid_from is not PaidFrom.MPESA:
        raise ExpenseLeftTill(outgoing.receipt, outgoing.shortcode)
    if draft.amount != outgoing.amount:
        raise ExpenseAmountWrong(outgoing.receipt, draft.amount, outgoing.amount)
    return min(max(outgoing.adjusted, ZERO), draft.amount)


def recorded(draft: ExpenseDraft, *, adjusted: Decimal, expense_id: UUID, recorded_by: UUID, at: datetime) -> Expense:
    """Return an expense as it is written down."""
    return Expense(
        id=expense_id,
        purpose=draft.purpose,
        category=draft.category,
        paid_from=draft.paid_from,
        amount=draft.amount,
        adjusted=adjusted,
        what_for=draft.what_for,
        paid_on=draft.paid_on,
        receipt=draft.receipt,
        recorded_by=recorded_by,
        created_at=at,
        reversed_by=None,
        reversed_at=None,
        reversal_reason="",
    )


def check_standing(expense: Expense) -> None:
    """Raise ExpenseReversedAlready where an expense was taken back."""
    if expense.reversed_at is not None:
        raise ExpenseReversedAlready(expense.id, expense.reversed_at)
