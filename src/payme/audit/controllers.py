"""Routes of audit."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.audit import queries
from payme.audit.schemas import AuditEntryOut
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.paging import After

router = APIRouter(tags=["audit"])


@router.get("", response_model=Page[AuditEntryOut], responses=problems(InvalidCursor))
async def list_audit_entries(
    transact: Annotated[Transact, needs("audit.read")],
    subject_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List who did what, newest first."""
    return await transact(
        queries.list_entries,
        subject_id,
        decode(cursor),
        limit + 1,
        reply=lambda entries: page(entries, limit, AuditEntryOut.of, lambda entry: After(entry.at, entry.id)),
    )
