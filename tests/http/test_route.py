"""The short way to an endpoint answers what FastAPI's own way answers."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field

from payme.http import problems
from payme.http.errors import IdempotencyKeyMissing
from payme.http.fields import In
from payme.http.route import Route

ID = "019ac0de-0000-7000-8000-000000000001"


class CountIn(In):
    amount: Annotated[Decimal, Field(gt=0)]


async def key(of: Annotated[str | None, Header(min_length=8)] = None) -> str:
    if of is None:
        raise IdempotencyKeyMissing
    return of


class Who:
    async def __call__(self, request: Request, shop: UUID) -> str:
        return f"{shop} {request.method} {await request.body()!r}"


def app_of(route: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route)

    @router.post("/{shop}/counts")
    async def count(body: CountIn, who: Annotated[str, Depends(Who())], key: Annotated[str, Depends(key)]) -> Response:
        return Response(f"{body!r} {who} {key}", status_code=201)

    @router.get("/{shop}/counts")
    async def counts(who: Annotated[str, Depends(Who())], limit: Annotated[int, Query(le=9)] = 5) -> Response:
        return Response(f"{who} {limit}")

    @router.put("/maybe")
    async def maybe(body: CountIn | None = None) -> Response:
        return Response(repr(body))

    @router.get("/{shop}")
    async def plain(shop: UUID) -> str:
        return str(shop)

    app = FastAPI()
    problems.install(app)
    app.include_router(router)
    return app


JSON = {"content-type": "application/json"}
KEY = {"of": "12345678"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("POST", f"/{ID}/counts", JSON | KEY, '{"amount": "1.50"}'),
        ("POST", f"/{ID}/counts", {"content-type": "application/json; charset=utf-8"} | KEY, '{"amount": "1.50"}'),
        ("POST", f"/{ID}/counts", {"content-type": "text/plain"} | KEY, '{"amount": "1.50"}'),
        ("POST", f"/{ID}/counts", KEY, '{"amount": "1.50"}'),
        ("POST", f"/{ID}/counts", JSON, '{"amount": "1.50"}'),
        ("POST", f"/{ID}/counts", JSON | {"of": "short"}, '{"amount": "1.50"}'),
        ("POST", f"/{ID}/counts", JSON | {"of": "short"}, '{"amount": "-1"}'),
        ("POST", f"/{ID}/counts", JSON, '{"amount": "-1"}'),
        ("POST", f"/{ID}/counts", JSON | KEY, '{"amount": "-1", "more": 1}'),
        ("POST", "/duka/counts", JSON | KEY, '{"amount": "-1"}'),
        ("POST", "/duka/counts", JSON, '{"amount": "1"}'),
        ("POST", f"/{ID}/counts", JSON | KEY, '{"amount": '),
        ("POST", f"/{ID}/counts", JSON | KEY, "[" * 100_000),
        ("POST", f"/{ID}/counts", JSON | KEY, b"\xff\xfe"),
        ("POST", f"/{ID}/counts", JSON | KEY, "null"),
        ("POST", f"/{ID}/counts", JSON | KEY, ""),
        ("GET", f"/{ID}/counts?limit=3", {}, ""),
        ("GET", f"/{ID}/counts?limit=99", {}, ""),
        ("PUT", "/maybe", JSON, '{"amount": 2}'),
        ("PUT", "/maybe", JSON, "null"),
        ("PUT", "/maybe", {}, ""),
        ("GET", f"/{ID}", {}, ""),
        ("GET", "/duka", {}, ""),
    ],
)
async def test_the_short_way_answers_as_the_long_way_does(
    method: str, path: str, headers: dict[str, str], body: str | bytes
) -> None:
    answers = []
    for route in (Route, APIRoute):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(route)), base_url="http://t") as visitor:
            answer = await visitor.request(method, path, headers=headers, content=body)
            answers.append((answer.status_code, answer.text, dict(answer.headers)))

    assert answers[0] == answers[1]


async def test_an_ordinary_request_is_answered_without_fastapi(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unwanted(**_: object) -> None:
        raise AssertionError("FastAPI was asked")

    app = app_of(Route)
    monkeypatch.setattr("fastapi.routing.solve_dependencies", unwanted)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as visitor:
        answer = await visitor.post(f"/{ID}/counts", headers=JSON | KEY, content='{"amount": "1.50"}')

    assert answer.status_code == 201


def test_the_description_is_the_same() -> None:
    assert app_of(Route).openapi() == app_of(APIRoute).openapi()
