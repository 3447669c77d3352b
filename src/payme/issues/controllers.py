"""Routes of issues."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.issues import queries, services
from payme.issues.errors import IssueNotFound, IssueNotMovable
from payme.issues.schemas import IssueOut, ResolutionIn
from payme.issues.types import IssueState
from payme.kit.paging import After

router = APIRouter(tags=["issues"])
_CLOSE = {IssueState.RESOLVED: services.resolve, IssueState.ACCEPTED: services.accept}

InState = Annotated[IssueState | None, Query(description="Only issues in this state.")]


@router.get("", response_model=Page[IssueOut], responses=problems(InvalidCursor))
async def list_issues(
    transact: Annotated[Transact, needs("issues.read")],
    state: InState = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what a person must look at, newest first."""
    return await transact(
        queries.list_issues,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda issues: page(issues, limit, IssueOut.of, lambda issue: After(issue.created_at, issue.id)),
    )


@router.get("/{issue_id}", response_model=IssueOut, responses=problems(IssueNotFound))
async def get_issue(issue_id: UUID, transact: Annotated[Transact, needs("issues.read")]) -> Response:
    """Show an issue."""
    return await transact(queries.get_issue, issue_id, reply=IssueOut.of)


@router.post("/{issue_id}/acknowledgement", response_model=IssueOut, responses=problems(IssueNotFound, IssueNotMovable))
async def acknowledge(issue_id: UUID, transact: Annotated[Transact, needs("issues.resolve")]) -> Response:
    """Say that somebody is looking at an issue."""
    return await transact(services.acknowledge, issue_id, reply=IssueOut.of)


@router.post("/{issue_id}/resolution", response_model=IssueOut, responses=problems(IssueNotFound, IssueNotMovable))
async def resolve(
    issue_id: UUID, body: ResolutionIn, transact: Annotated[Transact, needs("issues.resolve")]
) -> Response:
    """Close an acknowledged issue: resolved, or accepted as it is."""
    return await transact(_CLOSE[body.outcome], issue_id, body.resolution, reply=IssueOut.of)
