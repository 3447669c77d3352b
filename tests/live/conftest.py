"""A real server with live streams over a real database."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from payme.app.main import create_app
from payme.app.notices import listen_to_notices
from payme.app.server import WebServer, web_server
from payme.app.services import AppServices
from payme.kit.db.transaction import Database
from payme.live import Limits, Rhythm, Streams
from tests.support.shops import Person, Shop, make_shop
from tests.support.web import UNHURRIED, settings_of

QUICK = Rhythm(heartbeat_s=0.3, look_s=1.0, look_alone_s=0.2, rest_s=0.01, blind_s=3.0, try_again_s=0.1)
SLOW = Rhythm(heartbeat_s=0.3, look_s=60.0, look_alone_s=60.0, rest_s=0.01)
"""Only a notice makes such a stream look."""


@dataclass
class Told:
    """One event, as a browser reads it."""

    event: str
    id: str
    data: Any


@dataclass
class Reader:
    """Reads a stream as EventSource does."""

    lines: AsyncIterator[str]
    heartbeats: int = 0
    last_id: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    async def next(self, within_s: float = 10.0) -> Told:
        """The next event."""
        async with asyncio.timeout(within_s):
            async for line in self.lines:
                if line.startswith(":"):
                    self.heartbeats += 1
                elif line:
                    name, _, value = line.partition(": ")
                    self.fields[name] = value
                elif "data" in self.fields:
                    told = Told(self.fields["event"], self.fields.get("id", ""), json.loads(self.fields["data"]))
                    self.last_id = told.id or self.last_id
                    self.fields = {}
                    return told
        raise EOFError

    async def ends(self, within_s: float = 10.0) -> None:
        """Wait for the end; an event before it fails the test."""
        with pytest.raises(EOFError):
            await self.next(within_s)

    async def beats(self, within_s: float = 10.0) -> None:
        """Wait for a heartbeat; an event before it fails the test."""
        async with asyncio.timeout(within_s):
            async for line in self.lines:
                assert not line.startswith("data"), line
                if line.startswith(":"):
                    return
        raise EOFError


@dataclass
class Served:
    """A server that runs."""

    app: FastAPI
    server: WebServer
    streams: Streams
    url: str
    running: "asyncio.Task[None]"

    @asynccontextmanager
    async def follows(self, person: Person, path: str, last_id: str | None = None) -> AsyncIterator[Reader]:
        """Open a stream as a person."""
        headers = person.headers | ({"Last-Event-ID": last_id} if last_id else {})
        async with (
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30) as client,
            client.stream("GET", path) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Reader(answer.aiter_lines())

    async def get(self, person: Person, path: str) -> httpx.Response:
        """Ask as a person."""
        async with httpx.AsyncClient(base_url=self.url, headers=person.headers, timeout=30) as client:
            return await client.get(path)


@asynccontextmanager
async def serving(
    database: Database, dsn: str | None, rhythm: Rhythm = QUICK, limits: Limits | None = None, **environ: str
) -> AsyncIterator[Served]:
    """Run a server; with a DSN it hears notices."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    settings = settings_of({**UNHURRIED, "PAYME_PORT": str(port), **environ})
    streams = Streams(rhythm, limits)
    app = create_app(AppServices(settings=settings, database=database, streams=streams))
    listening = None
    if dsn is not None:
        listening = asyncio.create_task(listen_to_notices(dsn, streams.hear, streams.listening))
        await until(lambda: streams.is_listening)
    server = web_server(app, settings)
    running = asyncio.create_task(server.serve())
    await until(lambda: bool(server.started))
    try:
        yield Served(app, server, streams, f"http://127.0.0.1:{port}", running)
    finally:
        server.should_exit = True
        await running
        if listening is not None:
            listening.cancel()


async def until(condition: Any) -> None:
    """Wait for what nobody tells."""
    for _ in range(1500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError


@pytest.fixture
async def served(database: Database, owner_dsn: str) -> AsyncIterator[Served]:
    async with serving(database, owner_dsn) as served:
        yield served


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


def live(shop: Shop) -> str:
    return f"/v1/businesses/{shop.business_id}/live"
