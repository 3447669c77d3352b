"""Routes of money that came in; claiming it is settlement's."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.http.errors import InvalidCursor
from payme.http.fields import Money
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.paging import After
from payme.money import queries
from payme.money.errors import MoneyNotFound
from payme.money.schemas import ClaimOut, MoneyInOut, UnclaimedOut
from payme.money.types import ClaimState

money_in = APIRouter(tags=["payments"])
unclaimed = APIRouter(tags=["payments"])
claims = APIRouter(tags=["payments"])
Reading = Annotated[Transact, needs("payments.read")]


@money_in.get("", response_model=Page[MoneyInOut], responses=problems(InvalidCursor))
async def list_money_in(transact: Reading, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List M-Pesa receipts, newest first."""
    return await transact(
        queries.list_money_in,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, MoneyInOut.of, lambda row: After(row.created_at, row.id)),
    )


@money_in.get("/{money_in_id}", response_model=MoneyInOut, responses=problems(MoneyNotFound))
async def get_money_in(money_in_id: UUID, transact: Reading) -> Response:
    """Show one M-Pesa receipt."""
    return await transact(queries.get_money_in, money_in_id, reply=MoneyInOut.of)


@unclaimed.get("", response_model=Page[UnclaimedOut], responses=problems(InvalidCursor))
async def list_unclaimed(
    transact: Reading,
    amount: Annotated[Money | None, Query(description="Only what waits with exactly this amount.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List money that came and waits for a purpose, newest first: a cashier claims it for an open sale."""
    return await transact(
        queries.list_unclaimed,
        amount,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, UnclaimedOut.of, lambda row: After(row.since, row.id)),
    )


@claims.get("", response_model=Page[ClaimOut], responses=problems(InvalidCursor))
async def list_claims(
    transact: Reading,
    sale_id: UUID | None = None,
    state: Annotated[ClaimState | None, Query(description="Only claims in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what is said to be paid, newest first; `unverified` ones are no money yet."""
    return await transact(
        queries.list_claims,
        sale_id,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, ClaimOut.of, lambda row: After(row.created_at, row.id)),
    )
