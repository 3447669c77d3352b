"""A whole shop in processes of its own, for demonstrations, tests and the bench: exactly what ``payme run`` starts."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from payme.app.advice import Advice
from payme.app.child import payme_command
from payme.app.demo_shop import DemoSignIn, sign_in_of
from payme.app.ground import DATABASE, OWNER
from payme.app.supervisor import Running, find_running
from payme.kit.db.postmaster import PidFile

OPENS_WITHIN_S: Final = 90.0
STOPS_WITHIN_S: Final = 40.0
LOOK_EVERY_S: Final = 0.02


class ShopDidNotOpen(Advice):
    """``payme run`` ended, or was not ready in time; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class RunningShop:
    """A shop that runs, with its demo sign-in."""

    data_dir: Path
    process: "subprocess.Popen[bytes]"
    base_url: str
    simulator_url: str | None
    sign_in: DemoSignIn | None
    log: Path
    """What ``payme run`` and its processes say."""

    @property
    def pids(self) -> Mapping[str, int]:
        """Process ids now: ``web``, ``worker``, ``simulator``, ``postgres``; a restarted part has another one."""
        running = find_running(self.data_dir)
        return running.pids if running is not None else {}

    @property
    def owner_dsn(self) -> str:
        """Where to connect as the owner of the embedded database, to look into the books."""
        told = PidFile.read(self.data_dir / "postgres")
        if told is None or told.endpoint is None:
            raise ShopDidNotOpen(f"no PostgreSQL runs in {self.data_dir}")
        return told.endpoint.dsn(OWNER, DATABASE)

    def kill(self, part: str) -> int:
        """SIGKILL one part; its parent starts it again. Returns the process id that was killed."""
        pid = self.pids[part]
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_restarted(self, part: str, killed: int, within_s: float = 30.0) -> int:
        """Wait until a killed part has another process; returns its id. Raises TimeoutError."""
        deadline = time.monotonic() + within_s
        while (pid := self.pids.get(part)) in {killed, None}:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{part} was not restarted within {within_s:g} s")
            time.sleep(LOOK_EVERY_S)
        assert pid is not None, "the loop ends with a process"  # noqa: S101
        return pid

    def stop(self) -> int:
        """Stop as Ctrl-C does and return the exit code; a shop that does not stop in time is killed."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@contextmanager
def running_shop(
    data_dir: Path | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    fast_simulator: bool = True,
    seed: int | None = None,
    port: int = 0,
    simulator_port: int = 0,
) -> Iterator[RunningShop]:
    """Start ``payme run`` on free ports in a data directory (a temporary one by default) and stop it at the end.

    ``settings`` are PAYME_ variables that go before those of the environment. Raises ShopDidNotOpen.
    """
    with ExitStack() as stack:
        if data_dir is None:
            # Not under /tmp of a user with a private one: as root PostgreSQL runs as another account.
            folder = stack.enter_context(TemporaryDirectory(prefix="payme-shop-", dir=_open_place()))
            Path(folder).chmod(0o711)
            data_dir = Path(folder) / "data"
        log = data_dir.with_name(f"{data_dir.name}.log")
        words = ["run", f"--port={port}", f"--simulator-port={simulator_port}"]
        words += ["--fast"] if fast_simulator else []
        words += [f"--seed={seed}"] if seed is not None else []
        environ = {**os.environ, **settings, "PAYME_DATA_DIR": str(data_dir)}
        with log.open("ab") as said:
            process = subprocess.Popen(  # noqa: S603  the command is ours
                payme_command(*words),
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                process_group=0,
            )
        try:
            running = _wait_until_open(process, data_dir, log)
            shop = RunningShop(data_dir, process, running.url, running.simulator_url, sign_in_of(data_dir), log)
            yield shop
        finally:
            RunningShop(data_dir, process, "", None, None, log).stop()


def _open_place() -> str | None:
    return "/var/tmp" if Path("/var/tmp").is_dir() else None  # noqa: S108  a folder of our own is made in it


def _wait_until_open(process: "subprocess.Popen[bytes]", data_dir: Path, log: Path) -> Running:
    deadline = time.monotonic() + OPENS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        running = find_running(data_dir)
        if running is not None and running.parent == process.pid and running.is_open:
            return running
        time.sleep(LOOK_EVERY_S)
    ended = "did not open in time" if process.poll() is None else f"ended with {process.returncode}"
    said = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    raise ShopDidNotOpen(f"payme run {ended}. It said:\n{said}")
