"""The description of the API (OpenAPI 3.1): what FastAPI derives, and what it cannot know of us."""

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from payme.http.errors import (
    BodyTooLarge,
    IdempotencyKeyMissing,
    InvalidRequest,
    NoSuchThing,
    NotAllowed,
    RateLimited,
    SignInRequired,
    WrongOrigin,
)
from payme.http.problems import problems
from payme.http.transact import Needs, SignedIn
from payme.kit.errors import Busy, DatabaseUnavailable, KeyInProgress, KeyReused, Refusal
from payme.webhooks import webhook_descriptions

TAGS = [
    {"name": "identity", "description": "Who people are, which businesses they have, and what they may do."},
    {"name": "stock", "description": "Products, deliveries, and what is on the shelf."},
    {"name": "wallet", "description": "Prepaid tokens: one a sale."},
    {"name": "sales", "description": "Ring up, pay, cancel, and print receipts."},
    {"name": "drawers", "description": "Cash drawers: open, count what goes in and out, count what is there, close."},
    {"name": "returns", "description": "Goods that come back, sales that are voided on their day, and their money."},
    {"name": "customers", "description": "Who buys: found as you type, merged, exported, erased."},
    {"name": "messages", "description": "What customers are sent by SMS, and what it costs."},
    {"name": "credit", "description": "What customers may owe, owe, and pay back."},
    {"name": "payment configs", "description": "A shop's own paybill or till, and whether it works."},
    {"name": "payments", "description": "Attempts to collect money, and what became of them."},
    {"name": "refunds", "description": "Money given back: asked for, approved by somebody else, and paid."},
    {"name": "live", "description": "Changes as they happen, as server-sent events."},
    {
        "name": "webhooks",
        "description": "How a business's own systems are told what happened.",
    },
    {"name": "reports", "description": "What the shop did, by days: as JSON, text, CSV, XLSX and PDF."},
    {
        "name": "ledger",
        "description": "The books in double entry, with profit and loss and the balance sheet.",
    },
    {"name": "expenses", "description": "What was paid by M-Pesa, from the bank or from the owner's pocket."},
    {"name": "statements", "description": "M-PESA's own statement, held against the books."},
    {"name": "reconciliation", "description": "When the books were asked whether they agree, and what was found."},
    {"name": "issues", "description": "What does not agree, until a person looked at it."},
    {"name": "callbacks", "description": "Where M-Pesa tells what became of a payment."},
    {"name": "audit", "description": "Who did what, when, with which figures."},
    {"name": "operations", "description": "For whoever runs the server."},
]
ABOUT = """
Sales, stock, M-Pesa and tokens of small shops, in books that always add up.

* Sign in with `POST /v1/sessions` and send the token as `Authorization: Bearer …`.
* Money (KES, two places) and quantities (three places) are strings: `"120.50"`.
* Requests that move money, tokens or goods need an `Idempotency-Key`: a new UUID for each new request, the same one
  to repeat it. The repeated answer is the first one, byte for byte, with `Idempotency-Replayed: true`.
* A refusal is a problem (RFC 9457) with a stable `code`; nothing was changed. [All of them](/problems).
* Another shop's things do not exist for you: they are 404.
"""
PROBLEM = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457). Further members are the facts of the refusal.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Where the refusal is explained."},
        "title": {"type": "string", "description": "One sentence, the same for every occurrence."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What can be done next."},
        "code": {"type": "string", "description": "Stable; programs switch on it."},
        "request_id": {"type": "string", "description": "Quote it when you ask for help; X-Request-Id has it too."},
        "errors": {
            "type": "array",
            "description": "Which values were not of the right form.",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
    "examples": [
        {
            "type": "/problems/not_found",
            "title": "There is no such thing here.",
            "status": 404,
            "detail": "Check the address and the ids in it.",
            "code": "not_found",
            "request_id": "0192f0c4-7a1e-7c00-8000-5f2d3c4b5a69",
        }
    ],
}
_BETWEEN = " · "  # as problems() writes it
_KEY = "idempotency-key"
_KEY_EXAMPLE = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token that POST /v1/sessions answered; browsers on our own pages have it as a cookie.",
}


