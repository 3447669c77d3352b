"""Routes of stories."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.stories import services
from payme.stories.errors import NothingToTell
from payme.stories.schemas import StoryOut

of_a_sale = APIRouter(tags=["audit"])
of_a_receipt = APIRouter(tags=["audit"])
Reader = Annotated[Transact, needs("reports.read")]


@of_a_sale.get("/{sale_id}/story", response_model=StoryOut, responses=problems(NothingToTell))
async def tell_story_of_sale(transact: Reader, sale_id: UUID) -> Response:
    """Tell what happened to a sale, in order and in the shop's words."""
    return await transact(services.tell, str(sale_id), reply=StoryOut.of)


@of_a_receipt.get("/{money_in_id}/story", response_model=StoryOut, responses=problems(NothingToTell))
async def tell_story_of_receipt(transact: Reader, money_in_id: UUID) -> Response:
    """Tell what happened to a receipt of money and the sale that it paid, in order and in the shop's words."""
    return await transact(services.tell, str(money_in_id), reply=StoryOut.of)
