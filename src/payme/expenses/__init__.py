"""Expenses: what a shop pays by M-Pesa, from the bank or from the owner's pocket."""

from payme.expenses.errors import (
    CategoryUnfit,
    ExpenseAmountWrong,
    ExpenseDayWrong,
    ExpenseFromDrawer,
    ExpenseLeftTill,
    ExpenseNotFound,
    ExpenseReceiptTaken,
    ExpenseReversedAlready,
    PaidToItself,
)
from payme.expenses.events import ExpenseRecorded, ExpenseReversed
from payme.expenses.models import Expense, ExpenseDraft
from payme.expenses.queries import get_expense, list_expenses
from payme.expenses.services import record_expense, reverse_expense
from payme.expenses.types import AMOUNT_MAX, DAYS_MAX, Category, ExpensePurpose, PaidFrom

__all__ = [
    "AMOUNT_MAX",
    "DAYS_MAX",
    "Category",
    "CategoryUnfit",
    "Expense",
    "ExpenseAmountWrong",
    "ExpenseDayWrong",
    "ExpenseDraft",
    "ExpenseFromDrawer",
    "ExpenseLeftTill",
    "ExpenseNotFound",
    "ExpensePurpose",
    "ExpenseReceiptTaken",
    "ExpenseRecorded",
    "ExpenseReversed",
    "ExpenseReversedAlready",
    "PaidFrom",
    "PaidToItself",
    "get_expense",
    "list_expenses",
    "record_expense",
    "reverse_expense",
]
