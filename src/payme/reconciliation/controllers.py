"""Routes of reconciliation."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.paging import After
from payme.reconciliation import queries
from payme.reconciliation.errors import RunNotFound
from payme.reconciliation.schemas import RunOut
from payme.reconciliation.types import RunKind

router = APIRouter(tags=["reconciliation"])

OfKind = Annotated[RunKind | None, Query(description="Only runs of this kind.")]


@router.get("/runs", response_model=Page[RunOut], responses=problems(InvalidCursor))
async def list_runs(
    transact: Annotated[Transact, needs("issues.read")],
    kind: OfKind = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List when the books were asked whether they agree, newest first."""
    return await transact(
        queries.list_runs,
        kind,
        decode(cursor),
        limit + 1,
        reply=lambda runs: page(runs, limit, RunOut.of, lambda run: After(run.created_at, run.id)),
    )


@router.get("/runs/{run_id}", response_model=RunOut, responses=problems(RunNotFound))
async def get_run(run_id: UUID, transact: Annotated[Transact, needs("issues.read")]) -> Response:
    """Show a run: what was asked, how far it came and what it found."""
    return await transact(queries.get_run, run_id, reply=RunOut.of)
