"""Routes of claims; reading them is money's."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.claims import services
from payme.claims.schemas import ClaimedOut, ClaimIn, DebtClaimIn, DebtMoveIn, MessageIn
from payme.credit import CreditAccountUnknown, DebtUnknown, RepaidOut
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.messages import MessageNotUnderstood
from payme.money import ClaimOut, MoneyClaimed, MoneyNotFound, MoneyShort, ReceiptNotClaimable, ReceiptTaken
from payme.payments import MoneyOfPlatform
from payme.sales import SaleNotFound, SaleNotOpen

router = APIRouter(tags=["payments"])
unclaimed = APIRouter(tags=["payments"])
money_in = APIRouter(tags=["payments"])
Collecting = Annotated[Transact, needs("payments.collect")]


@router.post(
    "",
    status_code=201,
    response_model=ClaimOut,
    responses=problems(
        SaleNotFound, SaleNotOpen, ReceiptTaken, ReceiptNotClaimable, MoneyOfPlatform, MessageNotUnderstood
    ),
)
async def paste_message(body: MessageIn, transact: Collecting, key: IdempotencyKey) -> Response:
    """Say that a sale was paid, by a pasted M-PESA message. Until Safaricom tells, it is `unverified` and no money."""
    return await transact(services.paste_message, body.sale_id, body.message, reply=ClaimOut.of, once=key, status=201)


@unclaimed.post(
    "/{money_in_id}/claim",
    response_model=ClaimedOut,
    responses=problems(MoneyNotFound, MoneyOfPlatform, MoneyClaimed, SaleNotFound, SaleNotOpen),
)
async def claim_money(money_in_id: UUID, body: ClaimIn, transact: Collecting, key: IdempotencyKey) -> Response:
    """Say that money which waits is for an open sale: once, for ever."""
    return await transact(services.claim_money, money_in_id, body.sale_id, reply=ClaimedOut.of, once=key)


@unclaimed.post(
    "/{money_in_id}/repayment",
    status_code=201,
    response_model=RepaidOut,
    responses=problems(MoneyNotFound, MoneyOfPlatform, MoneyClaimed, CreditAccountUnknown, DebtUnknown),
)
async def claim_for_debts(money_in_id: UUID, body: DebtClaimIn, transact: Collecting, key: IdempotencyKey) -> Response:
    """Say that money which waits is for what a customer owes: once, for ever."""
    return await transact(
        services.claim_for_debts,
        money_in_id,
        body.customer_id,
        body.sale_id,
        reply=RepaidOut.of,
        once=key,
        status=201,
    )


@money_in.post(
    "/{money_in_id}/repayments",
    status_code=201,
    response_model=RepaidOut,
    responses=problems(MoneyNotFound, MoneyOfPlatform, MoneyShort, CreditAccountUnknown, DebtUnknown),
)
async def move_to_debts(
    money_in_id: UUID, body: DebtMoveIn, transact: Annotated[Transact, needs("payments.move")], key: IdempotencyKey
) -> Response:
    """Give unallocated or overpaid money, all or a part, to what a customer owes."""
    return await transact(services.move_to_debts, money_in_id, body.to_move(), reply=RepaidOut.of, once=key, status=201)
