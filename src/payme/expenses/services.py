"""Commands of expenses: write down what was paid otherwise than from a drawer, and take it back."""

from dataclasses import replace
from uuid import UUID

from payme import money, refunds, statements
from payme.expenses import queries, repository, rules
from payme.expenses.errors import ExpenseReceiptTaken
from payme.expenses.events import ExpenseRecorded, ExpenseReversed
from payme.expenses.models import Expense, ExpenseDraft
from payme.expenses.types import PaidFrom
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.statements import Outgoing


async def record_expense(tx: Tx, draft: ExpenseDraft) -> Expense:
    """Write down what was paid. What M-PESA's statement tells of its receipt is compared at once.

    Locks: STATEMENT, RECEIPT. Raises: ExpenseFromDrawer, CategoryUnfit, PaidToItself, ExpenseDayWrong,
    ExpenseReceiptTaken, ExpenseLeftTill, ExpenseAmountWrong. Emits: ExpenseRecorded, and what comparing emits.
    """
    rules.check(draft, business_day(tx.now))
    held, adjusted = None, ZERO
    if draft.receipt is not None:
        held = await statements.hold_outgoing(tx, draft.receipt)
        await money.guard_receipt(tx, draft.receipt)
        await _check_new(tx, draft.receipt)
        adjusted = rules.adjusted_of(draft, await statements.find_outgoing(tx, draft.receipt))
    expense = rules.recorded(
        draft, adjusted=adjusted, expense_id=tx.new_id(), recorded_by=tx.actor.person_id, at=tx.now
    )
    repository.insert_expense(tx, expense)
    tx.emit(
        ExpenseRecorded(
            expense.id,
            expense.purpose,
            expense.category,
            expense.paid_from,
            expense.amount,
            expense.adjusted,
            expense.what_for,
            expense.paid_on,
            expense.receipt,
        )
    )
    await _compare(tx, held)
    return expense


async def reverse_expense(tx: Tx, expense_id: UUID, reason: str) -> Expense:
    """Take an expense back whole, because it was wrong or was not paid; it stays in the books with its reason.

    Locks: STATEMENT, EXPENSE. Raises: ExpenseNotFound, ExpenseReversedAlready. Emits: ExpenseReversed, and what
    comparing with M-PESA's statement emits.
    """
    found = await queries.get_expense(tx, expense_id)
    held = None
    if found.receipt is not None and found.paid_from is PaidFrom.MPESA:
        held = await statements.hold_outgoing(tx, found.receipt)
    expense = await repository.lock_expense(tx, expense_id)
    rules.check_standing(expense)
    after = replace(expense, reversed_by=tx.actor.person_id, reversed_at=tx.now, reversal_reason=reason)
    repository.reverse_expense(tx, after)
    tx.emit(ExpenseReversed(expense_id, expense.amount, reason))
    await _compare(tx, held)
    return after


async def _check_new(tx: Tx, receipt: str) -> None:
    taken_by = await queries.find_by_receipt(tx, receipt)
    if (
        taken_by is not None
        or await refunds.is_paid_out(tx, receipt)
        or await money.find_by_receipt(tx, receipt) is not None
    ):
        raise ExpenseReceiptTaken(receipt, taken_by)


async def _compare(tx: Tx, held: Outgoing | None) -> None:
    """Hold the statement's line against the books again: an expense may explain it, or no more."""
    if held is not None:
        await tx.flush()  # what is compared is read through a view, which does not name the table that was written
        await statements.compare_held(tx, held.shortcode, held.span)
