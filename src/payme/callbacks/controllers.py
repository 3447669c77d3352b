"""The door Daraja knocks at, and what a person may see and decide of what came through it.

The door answers 200 to everybody: who guesses learns nothing, and who is Daraja sends once.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from payme.callbacks import queries, services
from payme.callbacks.errors import CallbackNotFound, CallbackNotKept, CallbackNotMovable
from payme.callbacks.models import Arrival
from payme.callbacks.schemas import CallbackDetailOut, CallbackOut, RejectionIn
from payme.callbacks.services import CallbackKeeper
from payme.callbacks.types import CallbackState
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.paging import After

door = APIRouter(tags=["callbacks"])
router = APIRouter(tags=["callbacks"])
ACCEPTED: Final = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
Secret = Annotated[str, Path(min_length=1, max_length=128)]


async def arrival_of(request: Request, secret: str) -> Arrival:
    """Return what came in, with where it came from."""
    address = request.client.host if request.client else ""
    return Arrival(
        secret=secret,
        body=await request.body(),
        shortcode=request.headers.get("businessshortcode", ""),
        address=address,
        headers=request.headers,
        outside=request.app.state.is_outside(address),
    )


async def _keeper(request: Request) -> CallbackKeeper:
    keeper: CallbackKeeper = request.app.state.callbacks
    return keeper


Keeping = Annotated[CallbackKeeper, Depends(_keeper)]


@door.post(
    "/{secret}",
    response_class=Response,
    responses={200: {"description": "Stored."}, **problems(CallbackNotKept)},
)
async def store_callback(request: Request, secret: Secret, keeper: Keeping) -> Response:
    """Store a callback raw and answer at once; a worker applies it."""
    await keeper.keep(await arrival_of(request, secret))
    return Response(ACCEPTED, media_type="application/json")


InState = Annotated[CallbackState | None, Query(description="Only callbacks in this state.")]


@router.get("", response_model=Page[CallbackOut], responses=problems(InvalidCursor))
async def list_callbacks(
    transact: Annotated[Transact, needs("callbacks.read")],
    state: InState = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what M-Pesa told this business, newest first: `quarantined` and `dead` ones wait for a person."""
    return await transact(
        queries.list_callbacks,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, CallbackOut.of, lambda row: After(row.received_at, row.id)),
    )


@router.get("/{callback_id}", response_model=CallbackDetailOut, responses=problems(CallbackNotFound))
async def get_callback(callback_id: UUID, transact: Annotated[Transact, needs("callbacks.decide")]) -> Response:
    """Show a callback and what it says."""
    return await transact(queries.get_callback, callback_id, reply=CallbackDetailOut.of)


@router.post(
    "/{callback_id}/replay", response_model=CallbackOut, responses=problems(CallbackNotFound, CallbackNotMovable)
)
async def replay(callback_id: UUID, transact: Annotated[Transact, needs("callbacks.decide")]) -> Response:
    """Let a dead callback be tried again."""
    return await transact(services.replay, callback_id, reply=CallbackOut.of)


@router.post(
    "/{callback_id}/rejection", response_model=CallbackOut, responses=problems(CallbackNotFound, CallbackNotMovable)
)
async def reject(
    callback_id: UUID, body: RejectionIn, transact: Annotated[Transact, needs("callbacks.decide")]
) -> Response:
    """Decide that a quarantined callback has no effect."""
    return await transact(services.reject, callback_id, body.reason, reply=CallbackOut.of)
