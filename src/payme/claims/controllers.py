"""Routes of claims; reading them is money's."""

from typing import Annotated

from fastapi import APIRouter, Response

from payme.claims import services
from payme.claims.schemas import MessageIn
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.messages import MessageNotUnderstood
from payme.money import ClaimOut, ReceiptNotClaimable, ReceiptTaken
from payme.payments import MoneyOfPlatform
from payme.sales import SaleNotFound, SaleNotOpen

router = APIRouter(tags=["payments"])
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
