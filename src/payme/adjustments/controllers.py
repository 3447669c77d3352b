"""Routes of adjustments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.adjustments import queries, services
from payme.adjustments.errors import (
    AdjustmentAsked,
    AdjustmentNotFound,
    AdjustmentNotMovable,
    NotYourAdjustment,
    OwnAdjustment,
)
from payme.adjustments.schemas import AdjustmentIn, AdjustmentNoteIn, AdjustmentOut
from payme.adjustments.types import AdjustmentState
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.paging import After
from payme.statements import DifferenceNotFound, DifferenceSettled, FixNotByAdjustment, MoneyNotBookable

router = APIRouter(tags=["statements"])
Reading = Annotated[Transact, needs("statements.read")]
Deciding = Annotated[Transact, needs("statements.adjust")]


@router.post(
    "",
    status_code=201,
    response_model=AdjustmentOut,
    responses=problems(DifferenceNotFound, DifferenceSettled, FixNotByAdjustment, AdjustmentAsked),
)
async def request_adjustment(transact: Deciding, body: AdjustmentIn, key: IdempotencyKey) -> Response:
    """Ask that a difference be put right as is suggested; somebody else must agree."""
    return await transact(
        services.request_adjustment, body.difference_id, body.reason, reply=AdjustmentOut.of, once=key, status=201
    )


@router.get("", response_model=Page[AdjustmentOut], responses=problems(InvalidCursor))
async def list_adjustments(
    transact: Reading,
    state: Annotated[AdjustmentState | None, Query(description="Only adjustments in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List adjustments, newest first."""
    return await transact(
        queries.list_adjustments,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, AdjustmentOut.of, lambda row: After(row.created_at, row.id)),
    )


@router.get("/{adjustment_id}", response_model=AdjustmentOut, responses=problems(AdjustmentNotFound))
async def get_adjustment(adjustment_id: UUID, transact: Reading) -> Response:
    """Show an adjustment."""
    return await transact(queries.get_adjustment, adjustment_id, reply=AdjustmentOut.of)


@router.post(
    "/{adjustment_id}/approval",
    response_model=AdjustmentOut,
    responses=problems(
        AdjustmentNotFound, OwnAdjustment, AdjustmentNotMovable, DifferenceSettled, FixNotByAdjustment, MoneyNotBookable
    ),
)
async def approve_adjustment(
    adjustment_id: UUID, body: AdjustmentNoteIn, transact: Deciding, key: IdempotencyKey
) -> Response:
    """Agree to what somebody else asked for: the money is booked, the fees are, or an entry is written."""
    return await transact(services.approve_adjustment, adjustment_id, body.note, reply=AdjustmentOut.of, once=key)


@router.post(
    "/{adjustment_id}/rejection",
    response_model=AdjustmentOut,
    responses=problems(AdjustmentNotFound, OwnAdjustment, AdjustmentNotMovable),
)
async def reject_adjustment(
    adjustment_id: UUID, body: AdjustmentNoteIn, transact: Deciding, key: IdempotencyKey
) -> Response:
    """Refuse what somebody else asked for; the difference stays."""
    return await transact(services.reject_adjustment, adjustment_id, body.note, reply=AdjustmentOut.of, once=key)


@router.post(
    "/{adjustment_id}/withdrawal",
    response_model=AdjustmentOut,
    responses=problems(AdjustmentNotFound, NotYourAdjustment, AdjustmentNotMovable),
)
async def withdraw_adjustment(
    adjustment_id: UUID, body: AdjustmentNoteIn, transact: Deciding, key: IdempotencyKey
) -> Response:
    """Take back what one asked for."""
    return await transact(services.withdraw_adjustment, adjustment_id, body.note, reply=AdjustmentOut.of, once=key)
