"""The SQL that expenses write."""

from uuid import UUID

from payme.expenses.models import Expense
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx


async def lock_expense(tx: Tx, expense_id: UUID) -> Expense:
    """Return an expense that is there, ours until the transaction ends; none is ever deleted."""
    [found] = await tx.lock(
        Expense,
        LockRank.EXPENSE,
        """
        SELECT id, purpose, category, paid_from, amount, adjusted, what_for, paid_on, receipt, recorded_by, created_at,
               reversed_by, reversed_at, reversal_reason
          FROM expenses
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        expense_id,
    )
    return found


def insert_expense(tx: Tx, expense: Expense) -> None:
    """Write an expense."""
    tx.write(
        """
        INSERT INTO expenses (business_id, id, purpose, category, paid_from, amount, adjusted, what_for, paid_on,
                              receipt, recorded_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        tx.business_id,
        expense.id,
        expense.purpose,
        expense.category,
        expense.paid_from,
        expense.amount,
        expense.adjusted,
        expense.what_for,
        expense.paid_on,
        expense.receipt,
        expense.recorded_by,
        expense.created_at,
    )


def reverse_expense(tx: Tx, expense: Expense) -> None:
    """Write by whom, when and why an expense was taken back."""
    tx.write(
        """
        UPDATE expenses SET reversed_by = $3, reversed_at = $4, reversal_reason = $5
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        expense.id,
        expense.reversed_by,
        expense.reversed_at,
        expense.reversal_reason,
    )
