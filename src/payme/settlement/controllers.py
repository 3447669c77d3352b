"""Routes of settlement: what a cashier says of money that came or is said to have come, and what an owner decides."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.callbacks import CallbackNotFound, CallbackNotMovable, CallbackOut
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.settlement import services
from payme.settlement.errors import CallbackNotApplicable

callbacks = APIRouter(tags=["callbacks"])


@callbacks.post(
    "/{callback_id}/application",
    response_model=CallbackOut,
    responses=problems(CallbackNotFound, CallbackNotMovable, CallbackNotApplicable),
)
async def apply_quarantined(
    callback_id: UUID, transact: Annotated[Transact, needs("callbacks.decide")], key: IdempotencyKey
) -> Response:
    """Take a quarantined callback at its word: the money that it tells of is booked."""
    return await transact(services.apply_quarantined, callback_id, reply=CallbackOut.of, once=key)
