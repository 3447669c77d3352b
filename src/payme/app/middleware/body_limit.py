"""How much a request may carry: refused by its Content-Length, or while it streams in."""

from starlette.types import Message, Receive

CALLBACK_MAX_BYTES = 16 * 1024


class TooMuch(Exception):  # it never leaves the middleware
    """The body passed its limit while it was read."""


def declared_too_large(content_length: bytes, limit_bytes: int) -> bool:
    """Say whether a Content-Length admits to more than the limit; nonsense counts as too large."""
    return bool(content_length) and (not content_length.isdigit() or int(content_length) > limit_bytes)


class CountedBody:
    """Reads a body whose length nobody declared, and stops at the limit."""

    __slots__ = ("_limit_bytes", "_read_bytes", "_receive", "overflowed")

    def __init__(self, receive: Receive, limit_bytes: int) -> None:
        """Count what ``receive`` brings."""
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._read_bytes = 0
        self.overflowed = False

    async def __call__(self) -> Message:
        """Return the next piece; raises TooMuch at the limit."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._read_bytes += len(message.get("body", b""))
            if self._read_bytes > self._limit_bytes:
                self.overflowed = True
                raise TooMuch
        return message
