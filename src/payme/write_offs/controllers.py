"""Routes of write-offs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.credit import DebtUnknown
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.paging import After
from payme.write_offs import queries, services
from payme.write_offs.errors import (
    NotYourWriteOff,
    OwnWriteOff,
    WriteOffAsked,
    WriteOffNotFound,
    WriteOffNotMovable,
)
from payme.write_offs.schemas import WriteOffIn, WriteOffNoteIn, WriteOffOut
from payme.write_offs.types import WriteOffState

router = APIRouter(tags=["credit"])
Reading = Annotated[Transact, needs("credit.read")]
Deciding = Annotated[Transact, needs("credit.write_off")]


@router.post("", status_code=201, response_model=WriteOffOut, responses=problems(DebtUnknown, WriteOffAsked))
async def request_write_off(transact: Deciding, body: WriteOffIn, key: IdempotencyKey) -> Response:
    """Ask that a debt be given up; somebody else must agree."""
    return await transact(
        services.request_write_off, body.sale_id, body.reason, reply=WriteOffOut.of, once=key, status=201
    )


@router.get("", response_model=Page[WriteOffOut], responses=problems(InvalidCursor))
async def list_write_offs(
    transact: Reading,
    state: Annotated[WriteOffState | None, Query(description="Only write-offs in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List write-offs, newest first."""
    return await transact(
        queries.list_write_offs,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, WriteOffOut.of, lambda row: After(row.created_at, row.id)),
    )


@router.get("/{write_off_id}", response_model=WriteOffOut, responses=problems(WriteOffNotFound))
async def get_write_off(write_off_id: UUID, transact: Reading) -> Response:
    """Show a write-off."""
    return await transact(queries.get_write_off, write_off_id, reply=WriteOffOut.of)


@router.post(
    "/{write_off_id}/approval",
    response_model=WriteOffOut,
    responses=problems(WriteOffNotFound, OwnWriteOff, WriteOffNotMovable, DebtUnknown),
)
async def approve_write_off(
    write_off_id: UUID, body: WriteOffNoteIn, transact: Deciding, key: IdempotencyKey
) -> Response:
    """Agree that a debt be given up, which somebody else asked for."""
    return await transact(services.approve_write_off, write_off_id, body.note, reply=WriteOffOut.of, once=key)


@router.post(
    "/{write_off_id}/rejection",
    response_model=WriteOffOut,
    responses=problems(WriteOffNotFound, OwnWriteOff, WriteOffNotMovable),
)
async def reject_write_off(
    write_off_id: UUID, body: WriteOffNoteIn, transact: Deciding, key: IdempotencyKey
) -> Response:
    """Refuse to give a debt up."""
    return await transact(services.reject_write_off, write_off_id, body.note, reply=WriteOffOut.of, once=key)


@router.post(
    "/{write_off_id}/withdrawal",
    response_model=WriteOffOut,
    responses=problems(WriteOffNotFound, NotYourWriteOff, WriteOffNotMovable),
)
async def withdraw_write_off(
    write_off_id: UUID, body: WriteOffNoteIn, transact: Deciding, key: IdempotencyKey
) -> Response:
    """Take back what one asked for."""
    return await transact(services.withdraw_write_off, write_off_id, body.note, reply=WriteOffOut.of, once=key)
