"""Routes of drawers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.drawers import queries, services
from payme.drawers.errors import (
    CashShort,
    CountUnclear,
    DrawerNotCounted,
    DrawerNotFound,
    DrawerNotOpen,
    OwnCount,
    TillOccupied,
    TooManyCashMoves,
    TooManyDrawers,
)
from payme.drawers.schemas import (
    ApprovalIn,
    CashMoveIn,
    CountIn,
    DrawerIn,
    DrawerOut,
    DrawerRulesIn,
    DrawerRulesOut,
    DrawerSummaryOut,
)
from payme.drawers.types import DrawerState
from payme.http.errors import IdempotencyKeyMissing, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.errors import KeyInProgress, KeyReused
from payme.kit.paging import After

drawers = APIRouter(tags=["drawers"])
settings = APIRouter(tags=["drawers"])
Reading = Annotated[Transact, needs("drawers.read")]
Opening = Annotated[Transact, needs("drawers.open")]
_ONCE = (IdempotencyKeyMissing, KeyInProgress, KeyReused)


@drawers.post("", status_code=201, response_model=DrawerOut, responses=problems(TillOccupied, TooManyDrawers, *_ONCE))
async def open_drawer(body: DrawerIn, transact: Opening, key: IdempotencyKey) -> Response:
    """Open a drawer at a till, with the cash that is in it; one at a time is open at a till."""
    return await transact(
        services.open_drawer, body.till, body.opening_float, reply=DrawerOut.of_view, once=key, status=201
    )


@drawers.get("", response_model=Page[DrawerSummaryOut], responses=problems(InvalidCursor))
async def list_drawers(
    transact: Reading, state: DrawerState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List drawers, those opened last first."""
    return await transact(
        queries.list_drawers,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, DrawerSummaryOut.of, lambda row: After(row.opened_at, row.id)),
    )


@drawers.get("/{drawer_id}", response_model=DrawerOut, responses=problems(DrawerNotFound))
async def get_drawer(drawer_id: UUID, transact: Reading) -> Response:
    """Show a drawer; what it should hold is shown to a manager, and after the count to everybody."""
    return await transact(queries.get_view, drawer_id, reply=DrawerOut.of_view)


@drawers.post(
    "/{drawer_id}/movements",
    response_model=DrawerOut,
    responses=problems(DrawerNotFound, DrawerNotOpen, CashShort, TooManyCashMoves, *_ONCE),
)
async def move_cash(
    drawer_id: UUID, body: CashMoveIn, transact: Annotated[Transact, needs("drawers.cash")], key: IdempotencyKey
) -> Response:
    """Put cash in or take it out, with a reason."""
    return await transact(services.move_cash, drawer_id, body.to_move(), reply=DrawerOut.of_view, once=key)


@drawers.post(
    "/{drawer_id}/count",
    response_model=DrawerOut,
    responses=problems(DrawerNotFound, DrawerNotOpen, CountUnclear, *_ONCE),
)
async def count_drawer(drawer_id: UUID, body: CountIn, transact: Opening, key: IdempotencyKey) -> Response:
    """Say what is in the drawer: it takes no more money, and closes where little enough differs.

    Else it waits, `counted`, for the approval of somebody else.
    """
    return await transact(services.count_drawer, drawer_id, body.to_count(), reply=DrawerOut.of_view, once=key)


@drawers.post(
    "/{drawer_id}/approval",
    response_model=DrawerOut,
    responses=problems(DrawerNotFound, DrawerNotCounted, OwnCount, *_ONCE),
)
async def approve_count(
    drawer_id: UUID, body: ApprovalIn, transact: Annotated[Transact, needs("drawers.approve")], key: IdempotencyKey
) -> Response:
    """Close a drawer that was counted with a difference."""
    return await transact(services.approve_count, drawer_id, body.reason, reply=DrawerOut.of_view, once=key)


@settings.get("", response_model=DrawerRulesOut)
async def get_drawer_settings(transact: Reading) -> Response:
    """Show how drawers work in this shop."""
    return await transact(queries.get_rules, reply=DrawerRulesOut.of)


@settings.put("", response_model=DrawerRulesOut)
async def change_drawer_settings(
    body: DrawerRulesIn, transact: Annotated[Transact, needs("drawers.change")]
) -> Response:
    """Say whether a sale needs an open drawer, and how much a count may differ."""
    return await transact(services.change_rules, body.to_rules(), reply=DrawerRulesOut.of)
