"""The web server as the operator starts it: several processes behind one port."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from payme.app.child import payme_command
from payme.kit.db.transaction import Database
from tests.live.conftest import Reader
from tests.support.daraja import Counter, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Person, make_shop
from tests.support.web import UNHURRIED

PROCESSES = 2
READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class WebServer:
    """A ``payme serve`` that runs."""

    process: "subprocess.Popen[bytes]"
    url: str

    def pids(self) -> list[int]:
        """Return the process ids of its web processes."""
        children = []
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it ended meanwhile
                state, parent = entry.read_text().rpartition(")")[2].split()[:2]
                if int(parent) == self.process.pid and state != "Z":
                    children.append(int(entry.parent.name))
        return children

    def count(self, name: str) -> float:
        """Return a figure of /metrics, added up over its labels; asked for anew on a connection of its own."""
        text = httpx.get(f"{self.url}/metrics").raise_for_status().text
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


@contextmanager
def web_server(owner_dsn: str, folder: Path, **environ: str) -> Iterator[WebServer]:
    """Run ``payme serve`` on the database of the tests."""
    port = free_port()
    given = {
        "PAYME_DATABASE_URL": owner_dsn,
        "PAYME_DATA_DIR": str(folder / "data"),
        "PAYME_WEB_PROCESSES": str(PROCESSES),
        "PAYME_POOL_CONNECTIONS_MAX": "3",
    }
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            payme_command("serve", f"--port={port}"), env={**os.environ, **given, **environ}, stdout=log, stderr=log
        )
        server = WebServer(process, f"http://127.0.0.1:{port}")
        try:
            until(lambda: process.poll() is not None or len(server.pids()) == PROCESSES)
            until(lambda: process.poll() is not None or is_ready(server.url))
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, (folder / "serve.log").read_text()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def is_ready(url: str) -> bool:
    """Say whether the server says it is ready."""
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.HTTPError:
        return False


def until(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not so():
        assert time.monotonic() < deadline, "it was not so in time"
        time.sleep(0.05)


@pytest.mark.usefixtures("app_pool")
def test_processes_behind_one_port_count_together_and_come_back_when_killed(owner_dsn: str, tmp_path: Path) -> None:
    with web_server(owner_dsn, tmp_path) as server:
        before = server.count("payme_http_requests_total")
        for _ in range(40):  # each on a connection of its own, so that both processes get some
            httpx.get(f"{server.url}/healthz").raise_for_status()
        # The scrape that told ``before`` is counted as well; one that is being answered is not counted yet.
        assert server.count("payme_http_requests_total") == before + 41
        assert server.count("payme_db_pool_max") == PROCESSES * 3

        killed = server.pids()[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in server.pids() and len(server.pids()) == PROCESSES)
        # What the dead one had counted stays; its sessions are gone from the sums once the new one has told its own.
        assert server.count("payme_http_requests_total") >= before + 42
        until(lambda: server.count("payme_db_pool_max") == PROCESSES * 3)


@pytest.mark.usefixtures("app_pool")
def test_a_limit_is_shared_out_among_the_processes(owner_dsn: str, tmp_path: Path) -> None:
    with web_server(owner_dsn, tmp_path, PAYME_SIGN_IN_RATE_PER_S="0.01", PAYME_SIGN_IN_BURST="8") as server:
        body = {"email": "nobody@duka.example", "password": "not the one at all"}
        answers = [httpx.post(f"{server.url}/v1/sessions", json=body).status_code for _ in range(24)]
    assert answers.count(429) >= 24 - 8
    assert 401 in answers


def place(address: tuple[str, int]) -> str:
    """Write an IPv4 address and port as /proc/net/tcp does, on a little-endian machine."""
    host, port = address
    return f"{socket.inet_aton(host)[::-1].hex().upper()}:{port:04X}"


def answerer(server: WebServer, answer: httpx.Response) -> int:
    """Return the process that has the other end of an answer's connection."""
    wire = answer.extensions["network_stream"]
    ends = [place(wire.get_extra_info(name)) for name in ("server_addr", "client_addr")]
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    [inode] = [fields[9] for fields in lines if fields[1:3] == ends]
    for pid in server.pids():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # it was closed meanwhile
                if descriptor.readlink() == Path(f"socket:[{inode}]"):
                    return pid
    raise AssertionError("no web process has it")


