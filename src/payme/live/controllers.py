"""Routes of live status."""

from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from payme.http.event_stream import HEARTBEAT, EventStream, event
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.live import queries
from payme.live.errors import TooManyStreams
from payme.live.models import Message, Picture
from payme.live.schemas import StreamEndOut, TillChangeOut, TillOut, picture_of_payment, picture_of_till
from payme.live.services import Look, Streams
from payme.payments import PaymentNotFound, PaymentOut, get_payment

router = APIRouter(tags=["live"])

LastEventId = Annotated[
    str | None,
    Header(
        max_length=64, description="The id of the last event that was read: nothing is repeated where it still is so."
    ),
]


def _stream_of(**events: type) -> dict[int | str, dict[str, Any]]:
    """Describe what a stream sends; OpenAPI has no word for events, so each event's data is described by its name."""
    told = ", ".join(f"`{name}`: {shape.__name__}" for name, shape in events.items())
    shown = "".join(f"event: {name}\nid: 7f3a…\ndata: {{…}}\n\n" for name in events)
    return {
        200: {
            "description": f"Events, each with an id and JSON as data. {told}. A comment every 15 s keeps it open.",
            "content": {EventStream.media_type: {"schema": {"type": "string"}, "example": shown}},
        }
    }


@router.get(
    "/live",
    status_code=200,
    response_class=EventStream,
    responses=problems(TooManyStreams) | _stream_of(state=TillOut, change=TillChangeOut, end=StreamEndOut),
)
async def follow_till(
    request: Request,
    business_id: UUID,
    transact: Annotated[Transact, needs("sales.read")],
    last_event_id: LastEventId = None,
) -> Response:
    """Follow what a till shows: open sales and payments first, then each change of them.

    Server-sent events. What GET answers is the truth; the stream only says when to believe something else.
    """

    async def look() -> Picture:
        return picture_of_till(await transact.run(queries.get_till))

    session_id = await transact.run(queries.get_session_id)
    return await _follow(request, session_id, (business_id, None), look, last_event_id)


@router.get(
    "/payments/{payment_id}/events",
    status_code=200,
    response_class=EventStream,
    responses=problems(TooManyStreams, PaymentNotFound) | _stream_of(payment=PaymentOut, end=StreamEndOut),
)
async def follow_payment(
    request: Request,
    business_id: UUID,
    payment_id: UUID,
    transact: Annotated[Transact, needs("payments.read")],
    last_event_id: LastEventId = None,
) -> Response:
    """Follow one payment: as it is now, then at each change.

    Server-sent events; every event is the whole payment as GET shows it.
    """

    async def look() -> Picture:
        return picture_of_payment(await transact.run(get_payment, payment_id))

    session_id = await transact.run(queries.get_session_id)
    return await _follow(request, session_id, (business_id, payment_id), look, last_event_id)


async def _follow(
    request: Request, session_id: UUID, what: tuple[UUID, UUID | None], look: Look, seen: str | None
) -> Response:
    streams: Streams = request.app.state.streams
    with ExitStack() as stack:
        # The place comes before the first look: what changes after the look wakes it.
        seat = stack.enter_context(streams.seat(session_id, *what))
        first = await streams.look(look)
        messages = streams.follow(seat, look, first, seen)
        return EventStream(_written(messages), left=stack.pop_all().close)


async def _written(messages: AsyncGenerator[Message | None]) -> AsyncGenerator[bytes]:
    async with aclosing(messages):
        async for message in messages:
            yield HEARTBEAT if message is None else event(message.event, message.data, message.id)
