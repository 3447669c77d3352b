"""A merchant, written from Daraja's documents alone: its requests, its address for callbacks, its time."""

import asyncio
import base64
import heapq
import itertools
import json
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response

from payme.simulator import Fault, SimulatorConfig
from payme.simulator.models import SANDBOX_PASSKEY

PATIENCE_S = 60.0
PHONE = "254722000123"

Json = dict[str, Any]


async def eventually(is_true: Callable[[], bool]) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_true():  # noqa: ASYNC110 - what we wait for happens behind a socket
            await asyncio.sleep(0.005)


class Mailbox:
    """What arrived at one callback address. `status` is what the sender is answered with."""

    def __init__(self) -> None:
        self.status = 200
        self.letters: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.others: dict[str, list[Json]] = defaultdict(list)
        self.answers: dict[str, str] = {}
        self.thinks_s = 0.0

    async def wait_for_other(self, kind: str, count: int = 1) -> list[Json]:
        """All letters of another kind, as soon as there are so many."""
        await eventually(lambda: len(self.others[kind]) >= count)
        return self.others[kind]

    async def wait_for(self, count: int) -> list[Json]:
        """All callbacks, as soon as there are so many."""
        await eventually(lambda: len(self.letters) >= count)
        return self.letters


class PostOffice:
    """A server of callback addresses, one a mailbox, told apart by the secret in the path."""

    def __init__(self) -> None:
        self.boxes: dict[str, Mailbox] = {}
        self.app = FastAPI(openapi_url=None)
        self.app.add_api_route("/callbacks/{secret}", self._take, methods=["POST"])
        self.app.add_api_route("/letters/{secret}/{kind}", self._take_any, methods=["POST"])

    def open_box(self) -> tuple[str, Mailbox]:
        """Open a mailbox; gives its path and itself."""
        secret = f"secret-{len(self.boxes)}"
        self.boxes[secret] = Mailbox()
        return f"/callbacks/{secret}?of=ours", self.boxes[secret]

    async def _take(self, secret: str, request: Request) -> Response:
        assert request.url.query == "of=ours"
        box = self.boxes[secret]
        box.headers.append(dict(request.headers))
        box.letters.append(json.loads(await request.body())["Body"]["stkCallback"])
        return Response('{"ResultCode":0,"ResultDesc":"Accepted"}', status_code=box.status)

    async def _take_any(self, secret: str, kind: str, request: Request) -> Response:
        box = self.boxes[secret]
        box.others[kind].append(json.loads(await request.body()))
        await asyncio.sleep(box.thinks_s)
        return Response(box.answers.get(kind, '{"ResultCode":0,"ResultDesc":"Accepted"}'), status_code=box.status)


