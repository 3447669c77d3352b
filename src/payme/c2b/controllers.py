"""Routes of C2B, and the door at which Safaricom asks, before a customer's money moves, whether it is wanted."""

import asyncio
import json
from typing import Annotated, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request, Response

from payme import callbacks
from payme.c2b import queries, services
from payme.c2b.errors import C2bNotRequested
from payme.c2b.schemas import RegistrationIn, RegistrationOut
from payme.c2b.types import Answer
from payme.callbacks import Keeping, PathKind, Secret, arrival_of
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.db.transaction import Database, Scope
from payme.payment_configs import PaymentConfigNotFound

door = APIRouter(tags=["callbacks"])
router = APIRouter(tags=["payment configs"])
ANSWER_WITHIN_S: Final = 3.0
"""Safaricom waits eight seconds, and the customer as long."""
_WORDS: Final = {Answer.ACCEPT: "Accepted", Answer.UNKNOWN_ACCOUNT: "Rejected"}
log = structlog.get_logger(__name__)


@door.post("/ask/{secret}", response_class=Response, responses={200: {"description": "Whether it is wanted."}})
async def answer_validation(request: Request, secret: Secret, keeper: Keeping) -> Response:
    """Say whether a payment by hand is wanted. Whatever goes wrong here, money is never turned away for it."""
    arrival = await arrival_of(request, secret)
    answer = Answer.ACCEPT
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answer = await _answer(request.app.state.database, secret, arrival.body)
    except Exception as trouble:  # noqa: BLE001  a customer who pays must not be refused because we are ill
        log.warning("validation_accepted_unasked", error=type(trouble).__name__)
    await keeper.keep(arrival)
    body = json.dumps({"ResultCode": answer.value, "ResultDesc": _WORDS[answer]})
    return Response(body, media_type="application/json")


async def _answer(database: Database, secret: str, body: bytes) -> Answer:
    path_hash = callbacks.hash_of_secret(secret)
    address = await database.transact(Scope.system("c2b"), callbacks.find_path, path_hash)
    if address is None or address.kind is not PathKind.VALIDATION:
        return Answer.ACCEPT
    scope = Scope.system("c2b", address.business_id)
    return await database.transact(scope, services.answer_validation, address.subject_id, body)


@router.post(
    "/{config_id}/c2b", status_code=202, response_model=RegistrationOut, responses=problems(PaymentConfigNotFound)
)
async def request_c2b(
    config_id: UUID,
    body: RegistrationIn,
    transact: Annotated[Transact, needs("payment_configs.change")],
    key: IdempotencyKey,
) -> Response:
    """Ask Safaricom to tell of money that customers pay to this paybill or till by hand."""
    return await transact(
        services.request_c2b,
        config_id,
        body.rejects_unknown_accounts,
        reply=RegistrationOut.of,
        once=key,
        status=202,
    )


@router.get("/{config_id}/c2b", response_model=RegistrationOut, responses=problems(C2bNotRequested))
async def get_c2b(config_id: UUID, transact: Annotated[Transact, needs("payment_configs.read")]) -> Response:
    """Read whether Safaricom tells of money paid by hand."""
    return await transact(queries.get_registration, config_id, reply=RegistrationOut.of)
