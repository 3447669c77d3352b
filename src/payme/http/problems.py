"""Problems: the one place that turns a refusal into an HTTP answer (RFC 9457, ``application/problem+json``)."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from payme.http.errors import BodyTooLarge, IdempotencyKeyMissing, InvalidCursor, InvalidRequest, NoSuchThing
from payme.kit import errors as kinds
from payme.kit.errors import Refusal

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)

_BODY_UNREADABLE = 400  # the framework's only use of this status

_STATUS_OF_KIND: dict[type[Refusal], int] = {
    kinds.NotFound: 404,
    kinds.Conflict: 409,
    kinds.Forbidden: 403,
    kinds.Unauthenticated: 401,
    kinds.PaymentRequired: 402,
    kinds.TooMany: 429,
    kinds.Unavailable: 503,
    kinds.Invalid: 422,
}
_STATUS_OF_REFUSAL: dict[type[Refusal], int] = {
    IdempotencyKeyMissing: 400,
    InvalidCursor: 400,
    BodyTooLarge: 413,
}
_RETRY_AFTER_S = {"busy": 1, "idempotency_key_in_progress": 1, "database_unavailable": 3, "outcome_unknown": 1}


def status_of(refusal: type[Refusal]) -> int:
    """Return the HTTP status of a refusal: its own, or its kind's."""
    if refusal in _STATUS_OF_REFUSAL:
        return _STATUS_OF_REFUSAL[refusal]
    return next(status for kind, status in _STATUS_OF_KIND.items() if issubclass(refusal, kind))


def plain(value: object) -> Any:  # noqa: ANN401  JSON
    """Return a fact as JSON has it: money, quantities and ids as strings."""
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)


def problem_of(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """Write a refusal as a problem; its facts are members of their own."""
    return {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": status_of(type(refusal)),
        "detail": refusal.advice,
        "code": refusal.code,
        "request_id": request_id,
        **{name: plain(fact) for name, fact in refusal.facts().items()},
    }


def answer(refusal: Refusal, request_id: str) -> Response:
    """Return the HTTP answer for a refusal."""
    headers = {}
    retry_after = getattr(refusal, "retry_after_s", None) or _RETRY_AFTER_S.get(refusal.code)
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    if status_of(type(refusal)) == kinds_unauthenticated:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        json.dumps(problem_of(refusal, request_id)),
        status_code=status_of(type(refusal)),
        media_type=MEDIA_TYPE,
        headers=headers,
    )


kinds_unauthenticated = _STATUS_OF_KIND[kinds.Unauthenticated]


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """Describe a route's refusals for OpenAPI, by status."""
    described: dict[int | str, dict[str, Any]] = {}
    for refusal in refusals:
        status = status_of(refusal)
        entry = described.setdefault(
            status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        entry["description"] = " · ".join(filter(None, (entry["description"], f"{refusal.code}: {refusal.title}")))
        entry["content"][MEDIA_TYPE]["examples"][refusal.code] = {
            "value": {
                "type": f"/problems/{refusal.code}",
                "title": refusal.title,
                "status": status,
                "detail": refusal.advice,
                "code": refusal.code,
            }
        }
    return described


def request_id_of(request: Request) -> str:
    """Return the id the middleware gave the request."""
    return str(request.scope.get("payme.request_id", ""))


def install(app: FastAPI) -> None:
    """Answer every refusal, and every error of the framework, with a problem."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return answer(refusal, request_id_of(request))

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {
                "field": ".".join(str(part) for part in entry["loc"] if part != "body") or "body",
                "code": str(entry["type"]),
                "message": str(entry["msg"]),
            }
            for entry in error.errors()
        ]
        return answer(InvalidRequest(errors=errors[:50]), request_id_of(request))

    @app.exception_handler(asyncpg.CharacterNotInRepertoireError)
    async def not_text(request: Request, _: asyncpg.CharacterNotInRepertoireError) -> Response:
        wrong = {"field": "address", "code": "not_text", "message": "text may not contain the character NUL"}
        return answer(InvalidRequest(errors=[wrong]), request_id_of(request))

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == status_of(NoSuchThing):
            return answer(NoSuchThing(), request_id_of(request))
        if error.status_code == _BODY_UNREADABLE:
            wrong = {"field": "body", "code": "json_invalid", "message": "the body is not JSON in UTF-8"}
            return answer(InvalidRequest(errors=[wrong]), request_id_of(request))
        body = {
            "type": "about:blank",
            "title": str(error.detail),
            "status": error.status_code,
            "code": f"http_{error.status_code}",
            "request_id": request_id_of(request),
        }
        return Response(json.dumps(body), error.status_code, headers=dict(error.headers or {}), media_type=MEDIA_TYPE)

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> Response:
        # The stack goes to the log, never to the client.
        log.error("unexpected_error", request_id=request_id_of(request), exc_info=error)
        body = {
            "type": "/problems/internal_error",
            "title": "Something went wrong on our side.",
            "status": 500,
            "detail": "Nothing was changed unless you are told otherwise; quote the request id when you report it.",
            "code": "internal_error",
            "request_id": request_id_of(request),
        }
        return Response(json.dumps(body), status_code=500, media_type=MEDIA_TYPE)
