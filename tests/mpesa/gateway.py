"""A small Daraja over real TCP that answers exactly what a test tells it to, in the right or in the wrong way."""

import asyncio
import json
import socket
import struct
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from random import randrange

TOKEN = "/oauth/v1/generate?grant_type=client_credentials"
PUSH = "/mpesa/stkpush/v1/processrequest"
QUERY = "/mpesa/stkpushquery/v1/query"

CHECKOUT_ID = "ws_CO_06022025103412745717551542"


class Fault(Enum):
    """Ways a connection ends without an answer."""

    RESET = auto()
    CLOSED = auto()
    SILENCE = auto()
    TRUNCATED = auto()
    TRICKLE = auto()


@dataclass(frozen=True)
class Http:
    """A whole answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    location: str = ""
    retry_after: str = ""


Answer = Http | Fault


@dataclass(frozen=True)
class Asked:
    """A request as it came off the wire."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def as_json(status: int, **said: object) -> Http:
    return Http(status, json.dumps(said).encode())


def envelope(status: int, code: str, message: str | None) -> Http:
    return as_json(status, requestId="c62b-4e23-a479-5f74de8082a1894500", errorCode=code, errorMessage=message)


def token(value: str = "c9SQxWWhmdVRlyh0zh8gZDTkubVF", expires_in: object = "3599") -> Http:
    return as_json(200, access_token=value, expires_in=expires_in)


def accepted(checkout_id: str = CHECKOUT_ID) -> Http:
    text = "Success. Request accepted for processing"
    return as_json(
        200,
        MerchantRequestID="2654-4b64-97ff-b827b542881d3130",
        CheckoutRequestID=checkout_id,
        ResponseCode="0",
        ResponseDescription=text,
        CustomerMessage=text,
    )


def result(code: str, text: str, checkout_id: str = CHECKOUT_ID) -> Http:
    return as_json(
        200,
        ResponseCode="0",
        ResponseDescription="The service request has been accepted successsfully",
        MerchantRequestID="22205-34066-1",
        CheckoutRequestID=checkout_id,
        ResultCode=code,
        ResultDesc=text,
    )


SPIKE = as_json(
    429,
    fault={
        "faultstring": "Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5, "
        "periodInMicroseconds=60000000, maxBurstMessageCount=1.0}",
        "detail": {"errorcode": "policies.ratelimit.SpikeArrestViolation"},
    },
)
FIREWALL = Http(503, b"<html>Request unsuccessful. Incapsula incident ID: 0-0</html>", "text/html")
SOAP_FAULT = as_json(
    500,
    Envelope={
        "Body": {
            "Fault": {
                "faultcode": "soap:Server",
                "faultstring": "Execution of ServiceCallout SCO-AddURLVault failed. "
                "Reason: ResponseCode 409 is treated as error",
            }
        }
    },
)
STALE_TOKEN = envelope(404, "404.001.03", "Invalid Access Token")


@dataclass
class Gateway:
    """Answers by path: what is queued first, else the usual."""

    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)
    queued: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    usual: dict[str, Answer] = field(
        default_factory=lambda: {TOKEN: token(), PUSH: accepted(), QUERY: result("0", "Processed.")}
    )
    revoked: set[str] = field(default_factory=set)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    conversations: set[asyncio.Task[None]] = field(default_factory=set)
    server: asyncio.Server | None = None

    def next(self, path: str, *answers: Answer) -> None:
        self.queued[path].extend(answers)

    def times(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)

    def last(self, path: str) -> Asked:
        return next(asked for asked in reversed(self.asked) if asked.path == path)

    async def hears(self, path: str, times: int = 1) -> None:
        """Wait until the path was asked for so many times in all."""
        while self.times(path) < times:
            self.news.clear()
            await self.news.wait()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.conversations.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.conversations.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        path = request.split(" ")[1]
        self.asked.append(Asked(path, headers, await reader.readexactly(int(headers.get("content-length", "0")))))
        self.news.set()
        await self.hold.wait()
        answer = self.queued[path].popleft() if self.queued[path] else self.usual[path]
        if headers.get("authorization", "").removeprefix("Bearer ") in self.revoked:
            answer = STALE_TOKEN
        if isinstance(answer, Fault):
            await self._fail(answer, writer)
            return False
        location = f"Location: {answer.location}\r\n" if answer.location else ""
        location += f"Retry-After: {answer.retry_after}\r\n" if answer.retry_after else ""
        head = f"HTTP/1.1 {answer.status} X\r\nContent-Type: {answer.content_type}\r\n{location}"
        writer.write(f"{head}Content-Length: {len(answer.body)}\r\n\r\n".encode() + answer.body)
        await writer.drain()
        return True

    async def _fail(self, fault: Fault, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 268\r\n\r\n"
        if fault is Fault.RESET:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif fault is Fault.TRUNCATED:
            writer.write(head + b'{"MerchantRequestID":"2654-4b64')
            await writer.drain()
        elif fault is Fault.SILENCE:
            await asyncio.sleep(60)
        elif fault is Fault.TRICKLE:
            writer.write(head)
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)


@asynccontextmanager
async def opened_gateway() -> AsyncIterator[Gateway]:
    """Serve on a port of its own until the end."""
    gateway = Gateway()
    gateway.hold.set()
    # An address of its own: what the books remember of one gateway's line must not be read by the next on its port.
    host = f"127.{randrange(1, 255)}.{randrange(1, 255)}.{randrange(1, 255)}"
    server = await asyncio.start_server(gateway.converse, host, 0)
    gateway.server = server
    gateway.base_url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield gateway
    finally:
        server.close()
        await server.wait_closed()
        left = list(gateway.conversations)
        for conversation in left:
            conversation.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class ShopClock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 21, 30, 5, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
