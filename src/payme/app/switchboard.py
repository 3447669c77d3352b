"""From an address to its route, in time that does not grow with the number of routes.

FastAPI asks every route of every included router in turn, which costs more than the whole rest of a request. Here the
rooms' routes are laid flat under their prefixes, and a tree of path segments finds the one that is meant. What the
tree does not know (no such address, another method) goes on to FastAPI's own search, which answers 404 and 405.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from payme.app.openapi import name_of
from payme.http.route import Route


@dataclass(slots=True)
class _Node:
    words: "dict[str, _Node]" = field(default_factory=dict)
    any_word: "_Node | None" = None
    routes: list[APIRoute] = field(default_factory=list)


class Switchboard(BaseRoute):
    """One route that stands for many."""

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        """Know ``routes``; a parameter stands for exactly one segment of the path."""
        self._root = _Node()
        for route in routes:
            if ":" not in route.path:
                self._place(route)

    def _place(self, route: APIRoute) -> None:
        node = self._root
        for segment in route.path.split("/"):
            if segment.startswith("{"):
                node.any_word = node.any_word or _Node()
                node = node.any_word
            else:
                node = node.words.setdefault(segment, _Node())
        node.routes.append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Find the route; a word of the path itself goes before a parameter."""
        if scope["type"] == "http" and not scope.get("root_path"):
            return _find(self._root, scope["path"].split("/"), 0, scope)
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that was found answer."""
        await scope["route"].handle(scope, receive, send)


def _find(node: _Node, segments: list[str], at: int, scope: Scope) -> tuple[Match, Scope]:
    if at == len(segments):
        for route in node.routes:
            if scope["method"] in (route.methods or ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}
    for following in (node.words.get(segments[at]), node.any_word):
        if following is not None:
            match, found = _find(following, segments, at + 1, scope)
            if match is Match.FULL:
                return match, found
    return Match.NONE, {}


def mount(app: FastAPI, routers: Iterable[tuple[str, APIRouter]]) -> None:
    """Lay the routes of ``routers`` flat under their prefixes, behind a switchboard."""
    flat = [_under(app, prefix, route) for prefix, router in routers for route in router.routes]
    app.router.routes.append(Switchboard(flat))
    app.router.routes.extend(flat)


def _under(app: FastAPI, prefix: str, route: BaseRoute) -> APIRoute:
    assert isinstance(route, APIRoute), f"{route} is not a plain route"  # noqa: S101
    return Route(
        prefix + route.path,
        route.endpoint,
        response_model=route.response_model,
        status_code=route.status_code,
        tags=route.tags,
        dependencies=route.dependencies,
        response_description=route.response_description,
        responses=route.responses,
        deprecated=route.deprecated,
        name=route.name,
        methods=route.methods,
        response_class=route.response_class,
        include_in_schema=route.include_in_schema,
        openapi_extra=route.openapi_extra,
        dependency_overrides_provider=app,
        generate_unique_id_function=name_of,
    )
