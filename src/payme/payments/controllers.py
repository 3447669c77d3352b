"""Routes of payments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.paging import After
from payme.payments import queries
from payme.payments.errors import PaymentNotFound
from payme.payments.schemas import MoneyInOut, PaymentOut
from payme.payments.types import PaymentState

payments = APIRouter(tags=["payments"])
money_in = APIRouter(tags=["payments"])
Reading = Annotated[Transact, needs("payments.read")]


@payments.get("", response_model=Page[PaymentOut], responses=problems(InvalidCursor))
async def list_payments(
    transact: Reading,
    sale_id: UUID | None = None,
    state: PaymentState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List attempts to collect, newest first."""
    return await transact(
        queries.list_payments,
        sale_id,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, PaymentOut.of, lambda row: After(row.created_at, row.id)),
    )


@payments.get("/{payment_id}", response_model=PaymentOut, responses=problems(PaymentNotFound))
async def get_payment(transact: Reading, payment_id: UUID) -> Response:
    """Read one attempt to collect: poll it while the customer has the prompt."""
    return await transact(queries.get_payment, payment_id, reply=PaymentOut.of)


@money_in.get("", response_model=Page[MoneyInOut], responses=problems(InvalidCursor))
async def list_money_in(transact: Reading, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List M-Pesa receipts, newest first."""
    return await transact(
        queries.list_money_in,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, MoneyInOut.of, lambda row: After(row.created_at, row.id)),
    )
