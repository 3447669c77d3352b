"""Routes of drawers."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.documents import FORMS, Wanted
from payme.drawers import queries, rules, services
from payme.drawers.errors import (
    CashShort,
    CountUnclear,
    DayClosed,
    DayEmpty,
    DayNotBegun,
    DrawerNotCounted,
    DrawerNotFound,
    DrawerNotOpen,
    DrawersNotClosed,
    EarlierDayOpen,
    OwnCount,
    ReportNotFound,
    TillOccupied,
    TooManyCashMoves,
    TooManyDrawers,
)
from payme.drawers.schemas import (
    ApprovalIn,
    CashMoveIn,
    CountIn,
    DayIn,
    DrawerIn,
    DrawerOut,
    DrawerRulesIn,
    DrawerRulesOut,
    DrawerSummaryOut,
    LateMoneyOut,
    ReportOut,
    ReportSummaryOut,
)
from payme.drawers.types import DrawerState
from payme.http.errors import IdempotencyKeyMissing, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.errors import KeyInProgress, KeyReused
from payme.kit.paging import After

drawers = APIRouter(tags=["drawers"])
reports = APIRouter(tags=["drawers"])
late = APIRouter(tags=["drawers"])
settings = APIRouter(tags=["drawers"])
Reading = Annotated[Transact, needs("drawers.read")]
Opening = Annotated[Transact, needs("drawers.open")]
Reporting = Annotated[Transact, needs("drawers.report")]
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


@drawers.get("/{drawer_id}/report", response_model=ReportOut, responses={**FORMS, **problems(DrawerNotFound)})
async def get_drawer_report(drawer_id: UUID, transact: Reporting, wanted: Wanted) -> Response:
    """Show what a drawer came to: so far (X report), or once it is closed its Z report."""
    report = await transact.run(queries.get_drawer_report, drawer_id)
    return await wanted.answer(report, reply=ReportOut.of_report, document=rules.document_of)


@reports.get("", response_model=Page[ReportSummaryOut], responses=problems(InvalidCursor))
async def list_z_reports(
    transact: Reporting,
    business_day: date | None = None,
    drawer_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List Z reports, of drawers and of days, newest first."""
    return await transact(
        queries.list_reports,
        business_day,
        drawer_id,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, ReportSummaryOut.of, lambda row: After(row.created_at, row.id)),
    )


@reports.post(
    "",
    status_code=201,
    response_model=ReportOut,
    responses=problems(DayNotBegun, DayClosed, EarlierDayOpen, DrawersNotClosed, DayEmpty, *_ONCE),
)
async def close_day(
    body: DayIn, transact: Annotated[Transact, needs("drawers.approve")], key: IdempotencyKey
) -> Response:
    """Close a business day: its Z report is the sum of its drawers'."""
    return await transact(services.close_day, body.business_day, reply=ReportOut.of_report, once=key, status=201)


@reports.get("/{report_id}", response_model=ReportOut, responses={**FORMS, **problems(ReportNotFound)})
async def get_z_report(report_id: UUID, transact: Reporting, wanted: Wanted) -> Response:
    """Show a Z report as it was written."""
    report = await transact.run(queries.get_report, report_id)
    return await wanted.answer(report, reply=ReportOut.of_report, document=rules.document_of)


@late.get("", response_model=Page[LateMoneyOut], responses=problems(InvalidCursor))
async def list_after_closing(
    transact: Reporting,
    business_day: Annotated[date | None, Query(description="Today where it is left out.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List money of a day that came for sales whose drawer was closed: it counts on no drawer."""
    return await transact(
        queries.list_after_closing,
        business_day,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, LateMoneyOut.of, lambda row: After(row.created_at, row.id)),
    )


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
