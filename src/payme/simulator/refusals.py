"""Refusals on the wire: the three shapes of error Daraja has, and the ways a connection dies without one."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from payme.simulator.errors import (
    ConnectionCut,
    FirewallBlocked,
    GatewayRefusal,
    PromptNotFound,
    PromptNotSettled,
    PromptNotWaiting,
    SpikeArrested,
    UnknownApp,
)
from payme.simulator.services import Daraja

Handler = Callable[[Request, Exception], Awaitable[Response]]

_SPIKE = (
    "Spike arrest violation. Allowed rate : "
    "MessageRate{messagesPerPeriod=5, periodInMicroseconds=60000000, maxBurstMessageCount=1.0}"
)
_NO_LINGER = struct.pack("ii", 1, 0)


class CutConnection(Response):
    """A response that never comes, or stops in the middle: the socket is reset, or closed after `partial`."""

    def __init__(self, partial: bytes) -> None:
        super().__init__()
        self._partial = partial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection where the server lets us reach it, and otherwise leave the answer unfinished."""
        del scope
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if not self._partial and isinstance(transport, asyncio.Transport):
            peer = transport.get_extra_info("socket")
            if peer is not None:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"268")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._partial, "more_body": True})


def add_refusals(app: FastAPI, daraja: Daraja) -> None:
    """Teach the app every way of saying no. Each is counted in the ledger by its code."""

    def refuse_with(name: str, answer: Callable[[], Response]) -> Handler:
        async def handler(request: Request, refusal: Exception) -> Response:
            del request, refusal
            daraja.ledger.refusals[name] += 1
            return answer()

        return handler

    async def envelope(request: Request, refusal: Exception) -> Response:
        del request
        assert isinstance(refusal, GatewayRefusal)
        daraja.ledger.refusals[refusal.code] += 1
        return _envelope(daraja, refusal.status, refusal.code, refusal.message)

    async def cut(request: Request, refusal: Exception) -> Response:
        del request
        assert isinstance(refusal, ConnectionCut)
        daraja.ledger.refusals["truncated" if refusal.partial else "reset"] += 1
        return CutConnection(refusal.partial)

    async def routing(request: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, HTTPException)
        if refusal.status_code == 405:
            return _envelope(daraja, 405, "405.001", f"{request.method} Method Not Allowed")
        return _envelope(daraja, refusal.status_code, "404.001.01", "Resource not found")

    fault = {"fault": {"faultstring": _SPIKE, "detail": {"errorcode": "policies.ratelimit.SpikeArrestViolation"}}}
    incident = (
        '<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head>'
        "<body>Request unsuccessful. Incapsula incident ID: 0-0</body></html>"
    )
    app.add_exception_handler(GatewayRefusal, envelope)
    app.add_exception_handler(ConnectionCut, cut)
    app.add_exception_handler(HTTPException, routing)
    app.add_exception_handler(UnknownApp, refuse_with("unknown_app", lambda: Response(status_code=400)))
    app.add_exception_handler(SpikeArrested, refuse_with("spike_arrest", lambda: JSONResponse(fault, status_code=429)))
    app.add_exception_handler(
        FirewallBlocked,
        refuse_with("firewall", lambda: Response(incident, status_code=503, media_type="text/html")),
    )
    for refused, status, text in (
        (PromptNotFound, 404, "no such prompt"),
        (PromptNotWaiting, 409, "nobody is asked about this prompt"),
        (PromptNotSettled, 409, "the payer still decides"),
    ):
        app.add_exception_handler(
            refused, refuse_with(text, lambda text=text, status=status: PlainTextResponse(text, status_code=status))  # type: ignore[misc]
        )


def _envelope(daraja: Daraja, status: int, code: str, message: str) -> Response:
    return JSONResponse(
        {"requestId": daraja.new_request_id(), "errorCode": code, "errorMessage": message}, status_code=status
    )