def contexts(app: FastAPI) -> Iterator[RouteContext]:
    """Walk every route, included ones with their whole path."""
    for context in iter_route_contexts(app.routes):
        if context.endpoint is not None and context.path:
            yield context


def is_guarded(context: RouteContext) -> bool:
    """Say whether a route lets only signed-in people through."""
    dependant = getattr(context, "dependant", None)
    return dependant is not None and any(isinstance(call, Needs | SignedIn) for call in _calls(dependant))


def permission_of(context: RouteContext) -> str | None:
    """Return the permission a route asks for."""
    dependant = getattr(context, "dependant", None)
    calls = _calls(dependant) if dependant is not None else iter(())
    return next((call.permission for call in calls if isinstance(call, Needs)), None)


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the whole description, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=ABOUT, routes=app.routes, tags=_used_tags(app)
        )
        document["webhooks"] = webhook_descriptions()
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for theirs in ("HTTPValidationError", "ValidationError"):
            schemas.pop(theirs, None)
        schemas["Problem"] = PROBLEM
        components["securitySchemes"] = {"session": _BEARER}
        for context in contexts(app):
            for method in context.methods or ():
                operation = document["paths"].get(context.path_format, {}).get(method.lower())
                if operation is not None:
                    _complete(operation, context)
        app.openapi_schema = document
    return app.openapi_schema


def _used_tags(app: FastAPI) -> list[dict[str, str]]:
    used = {tag for context in contexts(app) for tag in getattr(context, "tags", None) or ()}
    return [tag for tag in TAGS if tag["name"] in used]


def _complete(operation: dict[str, Any], context: RouteContext) -> None:
    summary, _, rest = (context.endpoint.__doc__ or "" if context.endpoint else "").partition("\n")
    operation["summary"] = summary.strip() or operation["summary"]
    operation.pop("description", None)
    if rest.strip():
        operation["description"] = cleandoc(rest)
    responses = operation["responses"]
    asked = bool(operation.get("parameters")) or "requestBody" in operation
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status, response in responses.items():
        if status.startswith("2") and response["description"] == "Successful Response":
            response["description"] = "Done."
    _add(responses, problems(*_refusals_of_every_such_route(operation, context, asked=asked)))
    operation["responses"] = dict(sorted(responses.items()))


def _refusals_of_every_such_route(
    operation: dict[str, Any], context: RouteContext, *, asked: bool
) -> list[type[Refusal]]:
    refusals: list[type[Refusal]] = [RateLimited]
    if asked:
        refusals.append(InvalidRequest)
    if "requestBody" in operation:
        refusals.append(BodyTooLarge)
    operation["security"] = []
    if is_guarded(context):
        operation["security"] = [{"session": []}]
        refusals += [SignInRequired, Busy, DatabaseUnavailable]
        if not context.methods or context.methods - {"GET", "HEAD"}:
            refusals.append(WrongOrigin)
        if permission := permission_of(context):
            operation["x-permission"] = permission
            refusals += [NotAllowed, NoSuchThing]
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "header" and parameter["name"].lower() == _KEY:
            parameter |= {"name": "Idempotency-Key", "required": True, "example": _KEY_EXAMPLE}
            parameter["schema"] = {"type": "string", "minLength": 8, "maxLength": 128}
            refusals += [IdempotencyKeyMissing, KeyInProgress, KeyReused]
    return refusals


def _add(responses: dict[str, Any], more: dict[int | str, dict[str, Any]]) -> None:
    """Add what every such route may refuse to what this one says itself."""
    for status, described in more.items():
        present = responses.setdefault(str(status), described)
        if present is described:
            continue
        parts = [*present.get("description", "").split(_BETWEEN), *described["description"].split(_BETWEEN)]
        present["description"] = _BETWEEN.join(dict.fromkeys(filter(None, parts)))
        for media_type, content in described["content"].items():
            examples = present.setdefault("content", {}).setdefault(media_type, content).setdefault("examples", {})
            examples.update(content["examples"])


def name_of(route: APIRoute) -> str:
    """Name an operation after its function, so that generated clients read like the shop."""
    return route.name
