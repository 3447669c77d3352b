"""The route of health."""

from typing import Annotated

from fastapi import APIRouter, Response

from payme.health import queries
from payme.health.schemas import HealthOut
from payme.http.transact import Transact, needs

router = APIRouter(tags=["issues"])


@router.get("", response_model=HealthOut)
async def get_health_score(transact: Annotated[Transact, needs("issues.read")]) -> Response:
    """Read how the business does: a number from 0 to 100, and what each of its parts is and why."""
    return await transact(queries.get_health, reply=HealthOut.of)
