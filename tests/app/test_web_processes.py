"""The web server as the operator starts it: several processes behind one port."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from payme.app.child import payme_command

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
