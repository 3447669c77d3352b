"""Routes of refunds, and of moving money that no sale needs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.drawers import DrawerNeeded, DrawerNotOpen, DrawerUnclear
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.paging import After
from payme.money import MoneyNotFound, MoneyShort
from payme.payments import MoneyOfPlatform
from payme.refunds import queries, services
from payme.refunds.errors import (
    MoveTooLarge,
    NotReversible,
    NotYourRefund,
    OwnRefund,
    PayoutReceiptTaken,
    PayoutReceiptWrong,
    RefundMayBePaid,
    RefundNotFound,
    RefundNotMovable,
    RefundTooLarge,
)
from payme.refunds.schemas import ApprovalIn, MoneyMoveIn, MovedOut, PayoutIn, ReasonIn, RefundIn, RefundOut
from payme.refunds.types import RefundState
from payme.sales import SaleNotFound, SaleNotOpen

refunds = APIRouter(tags=["refunds"])
money_in = APIRouter(tags=["payments"])
Reading = Annotated[Transact, needs("refunds.read")]
Requesting = Annotated[Transact, needs("refunds.request")]
Approving = Annotated[Transact, needs("refunds.approve")]
Paying = Annotated[Transact, needs("refunds.pay")]


@money_in.post(
    "/{money_in_id}/moves",
    response_model=MovedOut,
    responses=problems(MoneyNotFound, MoneyOfPlatform, MoneyShort, MoveTooLarge, SaleNotFound, SaleNotOpen),
)
async def move_money(
    money_in_id: UUID, body: MoneyMoveIn, transact: Annotated[Transact, needs("payments.move")], key: IdempotencyKey
) -> Response:
    """Give unallocated or overpaid money, all or a part, to an open sale."""
    return await transact(services.move_money, money_in_id, body.to_move(), reply=MovedOut.of, once=key)


@refunds.get("", response_model=Page[RefundOut], responses=problems(InvalidCursor))
async def list_refunds(
    transact: Reading,
    state: Annotated[RefundState | None, Query(description="Only refunds in this state.")] = None,
    money_in_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List refunds, newest first."""
    return await transact(
        queries.list_refunds,
        state,
        money_in_id,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, RefundOut.of, lambda row: After(row.created_at, row.id)),
    )


@refunds.get("/{refund_id}", response_model=RefundOut, responses=problems(RefundNotFound))
async def get_refund(refund_id: UUID, transact: Reading) -> Response:
    """Show a refund."""
    return await transact(queries.get_refund, refund_id, reply=RefundOut.of)


@refunds.post(
    "", status_code=201, response_model=RefundOut, responses=problems(MoneyNotFound, MoneyOfPlatform, RefundTooLarge)
)
async def request_refund(body: RefundIn, transact: Requesting, key: IdempotencyKey) -> Response:
    """Ask that money be given back; somebody else must approve it."""
    return await transact(services.request_refund, body.to_draft(), reply=RefundOut.of, once=key, status=201)


@refunds.post(
    "/{refund_id}/approval",
    response_model=RefundOut,
    responses=problems(RefundNotFound, OwnRefund, RefundNotMovable, MoneyShort),
)
async def approve_refund(refund_id: UUID, body: ApprovalIn, transact: Approving, key: IdempotencyKey) -> Response:
    """Approve what somebody else asked for; the money is set aside."""
    return await transact(services.approve_refund, refund_id, body.note, reply=RefundOut.of, once=key)


@refunds.post(
    "/{refund_id}/rejection",
    response_model=RefundOut,
    responses=problems(RefundNotFound, OwnRefund, RefundNotMovable),
)
async def reject_refund(refund_id: UUID, body: ReasonIn, transact: Approving, key: IdempotencyKey) -> Response:
    """Reject what somebody else asked for."""
    return await transact(services.reject_refund, refund_id, body.reason, reply=RefundOut.of, once=key)


@refunds.post(
    "/{refund_id}/withdrawal",
    response_model=RefundOut,
    responses=problems(RefundNotFound, NotYourRefund, RefundNotMovable),
)
async def withdraw_refund(refund_id: UUID, body: ReasonIn, transact: Requesting, key: IdempotencyKey) -> Response:
    """Take a refund back that nobody paid; money that was set aside waits for a purpose again."""
    return await transact(services.withdraw_refund, refund_id, body.reason, reply=RefundOut.of, once=key)


@refunds.post(
    "/{refund_id}/payout",
    response_model=RefundOut,
    responses=problems(
        RefundNotFound,
        RefundNotMovable,
        PayoutReceiptWrong,
        PayoutReceiptTaken,
        RefundMayBePaid,
        MoneyShort,
        DrawerNotOpen,
        DrawerUnclear,
        DrawerNeeded,
    ),
)
async def record_payout(refund_id: UUID, body: PayoutIn, transact: Paying, key: IdempotencyKey) -> Response:
    """Record that the shop paid an approved refund, in cash or by M-Pesa."""
    return await transact(services.record_payout, refund_id, body.to_payout(), reply=RefundOut.of, once=key)


@refunds.post(
    "/{refund_id}/reversal",
    status_code=202,
    response_model=RefundOut,
    responses=problems(RefundNotFound, RefundNotMovable, NotReversible, MoneyShort),
)
async def start_reversal(refund_id: UUID, transact: Paying, key: IdempotencyKey) -> Response:
    """Let M-Pesa reverse the whole receipt; whether it did is told later."""
    return await transact(services.start_reversal, refund_id, reply=RefundOut.of, once=key, status=202)


@refunds.post(
    "/{refund_id}/failure",
    response_model=RefundOut,
    responses=problems(RefundNotFound, OwnRefund, RefundNotMovable),
)
async def give_up(refund_id: UUID, body: ReasonIn, transact: Approving, key: IdempotencyKey) -> Response:
    """Say that a reversal of unknown end did not happen, after a look in the M-PESA statement."""
    return await transact(services.give_up, refund_id, body.reason, reply=RefundOut.of, once=key)
