"""Routes of stories."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.stories import services
from payme.stories.errors import NothingToTell
from payme.stories.schemas import StoryOut

router = APIRouter(tags=["audit"])


@router.get("", response_model=StoryOut, responses=problems(NothingToTell))
async def tell_story(
    transact: Annotated[Transact, needs("reports.read")],
    of: Annotated[
        str,
        Query(
            min_length=1,
            max_length=40,
            description="The number or id of a sale, or an M-PESA receipt.",
            examples=["17"],
        ),
    ],
) -> Response:
    """Tell what happened to a sale or a receipt, in order and in the shop's words."""
    return await transact(services.tell, of, reply=StoryOut.of)
