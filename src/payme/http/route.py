"""The short way to an endpoint, for a request about which everything is as it should be.

For each request FastAPI asks anew what its route takes, out of all that a route could take. Here it is asked once.
Whatever is not plainly right (another content type, a value that is not valid) goes FastAPI's own way, and so does
every route that takes more than a path, headers, a body and plain dependencies: what a request is refused with, and how
it is described, is FastAPI's alone.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature
from typing import Any, Final

from fastapi import Request, Response
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

_NOT_PLAIN: Final = (
    "query_params",
    "cookie_params",
    "http_connection_param_name",
    "websocket_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
    "own_oauth_scopes",
    "concurrency",
)
_JSON: Final = "application/json"
_TEXT: Final = (str, str | None)


class _Doubtful(Exception):  # it never leaves this file
    """Something is not plainly right."""


@dataclass(frozen=True, slots=True)
class _Taker:
    """A dependency, or the endpoint itself, and what it takes of a request."""

    name: str
    call: Callable[..., Awaitable[Any]]
    path: Sequence[ModelField]
    headers: Sequence[ModelField]
    body: Sequence[ModelField]
    request: str | None

    def take(self, request: Request, body: object) -> dict[str, Any]:
        """Return its arguments; raises _Doubtful."""
        taken = {field.name: _read(field, request.path_params.get(field.alias)) for field in self.path}
        for field in self.headers:
            taken[field.name] = _read(field, request.headers.get(field.alias))
        for field in self.body:
            taken[field.name] = _read(field, body)
        if self.request is not None:
            taken[self.request] = request
        return taken


def _read(field: ModelField, given: object) -> object:
    if given is None:
        if field.field_info.is_required():
            raise _Doubtful
        return field.field_info.default
    value, errors = field.validate(given, {}, loc=())
    if errors:
        raise _Doubtful
    return value


def _taker(dependant: Dependant, *, is_endpoint: bool) -> _Taker | None:
    call = dependant.call
    is_plain = (
        not any(getattr(dependant, name) for name in _NOT_PLAIN)
        and (is_endpoint or not (dependant.dependencies or dependant.body_params))
        and all(field.field_info.annotation in _TEXT for field in dependant.header_params)
        and (iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None)))  # noqa: B004  an object's
    )
    if call is None or not is_plain:
        return None
    return _Taker(
        dependant.name or "",
        call,
        dependant.path_params,
        dependant.header_params,
        dependant.body_params,
        dependant.request_param_name,
    )


async def _take(takers: Sequence[_Taker], request: Request) -> list[dict[str, Any]]:
    """Return the arguments of each; raises _Doubtful."""
    body: object = None
    if takers[-1].body:
        if request.headers.get("content-type") != _JSON:
            raise _Doubtful
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError, ClientDisconnect) as wrong:
            raise _Doubtful from wrong
        if body is None:
            raise _Doubtful
    return [taker.take(request, body) for taker in takers]


class Route(APIRoute):
    """A route whose ordinary requests take the short way."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request; FastAPI calls it once."""
        long_way = super().get_route_handler()
        takers = [_taker(dependant, is_endpoint=False) for dependant in self.dependant.dependencies]
        plain = [taker for taker in (*takers, _taker(self.dependant, is_endpoint=True)) if taker is not None]
        answers = signature(self.endpoint).return_annotation is Response
        if len(plain) <= len(takers) or self._embed_body_fields or not answers:
            return long_way
        *helpers, endpoint = plain

        async def answer(request: Request) -> Response:
            try:
                *asides, arguments = await _take(plain, request)
            except _Doubtful:  # FastAPI says what is wrong
                return await long_way(request)
            for helper, aside in zip(helpers, asides, strict=True):
                arguments[helper.name] = await helper.call(**aside)
            response: Response = await endpoint.call(**arguments)
            return response

        return answer
