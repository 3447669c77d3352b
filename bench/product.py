"""The product under load: ``payme serve`` in a process of its own, and the tills in another."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from stage import StagedShop

from payme.app.child import payme_command
from payme.app.ground import Ground, ground_of
from payme.app.logs import configure_logs
from payme.app.settings import Settings

READY_WITHIN_S = 90.0
LEAD_IN_S = 1
UNHURRIED: Mapping[str, str] = {
    "PAYME_SESSION_RATE_PER_S": "100000",
    "PAYME_SESSION_BURST": "100000",
    "PAYME_PUSHES_PER_PHONE": "1000",
    "PAYME_PUSHES_PER_PHONE_A_DAY": "10000",
    "PAYME_PUSHES_PER_CASHIER": "0",
    "PAYME_PUSHES_PER_BUSINESS": "0",
}


@contextmanager
def own_installation(**environ: str) -> Iterator[tuple[Settings, Ground, Path]]:
    """Open an installation on a disk, with a PostgreSQL of its own and a folder; all of it goes at the end."""
    place = "/var/tmp" if Path("/var/tmp").is_dir() else None  # noqa: S108  a disk, where /tmp may be memory
    with TemporaryDirectory(prefix="payme-bench-", dir=place) as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root the server runs as another account, which must get through
        settings = Settings.from_environ(
            {**UNHURRIED, "PAYME_DATA_DIR": str(folder / "data"), "PAYME_LOG_LEVEL": "error", **environ}
        )
        configure_logs(settings, "bench", sys.stderr)
        with ground_of(settings) as ground:
            yield settings, ground, folder


class Tills:
    """The load generator's process."""

    def __init__(self, port: int, clients: int, seed: int, shops: Sequence[StagedShop]) -> None:
        """Open the connections."""
        self._process = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, str(Path(__file__).with_name("load.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ask(
            {
                "host": "127.0.0.1",
                "port": port,
                "clients": clients,
                "seed": seed,
                "shops": [
                    {
                        "business_id": str(shop.business_id),
                        "token": shop.token,
                        "products": [str(product) for product in shop.product_ids],
                    }
                    for shop in shops
                ],
            }
        )

    def _ask(self, command: object) -> dict[str, object]:
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, object] = json.loads(self._process.stdout.readline())
        return answer

    def sell(self, seconds: float) -> dict[str, object]:
        """Sell for a while and return what was seen."""
        return self._ask({"lead_in_s": LEAD_IN_S, "seconds": seconds})

    def close(self) -> None:
        """Send the tills home."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        self._process.wait(10)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(ground: Ground, folder: Path) -> Iterator[tuple[int, int]]:
    """Run ``payme serve`` on the database; yields its port and process id."""
    port = free_port()
    environ = {
        **os.environ,
        **UNHURRIED,
        "PAYME_DATABASE_URL": ground.owner_dsn,
        "PAYME_APP_DATABASE_URL": ground.app_dsn,
    }
    with (folder / "serve.log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-P", "-m", "payme.app.cli", "serve", f"--port={port}"],
            env=environ,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_ready(port, server, folder / "serve.log")
            yield port, server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


@contextmanager
def working(ground: Ground, folder: Path) -> Iterator[None]:
    """Run ``payme worker`` on the database."""
    environ = {**os.environ, "PAYME_DATABASE_URL": ground.owner_dsn, "PAYME_APP_DATABASE_URL": ground.app_dsn}
    environ["PAYME_DATA_DIR"] = str(folder / "data")
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(payme_command("worker"), env=environ, stdout=log, stderr=log)  # noqa: S603
        try:
            yield
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(30)


def _wait_until_ready(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"the server did not start:\n{log.read_text()[-2000:]}")
