"""Reads of expenses."""

from datetime import date
from uuid import UUID

from payme.expenses.errors import ExpenseNotFound
from payme.expenses.models import Expense
from payme.expenses.types import Category, ExpensePurpose, PaidFrom
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def get_expense(tx: Tx, expense_id: UUID) -> Expense:
    """Return an expense; raises ExpenseNotFound."""
    found = await tx.row(
        Expense,
        """
        SELECT id, purpose, category, paid_from, amount, adjusted, what_for, paid_on, receipt, recorded_by, created_at,
               reversed_by, reversed_at, reversal_reason
          FROM expenses
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        expense_id,
    )
    if found is None:
        raise ExpenseNotFound(expense_id)
    return found


async def find_by_receipt(tx: Tx, receipt: str) -> UUID | None:
    """Return the standing expense that names a receipt; the caller guards the receipt."""
    found: UUID | None = await tx.value(
        "SELECT id FROM expenses WHERE business_id = $1 AND receipt = $2 AND reversed_at IS NULL",
        tx.business_id,
        receipt,
    )
    return found


async def list_expenses(
    tx: Tx,
    purpose: ExpensePurpose | None,
    category: Category | None,
    paid_from: PaidFrom | None,
    from_day: date | None,
    to_day: date | None,
    standing: bool | None,  # noqa: FBT001  a filter of the list, which the route names
    after: After | None,
    limit: int,
) -> list[Expense]:
    """Return expenses, the newest record first; ``from_day`` and ``to_day`` are of their payment, both included."""
    return await tx.rows(
        Expense,
        """
        SELECT id, purpose, category, paid_from, amount, adjusted, what_for, paid_on, receipt, recorded_by, created_at,
               reversed_by, reversed_at, reversal_reason
          FROM expenses
         WHERE business_id = $1
           AND ($2::text IS NULL OR purpose = $2)
           AND ($3::text IS NULL OR category = $3)
           AND ($4::text IS NULL OR paid_from = $4)
           AND ($5::date IS NULL OR paid_on >= $5)
           AND ($6::date IS NULL OR paid_on <= $6)
           AND ($7::boolean IS NULL OR (reversed_at IS NULL) = $7)
           AND ($8::timestamptz IS NULL OR (created_at, id) < ($8, $9::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $10
        """,
        tx.business_id,
        purpose,
        category,
        paid_from,
        from_day,
        to_day,
        standing,
        after and after.at,
        after and after.id,
        limit,
    )
