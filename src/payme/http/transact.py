"""From a request to a transaction: who asks, for which business, with which permission, and how the answer is sent."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any, Protocol, TypeVar, TypeVarTuple
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from payme.http.errors import IdempotencyKeyMissing, SignInRequired, WrongOrigin
from payme.http.problems import request_id_of
from payme.kit.actor import Actor
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.transaction import Database, Once, Scope, Tx

SESSION_COOKIE = "__Host-session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME_SITE = frozenset({None, "same-origin", "none"})

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


class Admission(Protocol):
    """How identity lets an actor in; the composition root hands it over."""

    async def __call__(self, tx: Tx, token: str, permission: str | None) -> Actor:
        """Return the actor, or raise SignInRequired, NoSuchThing or NotAllowed."""
        ...


class Transact:
    """One request's way to run commands and queries, each in a transaction of its own."""

    def __init__(self, database: Database, scope: Scope, fingerprint: bytes) -> None:
        """Belong to the request."""
        self._database = database
        self._scope = scope
        self._fingerprint = fingerprint

    async def __call__(
        self,
        work: Callable[[Tx, *Args], Awaitable[Result]],
        *args: *Args,
        reply: Callable[[Result], BaseModel],
        once: str | None = None,
        status: int = 200,
    ) -> Response:
        """Run ``work`` and answer with ``reply(result)``; with ``once`` the answer is kept under that key."""
        if once is None:
            result = await self._database.transact(self._scope, work, *args)
            return _respond(StoredAnswer(status, reply(result).model_dump_json()))
        kept: Once[Result] = Once(
            once, self._fingerprint, lambda result: StoredAnswer(status, reply(result).model_dump_json())
        )
        return _respond(await self._database.transact_once(self._scope, kept, work, *args))

    async def run(self, work: Callable[[Tx, *Args], Awaitable[Result]], *args: *Args) -> Result:
        """Run ``work`` and return its result, for the few answers that are not one JSON body."""
        return await self._database.transact(self._scope, work, *args)

    def within(self, business_id: UUID) -> "Transact":
        """Return the same for one business that the path does not name: a new one, or one that a link leads to."""
        return Transact(self._database, replace(self._scope, business_id=business_id), self._fingerprint)

    def new_id(self) -> UUID:
        """Make an id, for a business that is about to be opened."""
        return self._database.seams.new_id()


def _respond(answer: StoredAnswer) -> Response:
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, status_code=answer.status, media_type="application/json", headers=headers)


def token_of(request: Request) -> str:
    """Return the session token: a Bearer token, or the cookie if the request comes from our own pages.

    Raises SignInRequired, WrongOrigin.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        raise SignInRequired
    if request.method not in _SAFE_METHODS and not _is_own_page(request):
        raise WrongOrigin
    return cookie


def _is_own_page(request: Request) -> bool:
    if request.headers.get("sec-fetch-site") not in _SAME_SITE:
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


class Needs:
    """A dependency that gives a route its ``Transact`` for one business, and lets only the permitted in.

    Ownership is checked here and nowhere else: the admission runs inside the transaction, so the role it read is the
    role at the time of the effect.
    """

    def __init__(self, permission: str, *, reads_body: bool = True) -> None:
        """Ask for ``permission`` in the business of the path."""
        self.permission = permission
        self._reads_body = reads_body

    async def __call__(self, request: Request, business_id: UUID) -> Transact:
        """Bind the request."""
        return await _bind(request, business_id, self.permission, reads_body=self._reads_body)


class SignedIn:
    """A dependency for routes of a person rather than of a business."""

    permission = None

    async def __call__(self, request: Request) -> Transact:
        """Bind the request."""
        return await _bind(request, None, None)


class Anyone:
    """A dependency for the few routes that ask for no session."""

    permission = None

    async def __call__(self, request: Request) -> Transact:
        """Bind the request; a page of another site may not sign a browser in as somebody else. Raises WrongOrigin."""
        if request.method not in _SAFE_METHODS and not _is_own_page(request):
            raise WrongOrigin
        scope = Scope(None, _visitor, request_id_of(request))
        return Transact(request.app.state.database, scope, await _fingerprint(request))


async def _visitor(_: Tx) -> Actor:
    return Actor(kind="visitor", name="visitor")


async def _bind(
    request: Request, business_id: UUID | None, permission: str | None, *, reads_body: bool = True
) -> Transact:
    token = token_of(request)
    admission: Admission = request.app.state.admission

    async def admit(tx: Tx) -> Actor:
        return await admission(tx, token, permission)

    scope = Scope(business_id, admit, request_id_of(request))
    return Transact(request.app.state.database, scope, await _fingerprint(request) if reads_body else b"")


async def _fingerprint(request: Request) -> bytes:
    address = f"{request.method} {request.scope['path']}?".encode() + request.scope["query_string"]
    digest = hashlib.sha256(address + b"\n")
    digest.update(await request.body())
    return digest.digest()


async def _key(
    idempotency_key: Annotated[
        str | None,
        Header(min_length=8, max_length=128, description="A new UUID for each new request; the same one to repeat it."),
    ] = None,
) -> str:
    if idempotency_key is None:
        raise IdempotencyKeyMissing
    return idempotency_key


IdempotencyKey = Annotated[str, Depends(_key)]


def needs(permission: str) -> Any:  # noqa: ANN401  FastAPI's own marker type
    """Mark a parameter as the ``Transact`` of a route that needs ``permission``."""
    return Depends(Needs(permission))


def needs_before_body(permission: str) -> Any:  # noqa: ANN401
    """Mark the same where the route itself reads a large body, after the permission; it takes no Idempotency-Key."""
    return Depends(Needs(permission, reads_body=False))


def signed_in() -> Any:  # noqa: ANN401
    """Mark a parameter as the ``Transact`` of a route for any signed-in person."""
    return Depends(SignedIn())


def anyone() -> Any:  # noqa: ANN401
    """Mark a parameter as the ``Transact`` of a public route."""
    return Depends(Anyone())
