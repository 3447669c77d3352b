"""Routes of issues."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.issues import queries, services
from payme.issues.errors import IssueNotFound, IssueNotMovable, IssueOwnerUnfit
from payme.issues.models import IssueFilter
from payme.issues.schemas import (
    HistoryEntryOut,
    IssueFiguresOut,
    IssueOut,
    NoteIn,
    OwnerIn,
    ResolutionIn,
    SeverityIn,
)
from payme.issues.types import FIGURES_DAYS_MAX, IssueState, Severity
from payme.kit.paging import After

router = APIRouter(tags=["issues"])
figures = APIRouter(tags=["issues"])
_CLOSE = {IssueState.RESOLVED: services.resolve, IssueState.ACCEPTED: services.accept}

Reading = Annotated[Transact, needs("issues.read")]
Working = Annotated[Transact, needs("issues.work")]
Resolving = Annotated[Transact, needs("issues.resolve")]
InState = Annotated[IssueState | None, Query(description="Only issues in this state.")]
IsOpen = Annotated[bool | None, Query(alias="open", description="Only issues that nobody closed, or only closed ones.")]
Kind = Annotated[str | None, Query(max_length=40, description="Only issues of this kind.")]
Owner = Annotated[UUID | None, Query(description="Only issues that this member has.")]
Subject = Annotated[UUID | None, Query(description="Only issues about this thing.")]
Days = Annotated[int, Query(ge=1, le=FIGURES_DAYS_MAX, description="Issues opened in so many days, up to now.")]


@router.get("", response_model=Page[IssueOut], responses=problems(InvalidCursor))
async def list_issues(
    transact: Reading,
    state: InState = None,
    is_open: IsOpen = None,
    severity: Severity | None = None,
    kind: Kind = None,
    owner_id: Owner = None,
    subject_id: Subject = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what a person must look at, newest first."""
    return await transact(
        queries.list_issues,
        IssueFilter(state, is_open, severity, kind, owner_id, subject_id),
        decode(cursor),
        limit + 1,
        reply=lambda issues: page(issues, limit, IssueOut.of, lambda issue: After(issue.created_at, issue.id)),
    )


@figures.get("", response_model=IssueFiguresOut)
async def add_up_issues(transact: Reading, days: Days = 30) -> Response:
    """Add up how many issues there were, and how long it took until somebody looked, and until they were closed."""
    return await transact(queries.add_up, days, reply=IssueFiguresOut.of)


@router.get("/{issue_id}", response_model=IssueOut, responses=problems(IssueNotFound))
async def get_issue(issue_id: UUID, transact: Reading) -> Response:
    """Show an issue."""
    return await transact(queries.get_issue, issue_id, reply=IssueOut.of)


@router.get(
    "/{issue_id}/history", response_model=Page[HistoryEntryOut], responses=problems(IssueNotFound, InvalidCursor)
)
async def list_issue_history(issue_id: UUID, transact: Reading, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List what was done with an issue since it was opened, newest first."""
    return await transact(
        queries.list_history,
        issue_id,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, HistoryEntryOut.of, lambda entry: After(entry.created_at, entry.id)),
    )


@router.post("/{issue_id}/acknowledgement", response_model=IssueOut, responses=problems(IssueNotFound, IssueNotMovable))
async def acknowledge(issue_id: UUID, transact: Working) -> Response:
    """Say that one is looking at an issue; it is one's own from then on, where nobody has it."""
    return await transact(services.acknowledge, issue_id, reply=IssueOut.of)


@router.put(
    "/{issue_id}/owner", response_model=IssueOut, responses=problems(IssueNotFound, IssueNotMovable, IssueOwnerUnfit)
)
async def hand_over(issue_id: UUID, body: OwnerIn, transact: Working) -> Response:
    """Take an issue, give it to somebody, or to nobody."""
    return await transact(services.hand_over, issue_id, body.user_id, reply=IssueOut.of)


@router.post("/{issue_id}/notes", status_code=201, response_model=IssueOut, responses=problems(IssueNotFound))
async def add_note(issue_id: UUID, body: NoteIn, transact: Working) -> Response:
    """Write down what was found out; it stays."""
    return await transact(services.add_note, issue_id, body.note, reply=IssueOut.of, status=201)


@router.put("/{issue_id}/severity", response_model=IssueOut, responses=problems(IssueNotFound, IssueNotMovable))
async def change_severity(issue_id: UUID, body: SeverityIn, transact: Resolving) -> Response:
    """Say that an issue is worse, or less bad, than its kind."""
    return await transact(services.change_severity, issue_id, body.severity, body.reason, reply=IssueOut.of)


@router.post("/{issue_id}/resolution", response_model=IssueOut, responses=problems(IssueNotFound, IssueNotMovable))
async def resolve(issue_id: UUID, body: ResolutionIn, transact: Resolving) -> Response:
    """Close an acknowledged issue: resolved, or accepted as it is."""
    return await transact(_CLOSE[body.outcome], issue_id, body.resolution, reply=IssueOut.of)
