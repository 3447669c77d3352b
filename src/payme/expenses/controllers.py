"""Routes of expenses."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.expenses import queries, services
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
from payme.expenses.schemas import ExpenseIn, ExpenseOut, ReversalIn
from payme.expenses.types import Category, ExpensePurpose, PaidFrom
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.paging import After

router = APIRouter(tags=["expenses"])
Reading = Annotated[Transact, needs("expenses.read")]
Recording = Annotated[Transact, needs("expenses.record")]


@router.post(
    "",
    status_code=201,
    response_model=ExpenseOut,
    responses=problems(
        ExpenseFromDrawer,
        CategoryUnfit,
        PaidToItself,
        ExpenseDayWrong,
        ExpenseReceiptTaken,
        ExpenseLeftTill,
        ExpenseAmountWrong,
    ),
)
async def record_expense(transact: Recording, body: ExpenseIn, key: IdempotencyKey) -> Response:
    """Record what was paid by M-Pesa, from the bank or from the owner's pocket; cash is taken out of its drawer."""
    return await transact(services.record_expense, body.to_draft(), reply=ExpenseOut.of, once=key, status=201)


@router.get("", response_model=Page[ExpenseOut], responses=problems(InvalidCursor))
async def list_expenses(
    transact: Reading,
    purpose: Annotated[ExpensePurpose | None, Query(description="Only for this.")] = None,
    category: Annotated[Category | None, Query(description="Only what was spent on this.")] = None,
    paid_from: Annotated[PaidFrom | None, Query(description="Only what was paid from there.")] = None,
    from_day: Annotated[date | None, Query(description="Only what was paid on this day or later.")] = None,
    to_day: Annotated[date | None, Query(description="Only what was paid on this day or before.")] = None,
    standing: Annotated[bool | None, Query(description="Only what stands, or only what was reversed.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List expenses, the newest record first."""
    return await transact(
        queries.list_expenses,
        purpose,
        category,
        paid_from,
        from_day,
        to_day,
        standing,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, ExpenseOut.of, lambda row: After(row.created_at, row.id)),
    )


@router.get("/{expense_id}", response_model=ExpenseOut, responses=problems(ExpenseNotFound))
async def get_expense(expense_id: UUID, transact: Reading) -> Response:
    """Show an expense."""
    return await transact(queries.get_expense, expense_id, reply=ExpenseOut.of)


@router.post(
    "/{expense_id}/reversal",
    response_model=ExpenseOut,
    responses=problems(ExpenseNotFound, ExpenseReversedAlready),
)
async def reverse_expense(expense_id: UUID, body: ReversalIn, transact: Recording, key: IdempotencyKey) -> Response:
    """Take an expense back whole, because it was wrong or was not paid; what is right is recorded anew."""
    return await transact(services.reverse_expense, expense_id, body.reason, reply=ExpenseOut.of, once=key)
