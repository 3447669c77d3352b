"""One parent for all processes: starts them, restarts what dies, and stops them in order."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from payme.kit.db.embedded import EmbeddedPostgres, PostgresUnavailable

LOOK_EVERY_S: Final = 0.05
RESTART_DELAYS_S: Final = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S: Final = 30.0
"""A process that lived so long starts again at once."""
STOP_EXTRA_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Running:
    """What runs for one data directory, as kept in ``running.json`` there."""

    parent: int
    url: str
    simulator_url: str | None
    pids: Mapping[str, int] = field(default_factory=dict)
    """Process ids by part: web, worker, simulator, postgres."""
    is_open: bool = False
    """Whether it was ready for the first request; a part that is being restarted does not close it."""


@dataclass(slots=True)
class Part:
    """One child process.

    ``stops`` orders the end: parts of a lower number end before those of a higher one. ``ended`` is told the process id
    that died before the part starts again.
    """

    name: str
    command: list[str]
    environ: Mapping[str, str]
    handles: tuple[int, ...] = ()
    stops: int = 0
    ended: Callable[[int], None] | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    deaths: int = 0
    restart_at: float = 0.0

    def start(self) -> None:
        """Start it in a process group of its own: a Ctrl-C is for the parent, who stops all in order."""
        self.process = subprocess.Popen(  # noqa: S603  the command is ours
            self.command,
            env=dict(self.environ),
            pass_fds=self.handles,
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        self.started_at = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def call(self, number: signal.Signals) -> None:
        """Send a signal, if anybody is there."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)


class Supervisor:
    """Keeps parts and a database alive until told to stop."""

    def __init__(
        self,
        parts: Sequence[Part],
        embedded: EmbeddedPostgres | None,
        *,
        say: Callable[[str], None],
        changed: Callable[[Mapping[str, int], bool], None],
    ) -> None:
        """``say`` tells a person what happened; ``changed`` is given process ids and ``is_open`` when they change."""
        self._parts = parts
        self._embedded = embedded
        self._say = say
        self._changed = changed
        self._database_deaths = 0
        self._database_at = 0.0
        self.is_open = False
        self.stop_wanted = threading.Event()
        self.hurry = threading.Event()

    def start(self) -> None:
        """Start every part."""
        for part in self._parts:
            part.start()
        self._tell()

    def supervise(self) -> None:
        """Restart what dies, until ``stop_wanted``."""
        while not self.stop_wanted.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Look after everything once."""
        self._look_after_database()
        for part in self._parts:
            self._look_after(part)

    def stop(self, patience_s: float) -> None:
        """Stop the parts in order, each given ``patience_s`` seconds; the database is stopped by whoever started it."""
        for turn in sorted({part.stops for part in self._parts}):
            leaving = [part for part in self._parts if part.stops == turn]
            for part in leaving:
                part.call(signal.SIGTERM)
            deadline = time.monotonic() + patience_s + STOP_EXTRA_S
            while any(part.is_alive for part in leaving):
                if time.monotonic() > deadline or self.hurry.is_set():
                    for part in leaving:
                        part.call(signal.SIGKILL)
                time.sleep(LOOK_EVERY_S / 2)

    def _look_after(self, part: Part) -> None:
        if part.is_alive:
            return
        now = time.monotonic()
        if not part.restart_at:
            if part.ended is not None and part.process is not None:
                part.ended(part.process.pid)
            part.deaths = 0 if now - part.started_at > STEADY_S else part.deaths + 1
            delay_s = RESTART_DELAYS_S[min(max(part.deaths - 1, 0), len(RESTART_DELAYS_S) - 1)]
            part.restart_at = now + delay_s
            self._say(f"The {part.name} process ended ({_how(part)}); starting it again" + _after(delay_s))
        if now >= part.restart_at:
            part.restart_at = 0.0
            part.start()
            self._tell()

    def _look_after_database(self) -> None:
        if self._embedded is None or self._embedded.pid is not None:
            return
        now = time.monotonic()
        if now < self._database_at:
            return
        self._say("PostgreSQL ended; starting it again")
        try:
            self._embedded.start()
        except PostgresUnavailable as unavailable:
            self._database_deaths += 1
            delay_s = RESTART_DELAYS_S[min(self._database_deaths, len(RESTART_DELAYS_S) - 1)]
            self._database_at = now + delay_s
            self._say(f"{unavailable}\nTrying again" + _after(delay_s))
        else:
            self._database_deaths = 0
            self._tell()

    @property
    def pids(self) -> dict[str, int]:
        """Return the process ids by part."""
        pids = {part.name: part.process.pid for part in self._parts if part.process is not None}
        if self._embedded is not None and (pid := self._embedded.pid) is not None:
            pids["postgres"] = pid
        return pids

    def _tell(self) -> None:
        self._changed(self.pids, self.is_open)


@dataclass
class Stopping:
    """What a signal does: before there is a supervisor it interrupts, then it asks; the second time it hurries."""

    supervisor: Supervisor | None = None
    calls: int = field(default=0)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        del number, frame
        self.calls += 1
        if self.supervisor is None:
            if self.calls == 1:
                raise KeyboardInterrupt
            return
        if self.supervisor.stop_wanted.is_set():
            self.supervisor.hurry.set()
        self.supervisor.stop_wanted.set()


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Stopping]:
    """Let SIGINT, SIGTERM and SIGHUP stop a supervisor instead of this process."""
    stopping = Stopping()
    before = [(call, signal.signal(call, stopping)) for call in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    try:
        yield stopping
    finally:
        for call, handler in before:
            signal.signal(call, handler)


def _how(part: Part) -> str:
    code = part.process.returncode if part.process is not None else 0
    return f"killed by signal {-code}" if code < 0 else f"exit {code}"


def _after(delay_s: float) -> str:
    return f" in {delay_s:g} s." if delay_s else "."


def write_running(data_dir: Path, running: Running) -> None:
    """Keep what runs, for others to find; replaced as a whole, so a reader never sees half of it."""
    half = data_dir / "running.json.half"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
        json.dump(asdict(running), file)
    half.replace(data_dir / "running.json")


def find_running(data_dir: Path) -> Running | None:
    """Return what runs for a data directory; None where nothing does, or its parent is gone."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        running = Running(**json.loads((data_dir / "running.json").read_text(encoding="utf-8")))
        os.kill(running.parent, 0)
        return running
    return None


def forget_running(data_dir: Path) -> None:
    """Take the note away at the end."""
    (data_dir / "running.json").unlink(missing_ok=True)
