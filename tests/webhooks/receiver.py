"""A merchant's own server: a real one, which remembers what it was sent and verifies it by the specification."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Verify as the Standard Webhooks specification says, knowing nothing of the sender's code."""
        prefix, _, encoded = secret.partition("_")
        assert prefix == "whsec"
        signed = b".".join([self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), self.body])
        expected = base64.b64encode(hmac.digest(base64.b64decode(encoded), signed, hashlib.sha256)).decode()
        versions = [part.split(",", 1) for part in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(given, expected) for version, given in versions)


@dataclass
class Receiver:
    """Answers with the next of ``answers``, then with 204; ``None`` hangs up, a number of seconds waits first."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[int | float | None] = field(default_factory=list)
    body: bytes = b""
    retry_after: str = ""
    """Goes with every answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(first.split(" ")[1], headers, body))
            answer = self.answers.pop(0) if self.answers else 204
            if isinstance(answer, float):
                await asyncio.sleep(answer)
                answer = 204
            if answer is not None:
                more = "Location: http://127.0.0.1:1/\r\n" if answer == 302 else ""
                more += f"Retry-After: {self.retry_after}\r\n" if self.retry_after else ""
                length = "" if answer == 204 else f"Content-Length: {len(self.body)}\r\n"
                writer.write(f"HTTP/1.1 {answer} Said\r\n{more}{length}\r\n".encode() + self.body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
