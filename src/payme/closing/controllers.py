"""Routes of closing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.closing import queries
from payme.closing.schemas import UnsettledOut
from payme.drawers import DrawerNotFound
from payme.http.problems import problems
from payme.http.transact import Transact, needs

router = APIRouter(tags=["drawers"])


@router.get("/{drawer_id}/unsettled", response_model=UnsettledOut, responses=problems(DrawerNotFound))
async def list_unsettled(drawer_id: UUID, transact: Annotated[Transact, needs("drawers.read")]) -> Response:
    """List the open sales of a drawer before it is counted, and who is being asked to pay right now."""
    return await transact(queries.list_unsettled, drawer_id, reply=UnsettledOut.of)