@asynccontextmanager
async def connected(server: WebServer, pid: int, headers: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Open a connection that is kept, to one of the web processes."""
    async with AsyncExitStack() as others:  # kept as well, so that the next one goes to somebody else
        for _ in range(100):
            limits = httpx.Limits(max_connections=1)
            client = httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30, limits=limits)
            await others.enter_async_context(client)
            if answerer(server, await client.get("/healthz")) == pid:
                yield client
                return
    raise AssertionError("it answers nobody")


@asynccontextmanager
async def follows(server: WebServer, pid: int, person: Person, path: str, last_id: str = "") -> AsyncIterator[Reader]:
    """Follow a stream at one of the web processes."""
    resumed = {"Last-Event-ID": last_id} if last_id else {}
    async with (
        connected(server, pid, person.headers | resumed) as client,
        client.stream("GET", path) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answerer(server, answer) == pid
        yield Reader(answer.aiter_lines())


@contextmanager
def a_worker(owner_dsn: str, folder: Path) -> Iterator[None]:
    """Run a worker."""
    given = {**UNHURRIED, "PAYME_DATABASE_URL": owner_dsn, "PAYME_DATA_DIR": str(folder / "data")}
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(payme_command("worker"), env={**os.environ, **given}, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


async def changed(reader: Reader, kind: str, state: str) -> None:
    """Wait for a change that shows something of a kind in a state."""
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            told = await reader.next(READY_WITHIN_S)
            assert told.event == "change"
            if [one["state"] for one in told.data[kind]] == [state]:
                return


async def test_a_stream_shows_what_other_processes_do_and_goes_on_at_another(
    database: Database, owner_dsn: str, tmp_path: Path
) -> None:
    shop = await make_shop(database)
    counter, sugar = Counter(shop), await has_stock(shop)
    cashier, of_shop = shop.person("cashier"), f"/v1/businesses/{shop.business_id}"
    with web_server(owner_dsn, tmp_path, **UNHURRIED) as server, a_worker(owner_dsn, tmp_path):
        here, there = server.pids()
        async with (
            connected(server, there, cashier.headers) as other,
            follows(server, here, cashier, f"{of_shop}/live") as reader,
        ):
            assert (await reader.next()).event == "state"
            # A request that the other process serves.
            lines = [{"product_id": str(sugar.id), "quantity": "1"}]
            key = {"Idempotency-Key": str(uuid4())}
            rung_up = await other.post(f"{of_shop}/sales", json={"lines": lines}, headers=key)
            assert (rung_up.status_code, answerer(server, rung_up)) == (201, there)
            await changed(reader, "sales", "open")
            # A payment that the other process is told of and the worker settles.
            payment = await counter.asks(UUID(rung_up.json()["id"]))
            await changed(reader, "payments", "submitted")
            told = await other.post(f"/callbacks/{counter.daraja.secret_of(payment)}", content=paid(payment))
            assert (told.status_code, answerer(server, told)) == (200, there)
            await changed(reader, "sales", "completed")

        path = f"{of_shop}/live"
        async with follows(server, there, cashier, path, reader.last_id) as nothing_missed:
            await nothing_missed.beats()
            await opens_sale(shop, (sugar, "1"))
            await changed(nothing_missed, "sales", "open")
        await opens_sale(shop, (sugar, "1"))
        async with follows(server, here, cashier, path, nothing_missed.last_id) as one_missed:
            whole = await one_missed.next()

    assert whole.event == "state"
    assert sorted(one["state"] for one in whole.data["sales"]) == ["completed", "open", "open"]
