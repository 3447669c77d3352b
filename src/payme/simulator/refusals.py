"""Refusals on the wire: the three shapes of error Daraja has, and the ways a connection dies without one."""

import asyncio
import os
import socket
import struct
from collections import Counter
from http import HTTPStatus

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from payme.simulator.errors import (
    ConnectionCut,
    FirewallBlocked,
    GatewayRefusal,
    MerchantConflict,
    NoSuchNumber,
    PageServed,
    PromptNotFound,
    PromptNotSettled,
    PromptNotWaiting,
    SpikeArrested,
    TooManyFaults,
    UnknownApp,
)
from payme.simulator.gate import Gate

_SPIKE = (
    "Spike arrest violation. Allowed rate : "
    "MessageRate{messagesPerPeriod=5, periodInMicroseconds=60000000, maxBurstMessageCount=1.0}"
)
_INCIDENT = (
    '<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head>'
    "<body>Request unsuccessful. Incapsula incident ID: 0-0</body></html>"
)
_NO_LINGER = struct.pack("ii", 1, 0)


class CutConnection(Response):
    """A response that never comes, or stops in the middle: the socket is reset, or closed after `partial`."""

    def __init__(self, partial: bytes) -> None:
        """Keep what leaks out before the end."""
        super().__init__()
        self._partial = partial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """End the connection; in process, where there is none, raise to an httpx client what a real end would."""
        del scope
        connection = _connection_behind(receive)
        if connection is None:
            raise httpx.RemoteProtocolError("answer cut off") if self._partial else httpx.ReadError("connection reset")
        if self._partial:
            headers = [(b"content-type", b"application/json"), (b"content-length", b"268")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self._partial, "more_body": True})
        _close(connection, reset=not self._partial)
        while (await receive())["type"] != "http.disconnect":
            pass


def _connection_behind(receive: Receive) -> asyncio.Transport | None:
    """Find the connection of this request, which ASGI hides: uvicorn's request holds it, an in-process call has none.

    uvloop's transports are no subclass of asyncio's, so it is known by what it can do.
    """
    connection = getattr(getattr(receive, "__self__", None), "transport", None)
    return connection if hasattr(connection, "abort") else None


def _close(connection: asyncio.Transport, *, reset: bool) -> None:
    """End the connection with FIN, or with RST: no lingering, set on a twin handle because uvloop's cannot be set."""
    if not reset:
        connection.close()
        return
    handle = connection.get_extra_info("socket")
    with socket.socket(fileno=os.dup(handle.fileno())) as twin:
        twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    connection.abort()


def add_refusals(app: FastAPI, gate: Gate, refusals: Counter[str]) -> None:
    """Teach the app every way of saying no. Each of Daraja's is counted in the ledger by its code."""

    @app.exception_handler(GatewayRefusal)
    async def send_envelope(_: Request, refusal: GatewayRefusal) -> Response:
        refusals[refusal.code] += 1
        return _envelope(gate, refusal.status, refusal.code, refusal.message)

    @app.exception_handler(HTTPException)
    async def send_routing_refusal(request: Request, refusal: HTTPException) -> Response:
        if refusal.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return _envelope(gate, refusal.status_code, "405.001", f"{request.method} Method Not Allowed")
        return _envelope(gate, refusal.status_code, "404.001.01", "Resource not found")

    @app.exception_handler(UnknownApp)
    async def send_nothing(_: Request, __: UnknownApp) -> Response:
        refusals["unknown_app"] += 1
        return Response(status_code=HTTPStatus.BAD_REQUEST)

    @app.exception_handler(SpikeArrested)
    async def send_fault(_: Request, __: SpikeArrested) -> Response:
        refusals["spike_arrest"] += 1
        detail = {"errorcode": "policies.ratelimit.SpikeArrestViolation"}
        fault = {"fault": {"faultstring": _SPIKE, "detail": detail}}
        return JSONResponse(fault, status_code=HTTPStatus.TOO_MANY_REQUESTS)

    @app.exception_handler(FirewallBlocked)
    async def send_firewall_page(_: Request, __: FirewallBlocked) -> Response:
        refusals["firewall"] += 1
        return HTMLResponse(_INCIDENT, status_code=HTTPStatus.SERVICE_UNAVAILABLE)

    @app.exception_handler(PageServed)
    async def send_page(_: Request, __: PageServed) -> Response:
        refusals["html"] += 1
        return HTMLResponse(_INCIDENT, status_code=HTTPStatus.OK)

    @app.exception_handler(ConnectionCut)
    async def cut_connection(_: Request, cut: ConnectionCut) -> Response:
        refusals["truncated" if cut.partial else "reset"] += 1
        return CutConnection(cut.partial)

    _add_director_refusals(app)


def _add_director_refusals(app: FastAPI) -> None:
    @app.exception_handler(PromptNotFound)
    async def send_not_found(_: Request, __: PromptNotFound) -> Response:
        return PlainTextResponse("There is no such prompt.", status_code=HTTPStatus.NOT_FOUND)

    @app.exception_handler(NoSuchNumber)
    async def send_no_number(_: Request, __: NoSuchNumber) -> Response:
        return PlainTextResponse("There is no such till, paybill or receipt.", status_code=HTTPStatus.NOT_FOUND)

    @app.exception_handler(TooManyFaults)
    async def send_too_many(_: Request, __: TooManyFaults) -> Response:
        return PlainTextResponse("Too many fault rules are on.", status_code=HTTPStatus.CONFLICT)

    @app.exception_handler(MerchantConflict)
    async def send_conflict(_: Request, conflict: MerchantConflict) -> Response:
        return PlainTextResponse(str(conflict), status_code=HTTPStatus.CONFLICT)

    @app.exception_handler(PromptNotWaiting)
    async def send_not_waiting(_: Request, __: PromptNotWaiting) -> Response:
        return PlainTextResponse("Nobody is asked about this prompt.", status_code=HTTPStatus.CONFLICT)

    @app.exception_handler(PromptNotSettled)
    async def send_not_settled(_: Request, __: PromptNotSettled) -> Response:
        return PlainTextResponse("The payer still decides.", status_code=HTTPStatus.CONFLICT)


def _envelope(gate: Gate, status: int, code: str, message: str) -> Response:
    return JSONResponse(
        {"requestId": gate.new_request_id(), "errorCode": code, "errorMessage": message}, status_code=status
    )
