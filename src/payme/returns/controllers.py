"""Routes of returns and voids."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from payme.drawers import DrawerNeeded, DrawerNotOpen, DrawerUnclear
from payme.http.errors import IdempotencyKeyMissing, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.errors import KeyInProgress, KeyReused
from payme.kit.paging import After
from payme.returns import queries, rules, services
from payme.returns.errors import (
    NotYourVoid,
    OwnVoid,
    ReturnNotFound,
    SaleNotVoidable,
    VoidAsked,
    VoidNotFound,
    VoidNotMovable,
    VoidTooLate,
)
from payme.returns.queries import ReturnFilter
from payme.returns.schemas import (
    ReturnIn,
    ReturnOut,
    ReturnReceiptOut,
    VoidApprovalIn,
    VoidIn,
    VoidLimitIn,
    VoidLimitOut,
    VoidOut,
    VoidReasonIn,
)
from payme.returns.types import VoidState
from payme.sales import (
    MoreThanSold,
    PaymentStillLive,
    SaleLineUnknown,
    SaleNotFound,
    SaleNotReturnable,
)

of_a_sale = APIRouter(tags=["returns"])
returns = APIRouter(tags=["returns"])
voids = APIRouter(tags=["returns"])
limit_of_voids = APIRouter(tags=["returns"])
Reading = Annotated[Transact, needs("sales.read")]
Voiding = Annotated[Transact, needs("sales.void")]
Approving = Annotated[Transact, needs("sales.approve_void")]
_DRAWER = (DrawerNotOpen, DrawerUnclear, DrawerNeeded)
_ONCE = (IdempotencyKeyMissing, KeyInProgress, KeyReused)


@of_a_sale.post(
    "/{sale_id}/returns",
    status_code=201,
    response_model=ReturnOut,
    responses=problems(SaleNotFound, SaleNotReturnable, SaleLineUnknown, MoreThanSold, *_DRAWER, *_ONCE),
)
async def return_goods(
    transact: Annotated[Transact, needs("sales.return")], sale_id: UUID, body: ReturnIn, key: IdempotencyKey
) -> Response:
    """Take goods of a sale back; the answer says what goes back to the customer, and how."""
    return await transact(
        services.return_goods, sale_id, body.to_wanted(), body.drawer_id, reply=ReturnOut.of, once=key, status=201
    )


@of_a_sale.post(
    "/{sale_id}/voids",
    status_code=201,
    response_model=VoidOut,
    responses=problems(SaleNotFound, SaleNotVoidable, VoidTooLate, VoidAsked, PaymentStillLive, *_DRAWER, *_ONCE),
)
async def void_sale(transact: Voiding, sale_id: UUID, body: VoidIn, key: IdempotencyKey) -> Response:
    """Undo a completed sale of today: at once, or above the limit once somebody else approves it."""
    return await transact(services.void_sale, sale_id, body.to_cancellation(), reply=VoidOut.of, once=key, status=201)


@returns.get("", response_model=Page[ReturnOut], responses=problems(InvalidCursor))
async def list_returns(
    transact: Reading,
    sale_id: Annotated[UUID | None, Query(description="Only returns of this sale.")] = None,
    from_day: date | None = None,
    to_day: date | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List returns, newest first, of a sale or of some days."""
    return await transact(
        queries.list_returns,
        ReturnFilter(sale_id, from_day, to_day),
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, ReturnOut.of, lambda row: After(row.document.created_at, row.document.id)),
    )


@returns.get("/{return_id}", response_model=ReturnOut, responses=problems(ReturnNotFound))
async def get_return(transact: Reading, return_id: UUID) -> Response:
    """Read a return."""
    return await transact(queries.get_return, return_id, reply=ReturnOut.of)


@returns.get("/{return_id}/receipt", response_model=ReturnReceiptOut, responses=problems(ReturnNotFound))
async def get_return_receipt(transact: Reading, return_id: UUID) -> Response:
    """Read the receipt of a return as data."""
    return await transact(queries.get_return_receipt, return_id, reply=ReturnReceiptOut.of_receipt)


@returns.get("/{return_id}/receipt.txt", response_class=PlainTextResponse, responses=problems(ReturnNotFound))
async def get_return_receipt_text(transact: Reading, return_id: UUID) -> Response:
    """Read the receipt of a return as text for a 58 mm printer."""
    return PlainTextResponse(rules.receipt_text(await transact.run(queries.get_return_receipt, return_id)))


@voids.get("", response_model=Page[VoidOut], responses=problems(InvalidCursor))
async def list_voids(
    transact: Reading,
    state: Annotated[VoidState | None, Query(description="Only voids in this state.")] = None,
    sale_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List voids, newest first."""
    return await transact(
        queries.list_voids,
        state,
        sale_id,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, VoidOut.of, lambda row: After(row.document.created_at, row.document.id)),
    )


@voids.get("/{void_id}", response_model=VoidOut, responses=problems(VoidNotFound))
async def get_void(transact: Reading, void_id: UUID) -> Response:
    """Read a void."""
    return await transact(queries.get_void_view, void_id, reply=VoidOut.of)


@voids.post(
    "/{void_id}/approval",
    response_model=VoidOut,
    responses=problems(
        VoidNotFound, OwnVoid, VoidNotMovable, SaleNotVoidable, VoidTooLate, PaymentStillLive, *_DRAWER, *_ONCE
    ),
)
async def approve_void(transact: Approving, void_id: UUID, body: VoidApprovalIn, key: IdempotencyKey) -> Response:
    """Approve what somebody else asked for: the sale is voided now."""
    return await transact(services.approve_void, void_id, body.to_approval(), reply=VoidOut.of, once=key)


@voids.post(
    "/{void_id}/rejection", response_model=VoidOut, responses=problems(VoidNotFound, OwnVoid, VoidNotMovable, *_ONCE)
)
async def reject_void(transact: Approving, void_id: UUID, body: VoidReasonIn, key: IdempotencyKey) -> Response:
    """Reject what somebody else asked for: the sale stays as it is."""
    return await transact(services.reject_void, void_id, body.reason, reply=VoidOut.of, once=key)


@voids.post(
    "/{void_id}/withdrawal",
    response_model=VoidOut,
    responses=problems(VoidNotFound, NotYourVoid, VoidNotMovable, *_ONCE),
)
async def withdraw_void(transact: Voiding, void_id: UUID, body: VoidReasonIn, key: IdempotencyKey) -> Response:
    """Take one's own wish back."""
    return await transact(services.withdraw_void, void_id, body.reason, reply=VoidOut.of, once=key)


@limit_of_voids.get("/void-limit", response_model=VoidLimitOut)
async def get_void_limit(transact: Reading) -> Response:
    """Read up to which total one person may void a sale alone."""
    return await transact(queries.get_void_limit, reply=VoidLimitOut.of)


@limit_of_voids.put("/void-limit", response_model=VoidLimitOut)
async def set_void_limit(transact: Annotated[Transact, needs("business.change")], body: VoidLimitIn) -> Response:
    """Say up to which total one person may void a sale alone."""
    return await transact(services.set_void_limit, body.amount, reply=VoidLimitOut.of)
