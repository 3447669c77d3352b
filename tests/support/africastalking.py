"""Africa's Talking, pretended: a real HTTP server that knows its documented answers and nothing of the product."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

API_KEY = "atsk_a key of a test"
USERNAME = "duka"
STATUS = {
    100: "Processed",
    101: "Success",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}


@dataclass
class Asked:
    """One request that it took in whole."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class AfricasTalkingServer:
    """Sends what it is asked to, or does the next of ``answers``.

    A code of three digits from 100 to 502 is said of the recipient; ``("http", status)`` is the answer's own status;
    ``"hang up"`` takes the request and says nothing; a number of seconds waits first; a text is the whole body.
    """

    port: int = 0
    cost: str = "KES 0.8000"
    answers: list[int | float | str | tuple[str, int]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    """Number and text of what would ring."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
            form = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
            self.asked.append(Asked(first.split(" ")[1], headers, form))
            answer = self.answers.pop(0) if self.answers else 101
            if isinstance(answer, float):
                await asyncio.sleep(answer)
                answer = 101
            if answer != "hang up":
                writer.write(self._reply(answer, headers, form))
                await writer.drain()
            elif form["to"]:
                self.sent.append((form["to"], form["message"]))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _reply(self, answer: int | str | tuple[str, int], headers: dict[str, str], form: dict[str, str]) -> bytes:
        if headers.get("apikey") != API_KEY or form.get("username") != USERNAME:
            return _http(401, "text/plain", "The supplied authentication is invalid")
        if isinstance(answer, tuple):
            return _http(answer[1], "text/plain", "something is wrong")
        if isinstance(answer, str):
            return _http(201, "application/json", answer)
        recipient = {"statusCode": answer, "number": form["to"], "status": STATUS[answer]}
        if answer < 200:
            self.sent.append((form["to"], form["message"]))
            recipient |= {"cost": self.cost, "messageId": f"ATXid_{len(self.sent)}"}
        else:
            recipient |= {"cost": "0", "messageId": "None"}
        told = f"Sent to {int(answer < 200)}/1 Total Cost: {self.cost if answer < 200 else 0}"
        data = {"SMSMessageData": {"Message": told, "Recipients": [recipient]}}
        return _http(201, "application/json; charset=utf-8", json.dumps(data))


def _http(status: int, kind: str, body: str) -> bytes:
    content = body.encode()
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


@asynccontextmanager
async def sending_server() -> AsyncIterator[AfricasTalkingServer]:
    """Run it."""
    pretended = AfricasTalkingServer()
    server = await asyncio.start_server(pretended.serve, "127.0.0.1", 0)
    pretended.port = server.sockets[0].getsockname()[1]
    try:
        yield pretended
    finally:
        server.close()
