"""Routes of settlement: what a cashier says of money that came or is said to have come, and what an owner decides."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.callbacks import CallbackNotFound, CallbackNotMovable, CallbackOut
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.money import MoneyClaimed, MoneyNotFound
from payme.payments import MoneyOfPlatform
from payme.sales import SaleNotFound, SaleNotOpen
from payme.settlement import services
from payme.settlement.errors import CallbackNotApplicable
from payme.settlement.schemas import ClaimedOut, ClaimIn

unclaimed = APIRouter(tags=["payments"])
callbacks = APIRouter(tags=["callbacks"])
Collecting = Annotated[Transact, needs("payments.collect")]


@unclaimed.post(
    "/{money_in_id}/claim",
    response_model=ClaimedOut,
    responses=problems(MoneyNotFound, MoneyOfPlatform, MoneyClaimed, SaleNotFound, SaleNotOpen),
)
async def claim_money(money_in_id: UUID, body: ClaimIn, transact: Collecting, key: IdempotencyKey) -> Response:
    """Say that money which waits is for an open sale: once, for ever."""
    return await transact(services.claim_money, money_in_id, body.sale_id, reply=ClaimedOut.of, once=key)


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
