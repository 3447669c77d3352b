"""Routes of repayments; what came of them is read at the credit account."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from payme.credit import CreditAccountUnknown, DebtUnknown, RepaidOut
from payme.daraja import MpesaUnavailable
from payme.drawers import DrawerNeeded, DrawerNotOpen, DrawerUnclear
from payme.http.errors import IdempotencyKeyMissing
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.errors import KeyInProgress, KeyReused
from payme.payment_configs import EnvironmentNotOffered, PaymentConfigMissing
from payme.payments import NotWholeShillings, PaymentInProgress, PaymentOut, PhoneNotValid, Terms
from payme.push_limits import PushLimitReached
from payme.repayments import services
from payme.repayments.errors import TenderedTooLittle
from payme.repayments.schemas import DebtPromptIn, RepaymentIn

router = APIRouter(tags=["credit"])
Collecting = Annotated[Transact, needs("payments.collect")]
_PATH = "/{customer_id}/credit-account"
_ONCE = (IdempotencyKeyMissing, KeyInProgress, KeyReused)


@router.post(
    f"{_PATH}/repayments",
    status_code=201,
    response_model=RepaidOut,
    responses=problems(
        CreditAccountUnknown, DebtUnknown, TenderedTooLittle, DrawerNotOpen, DrawerUnclear, DrawerNeeded, *_ONCE
    ),
)
async def repay_in_cash(transact: Collecting, customer_id: UUID, body: RepaymentIn, key: IdempotencyKey) -> Response:
    """Take cash for what a customer owes: what is due first is paid first, unless a sale is named."""
    return await transact(
        services.repay_in_cash,
        customer_id,
        body.amount,
        body.tendered,
        body.sale_id,
        body.drawer_id,
        reply=RepaidOut.of,
        once=key,
        status=201,
    )


@router.post(
    f"{_PATH}/mpesa",
    status_code=202,
    response_model=PaymentOut,
    responses=problems(
        CreditAccountUnknown,
        DebtUnknown,
        PaymentInProgress,
        PaymentConfigMissing,
        EnvironmentNotOffered,
        NotWholeShillings,
        PhoneNotValid,
        PushLimitReached,
        MpesaUnavailable,
        DrawerNotOpen,
        DrawerUnclear,
        DrawerNeeded,
        *_ONCE,
    ),
)
async def ask_for_debts(
    transact: Collecting, customer_id: UUID, body: DebtPromptIn, key: IdempotencyKey, request: Request
) -> Response:
    """Ask a phone for what a customer owes; read the payment to see how it ends."""
    terms: Terms = request.app.state.terms
    return await transact(
        services.ask_mpesa,
        customer_id,
        body.amount,
        body.phone,
        body.sale_id,
        terms,
        body.drawer_id,
        reply=PaymentOut.of,
        once=key,
        status=202,
    )
