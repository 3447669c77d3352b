"""Embedded servers in short-lived directories."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from payme.kit.db.embedded import EmbeddedPostgres, Endpoint
from payme.kit.db.postmaster import is_postmaster

FAST = {"fsync": "off", "shared_buffers": "16MB"}
AS_ROOT = os.geteuid() == 0

OWNER = """
import sys, time
from pathlib import Path
from payme.kit.db.embedded import EmbeddedPostgres
postgres = EmbeddedPostgres(Path(sys.argv[1]), settings={"shared_buffers": "16MB", "fsync": "off"})
postgres.start()
print(postgres.pid, postgres.owned, flush=True)
time.sleep(60)
"""


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    """Make a place the server's account may reach: pytest's own are closed to it when root runs the tests."""
    place = Path(tempfile.mkdtemp(prefix="payme-test-", dir="/tmp"))
    yield place
    for pid in serving(place / "postgres"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """Create one cluster for all the tests that are not about creating it."""
    place = Path(tempfile.mkdtemp(prefix="payme-test-", dir="/tmp"))
    with EmbeddedPostgres(place, settings=FAST):
        pass
    yield place / "postgres"
    shutil.rmtree(place)


@pytest.fixture
def data_dir(empty_dir: Path, made_once: Path) -> Path:
    """Copy the cluster, owners and all, as a backup would."""
    subprocess.run(["/bin/cp", "-Rp", made_once, empty_dir], check=True)
    return empty_dir


def serving(cluster: Path) -> list[int]:
    """Servers that live on this cluster now."""
    numbers = [int(place.name) for place in Path("/proc").glob("[0-9]*")]
    if not numbers:  # macOS
        numbers = [int(pid) for pid in subprocess.check_output(["/bin/ps", "-Aeo", "pid="]).split()]
    return [pid for pid in numbers if is_postmaster(pid, cluster)]


def ask(endpoint: Endpoint, *statements: str) -> object:
    """Run the statements and answer with the first value of the last."""

    async def session() -> object:
        connection = await asyncpg.connect(endpoint.dsn("postgres", "postgres"))
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        return runner.run(session())


def eventually(holds: Callable[[], bool], *, within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@contextlib.contextmanager
def owner_process(place: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that owns the server, and the server's pid."""
    command = [sys.executable, "-c", OWNER, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            pid, owned = process.stdout.readline().split()
            assert owned == "True"
            yield process, int(pid)
        finally:
            process.kill()
