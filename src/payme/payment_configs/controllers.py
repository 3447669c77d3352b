"""Routes of payment configs. Whoever changes one types their password again: it decides where money goes.

No answer is kept under an Idempotency-Key: its fingerprint would be a quick hash of a body with a password in it. To
set the same number up twice is refused, and the other changes are the same when done twice.
"""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request, Response

from payme.http.errors import InvalidCursor, RateLimited
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems, request_id_of
from payme.http.transact import Transact, needs
from payme.identity import SignInLimits, WrongPassword, get_own_login
from payme.kit.paging import After
from payme.kit.secrets import SecretKeysMissing, SecretUnreadable
from payme.payment_configs import queries, rules, services
from payme.payment_configs.errors import (
    EnvironmentNotOffered,
    InitiatorIncomplete,
    NumberTaken,
    PaymentConfigNotFound,
    PaymentConfigsBusy,
    TillNumberWrong,
    TooManyPaymentConfigs,
)
from payme.payment_configs.models import PaymentConfig, Strongbox
from payme.payment_configs.schemas import PasswordIn, PaymentConfigChangeIn, PaymentConfigIn, PaymentConfigOut

router = APIRouter(tags=["payment configs"])
log = structlog.get_logger(__name__)
Reading = Annotated[Transact, needs("payment_configs.read")]
Changing = Annotated[Transact, needs("payment_configs.change")]
_AGAIN = (WrongPassword, RateLimited)


async def _strongbox(request: Request) -> Strongbox:
    box: Strongbox = request.app.state.strongbox
    return box


Box = Annotated[Strongbox, Depends(_strongbox)]


async def _sign_in_again(request: Request, transact: Transact, password: str) -> None:
    """Let only the person through whose session it is; a borrowed device is not enough.

    Raises WrongPassword, RateLimited.
    """
    limits: SignInLimits = request.app.state.sign_in_limits
    own = await transact.run(get_own_login)
    try:
        await limits.confirm(own, password, request.client.host if request.client else "")
    except WrongPassword:
        log.info("password_refused", request_id=request_id_of(request), person_id=str(own.login.user_id))
        raise


class _Shown:
    """Shows a config of one business."""

    def __init__(self, business_id: UUID, box: Strongbox) -> None:
        self._business_id = business_id
        self._box = box

    def __call__(self, config: PaymentConfig) -> PaymentConfigOut:
        return PaymentConfigOut.of(rules.shown(self._business_id, config, self._box.keys))


@router.get("", response_model=Page[PaymentConfigOut], responses=problems(InvalidCursor))
async def list_payment_configs(
    transact: Reading, business_id: UUID, box: Box, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List paybills and tills, newest first; one at the most is active."""
    show = _Shown(business_id, box)
    return await transact(
        queries.list_configs,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, show, lambda row: After(row.created_at, row.id)),
    )


@router.get("/{config_id}", response_model=PaymentConfigOut, responses=problems(PaymentConfigNotFound))
async def get_payment_config(transact: Reading, business_id: UUID, config_id: UUID, box: Box) -> Response:
    """Read a paybill or till, its secrets masked."""
    return await transact(queries.get_config, config_id, reply=_Shown(business_id, box))


@router.post(
    "",
    status_code=201,
    response_model=PaymentConfigOut,
    responses=problems(
        NumberTaken,
        TooManyPaymentConfigs,
        PaymentConfigsBusy,
        EnvironmentNotOffered,
        TillNumberWrong,
        InitiatorIncomplete,
        SecretKeysMissing,
        *_AGAIN,
    ),
)
async def add_payment_config(
    request: Request, transact: Changing, business_id: UUID, body: PaymentConfigIn, box: Box
) -> Response:
    """Set up a paybill or till: customers are asked through it from now on, and not through the one before."""
    await _sign_in_again(request, transact, body.password)
    return await transact(services.add_config, body.to_draft(), box, reply=_Shown(business_id, box), status=201)


@router.patch(
    "/{config_id}",
    response_model=PaymentConfigOut,
    responses=problems(PaymentConfigNotFound, InitiatorIncomplete, SecretKeysMissing, SecretUnreadable, *_AGAIN),
)
async def change_payment_config(
    request: Request, transact: Changing, business_id: UUID, config_id: UUID, body: PaymentConfigChangeIn, box: Box
) -> Response:
    """Change credentials or particulars. Where the keys of the old secrets are lost, type all of them anew."""
    await _sign_in_again(request, transact, body.password)
    return await transact(services.change_config, config_id, body.to_change(), box, reply=_Shown(business_id, box))


@router.post(
    "/{config_id}/activation",
    response_model=PaymentConfigOut,
    responses=problems(PaymentConfigNotFound, NumberTaken, *_AGAIN),
)
async def activate_payment_config(
    request: Request, transact: Changing, business_id: UUID, config_id: UUID, body: PasswordIn, box: Box
) -> Response:
    """Ask customers through this paybill or till again, and not through another."""
    await _sign_in_again(request, transact, body.password)
    return await transact(services.activate_config, config_id, reply=_Shown(business_id, box))


@router.post(
    "/{config_id}/deactivation",
    response_model=PaymentConfigOut,
    responses=problems(PaymentConfigNotFound, *_AGAIN),
)
async def deactivate_payment_config(
    request: Request, transact: Changing, business_id: UUID, config_id: UUID, body: PasswordIn, box: Box
) -> Response:
    """Ask nobody through this paybill or till any more; money that was asked for may still come."""
    await _sign_in_again(request, transact, body.password)
    return await transact(services.deactivate_config, config_id, reply=_Shown(business_id, box))