class Shop:
    """A merchant's side of the wire, written from Daraja's documents and not from our client."""

    def __init__(self, daraja: httpx.AsyncClient, mailbox: Mailbox, callback_url: str) -> None:
        self.daraja = daraja
        self.mailbox = mailbox
        self.callback_url = callback_url
        self.shortcode = "174379"
        self.passkey = SANDBOX_PASSKEY
        self.key = "simulator"
        self.secret = "simulator"
        self.timestamp = "20261122120000"
        self.bearer: str | None = None

    async def token(self) -> str:
        """A fresh bearer token."""
        response = await self.daraja.get(
            "/oauth/v1/generate", params={"grant_type": "client_credentials"}, auth=(self.key, self.secret)
        )
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    async def headers(self) -> dict[str, str]:
        """The Authorization header, with one token kept."""
        if self.bearer is None:
            self.bearer = await self.token()
        return {"Authorization": f"Bearer {self.bearer}"}

    def password(self) -> str:
        """base64(shortcode + passkey + timestamp)."""
        return base64.b64encode(f"{self.shortcode}{self.passkey}{self.timestamp}".encode()).decode()

    def request(self, phone: str, **changes: object) -> dict[str, object]:
        """A right push request, changed where asked; a change to None leaves the field out."""
        body: dict[str, object] = {
            "BusinessShortCode": self.shortcode,
            "Password": self.password(),
            "Timestamp": self.timestamp,
            "TransactionType": "CustomerPayBillOnline",
            "Amount": 150,
            "PartyA": phone,
            "PartyB": self.shortcode,
            "PhoneNumber": phone,
            "CallBackURL": self.callback_url,
            "AccountReference": "R7K2M",
            "TransactionDesc": "Sale",
        } | changes
        return {name: value for name, value in body.items() if value is not None}

    async def try_push(self, phone: str, **changes: object) -> httpx.Response:
        """Push, and see what comes."""
        return await self.daraja.post(
            "/mpesa/stkpush/v1/processrequest", json=self.request(phone, **changes), headers=await self.headers()
        )

    async def push(self, phone: str, **changes: object) -> str:
        """Push, be accepted, and have the CheckoutRequestID."""
        response = await self.try_push(phone, **changes)
        assert response.status_code == 200, response.text
        return str(response.json()["CheckoutRequestID"])

    async def query(self, checkout_request_id: str) -> httpx.Response:
        """Ask how a prompt stands."""
        body = {
            "BusinessShortCode": self.shortcode,
            "Password": self.password(),
            "Timestamp": self.timestamp,
            "CheckoutRequestID": checkout_request_id,
        }
        return await self.daraja.post("/mpesa/stkpushquery/v1/query", json=body, headers=await self.headers())

    def letter_url(self, kind: str) -> str:
        """The address for letters of another kind than STK callbacks."""
        return self.callback_url.partition("?")[0].replace("/callbacks/", "/letters/") + f"/{kind}"

    async def call(self, path: str, body: object) -> httpx.Response:
        """Call a product of Daraja with our token."""
        return await self.daraja.post(path, json=body, headers=await self.headers())

    async def registers(self, response_type: object = "Completed", **changes: object) -> httpx.Response:
        """Register the C2B addresses."""
        body = {
            "ShortCode": self.shortcode,
            "ResponseType": response_type,
            "ConfirmationURL": self.letter_url("confirm"),
            "ValidationURL": self.letter_url("validate"),
        } | changes
        return await self.call("/mpesa/c2b/v2/registerurl", body)

    async def dials(self, to: str, amount: int, account: str = "", phone: str = "254722000123") -> httpx.Response:
        """A customer pays by hand."""
        body = {"to": to, "amount": amount, "phone": phone, "account": account}
        return await self.daraja.post("/simulator/payments", json=body)

    async def asks_status(self, **changes: object) -> httpx.Response:
        """Ask for the status of a transaction."""
        body = {
            "Initiator": "testapi",
            "SecurityCredential": base64.b64encode(b"x" * 256).decode(),
            "CommandID": "TransactionStatusQuery",
            "PartyA": self.shortcode,
            "IdentifierType": "4",
            "ResultURL": self.letter_url("result"),
            "QueueTimeOutURL": self.letter_url("timeout"),
            "Remarks": "OK",
            "Occasion": "",
        } | changes
        return await self.call("/mpesa/transactionstatus/v1/query", body)

    async def asks_reversal(self, receipt: str, amount: int, **changes: object) -> httpx.Response:
        """Ask for a payment to be given back."""
        body = {
            "Initiator": "testapi",
            "SecurityCredential": base64.b64encode(b"x" * 256).decode(),
            "CommandID": "TransactionReversal",
            "TransactionID": receipt,
            "Amount": str(amount),
            "ReceiverParty": self.shortcode,
            "RecieverIdentifierType": "11",
            "ResultURL": self.letter_url("result"),
            "QueueTimeOutURL": self.letter_url("timeout"),
            "Remarks": "Wrong goods",
            "Occasion": "",
        } | changes
        return await self.call("/mpesa/reversal/v1/request", body)

    async def ledger(self, **filters: object) -> Json:
        """The truth."""
        response = await self.daraja.get("/simulator/ledger", params=filters)  # type: ignore[arg-type]
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def truth_of(self, checkout_request_id: str) -> Json:
        """The truth about one prompt."""
        prompts = (await self.ledger())["prompts"]
        return next(prompt for prompt in prompts if prompt["checkout_request_id"] == checkout_request_id)

    async def settled(self, checkout_request_id: str) -> Json:
        """The truth about one prompt, once the payer is done."""
        return await self._truth_once(checkout_request_id, lambda truth: truth["state"] != "waiting")

    async def delivered(self, checkout_request_id: str, count: int = 1) -> Json:
        """The truth about one prompt, once so many deliveries were tried."""
        return await self._truth_once(checkout_request_id, lambda truth: len(truth["deliveries"]) >= count)

    async def _truth_once(self, checkout_request_id: str, is_enough: Callable[[Json], bool]) -> Json:
        async with asyncio.timeout(PATIENCE_S):
            while not is_enough(truth := await self.truth_of(checkout_request_id)):  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.005)
            return truth

    async def direct(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Direct the play."""
        response = await self.daraja.request(method, f"/simulator{path}", json=body)
        assert response.is_success, response.text
        return response


class PromptServer(uvicorn.Server):
    """A server that starts and stops when told, and not at the next tenth of a second."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, log_level="critical", ws="none", lifespan="on"))
        self.ready = asyncio.Event()
        self.leave = asyncio.Event()

    async def main_loop(self) -> None:
        """Serve until told to leave."""
        self.ready.set()
        await self.leave.wait()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The app on a real port of this machine."""
    # Named as TCP, or asyncio leaves Nagle's delay on and each answer takes 40 ms longer.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = PromptServer(app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(PATIENCE_S):
            await server.ready.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:  # or the loop watches a closed socket on, and the next server, whose has its number, hears nobody
            server.leave.set()
            await serving


class VirtualTime:
    """Time that passes only when told to, in order."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 4, 18, 0, tzinfo=UTC)
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """The virtual instant."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Wait for virtual seconds."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.at + timedelta(seconds=seconds), next(self._order), woken))
        await woken

    async def pass_by(self, seconds: float) -> None:
        """Let seconds pass, waking everybody due on the way."""
        until = self.at + timedelta(seconds=seconds)
        await self._breathe()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, woken = heapq.heappop(self._sleepers)
            self.at = max(self.at, due)
            if not woken.done():
                woken.set_result(None)
            await self._breathe()
        self.at = until

    async def _breathe(self) -> None:
        for _ in range(200):
            await asyncio.sleep(0)


class TimedShop(Shop):
    """A shop in virtual time, wired to its Daraja without a network."""

    time: VirtualTime
    stop: Callable[[], Awaitable[None]]

    async def push_in_time(self, phone: str, **changes: object) -> str:
        """Push, and let the two seconds pass that the answer may take."""
        await self.headers()
        pushing = asyncio.create_task(self.push(phone, **changes))
        await self.time.pass_by(2.0)
        return await pushing


OpenShop = Callable[[SimulatorConfig], Awaitable[Shop]]
OpenTimedShop = Callable[[SimulatorConfig], Awaitable[TimedShop]]


async def switched_on(shop: Shop, *faults: Fault, **changes: object) -> int:
    answer = await shop.direct("POST", "/fault-rules", {"faults": list(faults)} | changes)
    return int(answer.json()["rule"])


def items(letter: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item.get("Value") for item in letter["CallbackMetadata"]["Item"]}
