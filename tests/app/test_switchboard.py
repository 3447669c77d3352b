"""The switchboard finds what FastAPI's own search would find."""

from collections.abc import Iterable, Iterator
from inspect import iscoroutinefunction

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from payme.app.openapi import contexts
from payme.app.routes import PRODUCT
from payme.app.switchboard import Switchboard, mount


@pytest.fixture
def app() -> FastAPI:
    people, things = APIRouter(), APIRouter()

    @people.get("/sessions/current")
    async def current() -> str:
        return "current"

    @people.delete("/sessions/{session_id}")
    async def revoke(session_id: str) -> str:
        return f"revoke {session_id}"

    @people.get("/{anything}/current")
    async def anything_current(anything: str) -> str:
        return f"current {anything}"

    @things.get("")
    async def things_of(business: str) -> str:
        return f"things of {business}"

    @things.post("", status_code=201)
    async def add(business: str) -> str:
        return f"added to {business}"

    @things.get("/files/{path:path}")
    async def file(business: str, path: str) -> str:
        return f"{business} {path}"

    app = FastAPI(redirect_slashes=False)
    mount(app, (("/v1", people), ("/v1/shops/{business}/things", things)))
    return app


@pytest.fixture
def plain(app: FastAPI) -> FastAPI:
    """The same without the switchboard."""
    plain = FastAPI(redirect_slashes=False)
    plain.router.routes.extend(route for route in app.router.routes if not isinstance(route, Switchboard))
    return plain


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD", "BREW"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/sessions/current", "/v1/sessions/7", "/v1/other/current", "/v1/sessions", "/v1/sessions/7/8",
        "/v1//current",
        "/v1/shops/duka/things", "/v1/shops/duka/things/", "/v1/shops//things", "/v1/shops/duka/things/files/a/b",
        "/", "", "/v1/shops/du%2Fka/things", "/v1/shops/d%75ka/things", "/V1/sessions/current",
    ],
)  # fmt: skip
async def test_it_answers_as_the_search_does(app: FastAPI, plain: FastAPI, method: str, path: str) -> None:
    answers = []
    for one in (app, plain):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(one), base_url="http://t") as visitor:
            answer = await visitor.request(method, path)
            answers.append((answer.status_code, answer.text, answer.headers.get("allow")))

    assert answers[0] == answers[1]


async def test_a_found_route_is_found_without_the_search(app: FastAPI) -> None:
    app.router.routes[:] = [route for route in app.router.routes if isinstance(route, Switchboard)]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as visitor:
        assert (await visitor.get("/v1/sessions/current")).json() == "current"
        assert (await visitor.delete("/v1/sessions/current")).json() == "revoke current"
        assert (await visitor.get("/v1/other/current")).json() == "current other"
        assert (await visitor.post("/v1/shops/duka/things")).status_code == 201
        assert (await visitor.get("/v1/shops/duka/things/files/x")).status_code == 404


def test_every_route_is_known_by_its_whole_path(app: FastAPI) -> None:
    assert "/v1/shops/{business}/things" in {context.path for context in contexts(app)}


def run_in_threads(routers: Iterable[APIRouter]) -> set[str]:
    """Name what FastAPI hands to a thread because it is a plain function: a hop there and back for each request."""

    def calls(dependant: Dependant) -> Iterator[object]:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from calls(inner)

    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    found = {call for route in routes for call in calls(route.dependant)}
    return {str(call) for call in found if not any(map(iscoroutinefunction, (call, type(call).__call__)))}


def test_nothing_on_the_way_of_a_request_waits_for_a_thread() -> None:
    assert run_in_threads(router for _, router in PRODUCT) == set()


def test_a_plain_dependency_is_found() -> None:
    router = APIRouter()

    def plainly() -> None: ...

    @router.get("/", dependencies=[Depends(plainly)])
    async def nothing() -> None: ...

    assert run_in_threads([router]) == {str(plainly)}
