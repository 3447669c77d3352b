"""The door: the one wrapper around the routes.

In: request id, caller's address, rate limit, body limit. Out: request id, security headers, access log, figures. It
is on the way of every sale, so it is one object a request and no task, no generator, no copy of a body.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Final
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payme.app.metrics import HttpMetrics
from payme.app.middleware.body_limit import CALLBACK_MAX_BYTES, CountedBody, declared_too_large
from payme.app.middleware.client import NOWHERE, address_behind, is_within, limit_key
from payme.app.middleware.rate_limit import Limits, session_key
from payme.app.middleware.request_id import request_id_for
from payme.app.middleware.security_headers import with_security
from payme.app.telemetry import Tracing
from payme.app.variables import Network
from payme.http import problems
from payme.http.errors import BodyTooLarge, RateLimited
from payme.http.event_stream import STREAMED
from payme.kit.errors import Refusal
from payme.statement_files import FILE_BYTES_MAX

CALLBACKS: Final = "/callbacks/"
STATEMENTS: Final = "/statement-imports"
_RECEIPTS: Final = "/r/"
_SIGN_INS: Final = frozenset({"/v1/users", "/v1/sessions"})
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_WANTED: Final = frozenset(
    {b"x-request-id", b"authorization", b"cookie", b"content-length", b"x-forwarded-for", b"x-forwarded-proto"}
)
_UNKNOWN: Final = "unknown"
log = structlog.get_logger("payme.access")

OnBug = Callable[[Request, Exception], Awaitable[Response]]


@dataclass
class Draining:
    """Whether the server is about to stop; it still answers, and asks callers to go elsewhere."""

    is_on: bool = False


@dataclass(frozen=True)
class Rules:
    """What the door goes by."""

    body_max_bytes: int
    limits: Limits
    trusted_proxies: tuple[Network, ...]
    templates: Mapping[object, str]
    """The path template of each endpoint: what figures are told by, because ids would make endless series."""
    guarded: frozenset[object]
    """The endpoints that only a real session gets a good answer from."""
    new_id: Callable[[], UUID]
    timer: Callable[[], float]
    metrics: HttpMetrics
    draining: Draining
    tracing: Tracing | None = None


class _Visit:
    """One request on its way through."""

    __slots__ = ("_door", "_send", "body", "https", "leaving", "request_id", "scope", "started_s", "status", "streams")

    def __init__(self, door: "Door", scope: Scope, send: Send, *, request_id: str, leaving: bool) -> None:
        self._door = door
        self.scope = scope
        self._send = send
        self.request_id = request_id
        self.https = scope["scheme"] == "https"
        self.leaving = leaving
        self.started_s = door.timer()
        self.status = 0
        self.streams = False
        self.body: CountedBody | None = None

    async def send(self, message: Message) -> None:
        """Pass an answer on, with what every answer must have."""
        if self.body is not None and self.body.overflowed:
            return  # whatever the route makes of half a body; the door answers
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = with_security(message["headers"], https=self.https)
            headers.append((b"x-request-id", self.request_id.encode()))
            if self.leaving:
                headers.append((b"connection", b"close"))
            message["headers"] = headers
            if STREAMED in self.scope:
                self._door.stream_begins(self)
        await self._send(message)

    async def refuse(self, refusal: Refusal, receive: Receive) -> None:
        """Answer with a problem without asking any route."""
        await problems.answer(refusal, self.request_id)(self.scope, receive, self.send)


class Door:
    """Wraps the routes."""

    def __init__(self, app: ASGIApp, *, rules: Rules, on_bug: OnBug) -> None:
        """Stand before ``app``; ``on_bug`` turns an unexpected error into an answer that tells nothing."""
        self._app = app
        self._rules = rules
        self.timer = rules.timer
        self._on_bug = on_bug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rules = self._rules
        given = {name: value for name, value in scope["headers"] if name in _WANTED}
        self._find_caller(scope, given)
        request_id = request_id_for(given.get(b"x-request-id", b""), rules.new_id)
        scope["payme.request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        visit = _Visit(self, scope, send, request_id=request_id, leaving=rules.draining.is_on)
        rules.metrics.in_flight.inc()
        try:
            if rules.tracing is None:
                await self._admit(visit, receive, given)
            else:
                with rules.tracing.request(scope):
                    await self._admit(visit, receive, given)
                    scope["payme.answer"] = (self._template_of(scope), visit.status)
        finally:
            (rules.metrics.streams if visit.streams else rules.metrics.in_flight).dec()
            self._note(visit)

    def stream_begins(self, visit: _Visit) -> None:
        """Count an answer that goes on by its first byte, and among the streams from now on."""
        visit.streams = True
        metrics = self._rules.metrics
        metrics.in_flight.dec()
        metrics.streams.inc()
        route = self._template_of(visit.scope)
        metrics.seen(visit.scope["method"], route, visit.status, self.timer() - visit.started_s)

    def _find_caller(self, scope: Scope, given: dict[bytes, bytes]) -> None:
        trusted = self._rules.trusted_proxies
        peer = scope.get("client")
        if not trusted or peer is None or not is_within(peer[0], trusted):
            return
        hops = [hop.strip() for hop in given.get(b"x-forwarded-for", b"").decode("latin-1").split(",")]
        scope["client"] = (address_behind(peer[0], [hop for hop in hops if hop], trusted), 0)
        scope["payme.proxied"] = True
        scheme = given.get(b"x-forwarded-proto", b"").rpartition(b",")[2].strip()
        if scheme in {b"http", b"https"}:
            scope["scheme"] = scheme.decode()

    async def _admit(self, visit: _Visit, receive: Receive, given: dict[bytes, bytes]) -> None:
        scope = visit.scope
        session = session_key(given.get(b"authorization", b""), given.get(b"cookie", b""))
        wait_s = self._wait_s(scope, session)
        if wait_s:
            await visit.refuse(RateLimited(retry_after_s=ceil(wait_s)), receive)
            return
        is_callback = scope["path"].startswith(CALLBACKS)
        limit_bytes = CALLBACK_MAX_BYTES if is_callback else self._rules.body_max_bytes
        if scope["path"].endswith(STATEMENTS) and scope["method"] == "POST":
            limit_bytes = FILE_BYTES_MAX
        content_length = given.get(b"content-length", b"")
        if declared_too_large(content_length, limit_bytes):
            visit.leaving = True  # the rest of the body is not worth reading
            await visit.refuse(BodyTooLarge(limit_bytes=limit_bytes), receive)
            return
        counted = None if content_length else CountedBody(receive, limit_bytes)
        visit.body = counted
        await self._answer(visit, counted or receive)
        if counted is not None and counted.overflowed and not visit.status:
            visit.body = None
            visit.leaving = True
            await visit.refuse(BodyTooLarge(limit_bytes=limit_bytes), receive)
        if session is not None and visit.status // 100 == 2 and scope.get("endpoint") in self._rules.guarded:  # noqa: PLR2004
            self._rules.limits.remember(session)

    def _wait_s(self, scope: Scope, session: bytes | None) -> float:
        path = scope["path"]
        if path == "/healthz":
            return 0.0
        peer = scope.get("client")
        address = limit_key(peer[0]) if peer else NOWHERE
        if path.startswith(CALLBACKS):
            return self._rules.limits.wait_for_callback_s(address)
        if path.startswith(_RECEIPTS):
            return self._rules.limits.wait_for_receipt_s(address)
        if scope["method"] == "POST" and path.rstrip("/") in _SIGN_INS:
            return self._rules.limits.wait_for_sign_in_s(address)
        return self._rules.limits.wait_for_request_s(address, session)

    async def _answer(self, visit: _Visit, receive: Receive) -> None:
        try:
            await self._app(visit.scope, receive, visit.send)
        except Exception as error:
            if visit.body is not None and visit.body.overflowed:
                return
            response = await self._on_bug(Request(visit.scope), error)
            if visit.status:
                raise  # half an answer is out: the connection must break, so that nobody takes it for whole
            await response(visit.scope, receive, visit.send)

    def _template_of(self, scope: Scope) -> str:
        return self._rules.templates.get(scope.get("endpoint"), _UNKNOWN)

    def _note(self, visit: _Visit) -> None:
        scope = visit.scope
        duration_s = self.timer() - visit.started_s
        route = self._template_of(scope)
        status = visit.status or 499  # the caller left, or we were stopped
        if not visit.streams:
            self._rules.metrics.seen(scope["method"], route, status, duration_s)
        say = log.debug if scope["path"] in _QUIET else log.info
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            say = log.warning
        # The ids say which one; the whole path is told only where no route explains it.
        which = scope.get("path_params", {}) if route != _UNKNOWN else {"path": scope["path"]}
        say(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(duration_s * 1000, 2),
            **which,
        )
