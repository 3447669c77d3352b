"""Routes of statements."""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from payme.http.errors import BodyTooLarge, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs, needs_before_body
from payme.kit.paging import After
from payme.statement_files import StatementUnreadable, read_statement
from payme.statements import queries, services
from payme.statements.errors import (
    DifferenceNotFound,
    StatementImportNotFound,
    StatementNotOurs,
    StatementOfUnknownShortcode,
)
from payme.statements.schemas import DifferenceOut, ImportedOut, ImportOut
from payme.statements.types import DifferenceState, Reason

imports = APIRouter(tags=["statements"])
differences = APIRouter(tags=["statements"])
Reading = Annotated[Transact, needs("statements.read")]
Shortcode = Annotated[str | None, Query(pattern="^[0-9]{5,7}$", description="A paybill, or a till's store number.")]
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "The file as the portal gave it out, CSV or Excel; which of them it is is seen, not believed.",
        "required": True,
        "content": {
            "text/csv": _BINARY,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _BINARY,
        },
    }
}


@imports.post(
    "",
    status_code=201,
    response_model=ImportedOut,
    responses=problems(StatementUnreadable, StatementNotOurs, StatementOfUnknownShortcode, BodyTooLarge),
    openapi_extra=_FILE,
)
async def import_statement(
    request: Request,
    transact: Annotated[Transact, needs_before_body("statements.import")],
    name: Annotated[str, Query(max_length=200, description="What the file is called.")] = "",
    shortcode: Shortcode = None,
) -> Response:
    """Bring a statement of the M-PESA portal; a line is kept once, however often it is brought, so no key is needed."""
    await transact.run(services.expect_statement)
    file = await asyncio.to_thread(read_statement, await request.body())
    done = await services.import_statement(transact.run, file, name, shortcode)
    body = ImportedOut.of(done, file).model_dump_json()
    return Response(body, status_code=201, media_type="application/json")


@imports.get("", response_model=Page[ImportOut], responses=problems(InvalidCursor))
async def list_imports(transact: Reading, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List the statements that were brought, newest first."""
    return await transact(
        queries.list_imports,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, ImportOut.of, lambda row: After(row.created_at, row.id)),
    )


@imports.get("/{import_id}", response_model=ImportOut, responses=problems(StatementImportNotFound))
async def get_import(import_id: UUID, transact: Reading) -> Response:
    """Show a statement that was brought."""
    return await transact(queries.get_import, import_id, reply=ImportOut.of)


@differences.get("", response_model=Page[DifferenceOut], responses=problems(InvalidCursor))
async def list_differences(
    transact: Reading,
    shortcode: Shortcode = None,
    reason: Annotated[Reason | None, Query(description="Only differences for this reason.")] = None,
    state: Annotated[DifferenceState | None, Query(description="Only those that stand, or are gone.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List where statements and books differ, the newest movement first."""
    return await transact(
        queries.list_differences,
        shortcode,
        reason,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, DifferenceOut.of, lambda row: After(row.at, row.id)),
    )


@differences.get("/{difference_id}", response_model=DifferenceOut, responses=problems(DifferenceNotFound))
async def get_difference(difference_id: UUID, transact: Reading) -> Response:
    """Show a difference."""
    return await transact(queries.get_difference, difference_id, reply=DifferenceOut.of)
