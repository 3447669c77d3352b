"""Routes of webhooks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.paging import After
from payme.kit.secrets import SecretKeysMissing
from payme.webhooks import queries, services
from payme.webhooks.errors import (
    AddressRefused,
    EndpointExists,
    EndpointNotFound,
    EndpointNotMovable,
    MessageNotFound,
    TooManyEndpoints,
)
from payme.webhooks.models import EndpointChange
from payme.webhooks.schemas import (
    EndpointChangeIn,
    EndpointIn,
    EndpointOut,
    EndpointsOut,
    MessageOut,
    MessageViewOut,
    NewEndpointOut,
    ReplayedOut,
    ReplayIn,
)
from payme.webhooks.services import PostOffice
from payme.webhooks.types import EndpointState, MessageState

router = APIRouter(tags=["webhooks"])
Reading = Annotated[Transact, needs("webhooks.read")]
Changing = Annotated[Transact, needs("webhooks.change")]


async def _office(request: Request) -> PostOffice:
    office: PostOffice = request.app.state.post_office
    return office


Office = Annotated[PostOffice, Depends(_office)]


@router.get("", response_model=EndpointsOut)
async def list_webhook_endpoints(transact: Reading) -> Response:
    """List where the business wants to be told."""
    return await transact(queries.list_endpoints, reply=EndpointsOut.of)


@router.post(
    "",
    status_code=201,
    response_model=NewEndpointOut,
    responses=problems(AddressRefused, TooManyEndpoints, EndpointExists, SecretKeysMissing),
)
async def register_webhook_endpoint(body: EndpointIn, transact: Changing, office: Office) -> Response:
    """Tell news to an address from now on; the answer has the secret, once.

    No answer is kept for an Idempotency-Key, because it would keep the secret; the same address twice is refused.
    """
    await transact.run(services.may_register)
    await office.courier.check(body.url)
    return await transact(
        services.register_endpoint, body.to_draft(), office.keys, reply=NewEndpointOut.of_new, status=201
    )


@router.get("/{endpoint_id}", response_model=EndpointOut, responses=problems(EndpointNotFound))
async def get_webhook_endpoint(transact: Reading, endpoint_id: UUID) -> Response:
    """Read one endpoint."""
    return await transact(queries.get_endpoint, endpoint_id, reply=EndpointOut.of)


@router.patch("/{endpoint_id}", response_model=EndpointOut, responses=problems(EndpointNotFound, EndpointNotMovable))
async def change_webhook_endpoint(transact: Changing, endpoint_id: UUID, body: EndpointChangeIn) -> Response:
    """Choose what is told, pause, or go on after a pause or a disabling."""
    return await transact(services.change_endpoint, endpoint_id, body.to_change(), reply=EndpointOut.of)


@router.delete("/{endpoint_id}", status_code=204, responses=problems(EndpointNotFound, EndpointNotMovable))
async def remove_webhook_endpoint(transact: Changing, endpoint_id: UUID) -> Response:
    """Send nothing more to an endpoint, for good."""
    await transact.run(services.change_endpoint, endpoint_id, EndpointChange(state=EndpointState.REMOVED))
    return Response(status_code=204)


@router.post(
    "/{endpoint_id}/secret", response_model=NewEndpointOut, responses=problems(EndpointNotFound, SecretKeysMissing)
)
async def rotate_webhook_secret(transact: Changing, endpoint_id: UUID, office: Office) -> Response:
    """Sign with a new secret, shown this once; for 24 hours messages are signed with the one before, too."""
    return await transact(services.rotate_secret, endpoint_id, office.keys, reply=NewEndpointOut.of_new)


@router.post(
    "/{endpoint_id}/test",
    status_code=202,
    response_model=MessageOut,
    responses=problems(EndpointNotFound, EndpointNotMovable),
)
async def test_webhook_endpoint(transact: Changing, endpoint_id: UUID) -> Response:
    """Send a message that means nothing; read it to see what the receiver said."""
    return await transact(services.send_test, endpoint_id, reply=MessageOut.of, status=202)


@router.get(
    "/{endpoint_id}/messages", response_model=Page[MessageOut], responses=problems(EndpointNotFound, InvalidCursor)
)
async def list_webhook_messages(
    transact: Reading,
    endpoint_id: UUID,
    state: MessageState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what an endpoint was told, or is to be told, newest first."""
    return await transact(
        queries.list_messages,
        endpoint_id,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, MessageOut.of, lambda row: After(row.created_at, row.id)),
    )


@router.get("/{endpoint_id}/messages/{message_id}", response_model=MessageViewOut, responses=problems(MessageNotFound))
async def get_webhook_message(transact: Reading, endpoint_id: UUID, message_id: UUID) -> Response:
    """Read a message and every try to deliver it."""
    return await transact(queries.get_message, endpoint_id, message_id, reply=MessageViewOut.of_view)


@router.post(
    "/{endpoint_id}/messages/{message_id}/replay",
    status_code=202,
    response_model=MessageViewOut,
    responses=problems(MessageNotFound),
)
async def replay_webhook_message(transact: Changing, endpoint_id: UUID, message_id: UUID) -> Response:
    """Send a message again, under the same id."""
    return await transact(services.replay_message, endpoint_id, message_id, reply=MessageViewOut.of_view, status=202)


@router.post("/{endpoint_id}/replay", status_code=202, response_model=ReplayedOut, responses=problems(EndpointNotFound))
async def replay_webhook_messages(transact: Changing, endpoint_id: UUID, body: ReplayIn) -> Response:
    """Send what ended since an instant again, the oldest first; ask again where it answers 5000."""
    return await transact(
        services.replay_since, endpoint_id, body.since, body.only_failed, reply=ReplayedOut.of, status=202
    )
