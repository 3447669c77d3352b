"""Routes of payments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from payme.daraja import MpesaUnavailable
from payme.http.errors import IdempotencyKeyMissing, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.errors import KeyInProgress, KeyReused
from payme.kit.paging import After
from payme.payment_configs import EnvironmentNotOffered, PaymentConfigNotFound
from payme.payments import queries, services
from payme.payments.errors import PaymentConfigNotTested, PaymentInProgress, PaymentNotFound, PhoneNotValid
from payme.payments.models import Terms
from payme.payments.schemas import ConfigTestIn, ConfigTestOut, PaymentOut
from payme.payments.types import PaymentState
from payme.push_limits import PushLimitReached

payments = APIRouter(tags=["payments"])
config_tests = APIRouter(tags=["payment configs"])
Reading = Annotated[Transact, needs("payments.read")]


@payments.get("", response_model=Page[PaymentOut], responses=problems(InvalidCursor))
async def list_payments(
    transact: Reading,
    sale_id: UUID | None = None,
    state: PaymentState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List attempts to collect, newest first."""
    return await transact(
        queries.list_payments,
        sale_id,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, PaymentOut.of, lambda row: After(row.created_at, row.id)),
    )


@payments.get("/{payment_id}", response_model=PaymentOut, responses=problems(PaymentNotFound))
async def get_payment(transact: Reading, payment_id: UUID) -> Response:
    """Read one attempt to collect: poll it while the customer has the prompt."""
    return await transact(queries.get_payment, payment_id, reply=PaymentOut.of)


@config_tests.post(
    "/{config_id}/test",
    status_code=202,
    response_model=ConfigTestOut,
    responses=problems(
        PaymentConfigNotFound,
        PaymentInProgress,
        EnvironmentNotOffered,
        MpesaUnavailable,
        PhoneNotValid,
        PushLimitReached,
        IdempotencyKeyMissing,
        KeyInProgress,
        KeyReused,
    ),
)
async def test_payment_config(
    transact: Annotated[Transact, needs("payment_configs.change")],
    config_id: UUID,
    body: ConfigTestIn,
    key: IdempotencyKey,
    request: Request,
) -> Response:
    """Ask a phone, best your own, for one shilling; read the test to see what M-PESA said."""
    terms: Terms = request.app.state.terms
    return await transact(
        services.try_config, config_id, body.phone, terms, reply=ConfigTestOut.of, once=key, status=202
    )


@config_tests.get(
    "/{config_id}/test",
    response_model=ConfigTestOut,
    responses=problems(PaymentConfigNotFound, PaymentConfigNotTested),
)
async def get_payment_config_test(
    transact: Annotated[Transact, needs("payment_configs.read")], config_id: UUID
) -> Response:
    """Read how the latest test of a paybill or till went, in plain words."""
    return await transact(queries.get_test, config_id, reply=ConfigTestOut.of)
