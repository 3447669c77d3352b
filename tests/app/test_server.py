"""A real server on a real port: what only a network can show."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from payme.app.server import WebServer, web_server
from payme.kit.db.transaction import Database
from tests.support.web import UNHURRIED, an_app, settings_of


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class Served:
    """A server that runs."""

    app: FastAPI
    server: WebServer
    url: str
    running: "asyncio.Task[None]"
    started: asyncio.Event
    go_on: asyncio.Event


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what uvicorn tells nobody."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError


async def serve(database: Database, **environ: str) -> Served:
    port = free_port()
    settings = {**UNHURRIED, "PAYME_PORT": str(port), **environ}
    app = an_app(database, settings)
    started, go_on = asyncio.Event(), asyncio.Event()

    @app.get("/slow")
    async def slow() -> str:
        started.set()
        await go_on.wait()
        return "finished"

    server = web_server(app, settings_of(settings))
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    return Served(app, server, f"http://127.0.0.1:{port}", running, started, go_on)


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    served = await serve(database)
    yield served
    served.go_on.set()
    served.server.should_exit = True
    await served.running


async def test_a_real_server_answers_through_the_door(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as visitor:
        ready = await visitor.get("/readyz")
        bad = await visitor.post("/v1/users", content=b"{", headers={"Content-Type": "application/json"})
        large = await visitor.post("/v1/users", content=b"x" * ((1 << 20) + 1))
        after = await visitor.get("/healthz")

    assert ready.status_code == 200
    assert "server" not in ready.headers
    assert ready.headers["x-request-id"]
    assert bad.status_code == 422
    assert large.status_code == 413
    assert large.json()["code"] == "body_too_large"
    assert after.status_code == 200


async def test_a_length_that_lies_is_stopped(served: Served) -> None:
    port = int(served.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /callbacks/x HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        for _ in range(64):
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await writer.drain()
    status = await reader.readline()
    writer.close()

    assert status.startswith(b"HTTP/1.1 413 ")


async def test_a_stop_lets_running_requests_finish_and_takes_no_new_ones(database: Database) -> None:
    served = await serve(database, PAYME_DRAIN_NOTICE_S="0.3")
    async with httpx.AsyncClient(base_url=served.url) as visitor:
        slow = asyncio.create_task(visitor.get("/slow"))
        await served.started.wait()

        served.server.should_exit = True
        await until(lambda: bool(served.app.state.draining.is_on))
        while_noticed = await visitor.get("/readyz")
        await asyncio.sleep(0.5)
        with pytest.raises(httpx.ConnectError):
            await httpx.AsyncClient().get(f"{served.url}/healthz")
        assert not slow.done()
        served.go_on.set()
        finished = await slow
    await served.running

    assert while_noticed.status_code == 503
    assert while_noticed.json()["checks"]["server"] == "stopping"
    assert while_noticed.headers["connection"] == "close"
    assert finished.status_code == 200
    assert finished.json() == "finished"


async def test_a_stop_does_not_wait_for_ever(database: Database) -> None:
    served = await serve(database, PAYME_DRAIN_S="1")
    async with httpx.AsyncClient(base_url=served.url) as visitor:
        slow = asyncio.create_task(visitor.get("/slow", timeout=30))
        await served.started.wait()
        served.server.should_exit = True

        async with asyncio.timeout(5):
            await served.running
        with pytest.raises(httpx.HTTPError):
            (await slow).raise_for_status()
