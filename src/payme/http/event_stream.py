"""Server-sent events (WHATWG HTML, section 9.2): an answer that goes on, and is cut where nobody reads it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

SEND_S: Final = 20.0
"""How long a reader may leave what was sent to it unread (seconds), once the buffers between us are full."""
HEARTBEAT: Final = b": still here\n\n"
RECONNECT_MS: Final = 2000
STREAMED: Final = "payme.streamed"
"""Set in the scope of a request whose answer goes on: its duration says nothing about how fast we are."""
ABORT: Final = "payme.abort"
"""Where the server leaves what drops a connection at once, with all that waits to be sent on it."""


def event(name: str, data: str, identifier: str) -> bytes:
    """Write one event; ``data`` is one line."""
    assert "\n" not in data, "an event's data is one line of JSON"  # noqa: S101
    named = f"id: {identifier}\n" if identifier else ""
    return f"event: {name}\n{named}data: {data}\n\n".encode()


class EventStream(StreamingResponse):
    """An answer of events; ``left`` is called once at its end, however it comes."""

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncGenerator[bytes], *, left: Callable[[], None], send_s: float = SEND_S) -> None:
        """Send each chunk at once; a reader that leaves one unread for ``send_s`` is cut."""
        # A proxy that waits for more to come would keep the news to itself.
        super().__init__(chunks, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._chunks = chunks
        self._left = left
        self._send_s = send_s
        self._abort: Callable[[], None] = _nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        scope[STREAMED] = True
        self._abort = scope.get(ABORT, _nothing)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._left()

    async def stream_response(self, send: Send) -> None:
        """Send until the events end, or the reader does not read."""
        try:
            async with asyncio.timeout(self._send_s):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await send(_body(f"retry: {RECONNECT_MS}\n\n".encode()))
            async for chunk in self._chunks:
                async with asyncio.timeout(self._send_s):
                    await send(_body(chunk))
            async with asyncio.timeout(self._send_s):
                await send(_body(b"", more=False))
        except TimeoutError:
            self._abort()
            await asyncio.sleep(0)  # so that the server knows the connection is gone before we are done
        finally:
            await self._chunks.aclose()


def _body(chunk: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


def _nothing() -> None:
    """Stand in for a server that cannot drop a connection."""
