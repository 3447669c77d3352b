"""What every process of ours does alike: its loop, its end, and what it has from its parent."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvloop

log = structlog.get_logger(__name__)


def run_in_loop(work: Coroutine[None, None, None]) -> None:
    """Run one process to its end on uvloop; a log tells where it broke."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
    except Exception:
        log.exception("broken")
        raise


def collect_seldom() -> None:
    """Let the garbage collector leave alone what stays for good, and look at the rest ten times as seldom.

    Nearly all of a request is freed by counting; looking for cycles after each few requests cost a twentieth of one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(7_000, 20, 20)


def watch_parent(tether: int, patience_s: float) -> None:
    """End this process when the other end of a pipe is gone: its parent died, however it died.

    After ``patience_s`` seconds the end is not a request any more.
    """

    def watch() -> None:
        while True:
            try:
                if not os.read(tether, 1):
                    break
            except OSError:
                break
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(patience_s)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


@contextmanager
def signals_end_in_peace() -> Iterator[None]:
    """Let the signal that ended uvicorn, which raises it once more after its stop, not end us before our own."""

    def already_ending(number: int, frame: FrameType | None) -> None:
        del number, frame

    calls: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGINT)
    before: list[tuple[signal.Signals, Callable[[int, FrameType | None], object] | int | None]] = [
        (call, signal.signal(call, already_ending)) for call in calls
    ]
    try:
        yield
    finally:
        for call, handler in before:
            with contextlib.suppress(TypeError):  # set outside of Python, which cannot set it back
                signal.signal(call, handler)


def inherited_socket(number: int) -> socket.socket:
    """Take over a listener that the parent opened: while we are restarted, callers wait in its queue."""
    listener = socket.socket(fileno=number)
    listener.settimeout(0)
    return listener


def payme_command(*words: str) -> list[str]:
    """Return how to start a command of ours in another process, whatever lies in the working directory."""
    return [sys.executable, "-P", "-m", "payme.app.cli", *words]


def simulator_command(*words: str) -> list[str]:
    """Return how to start the simulator in another process without loading the rest of the house."""
    return [sys.executable, "-P", "-m", "payme.app.simulating", *words]


def url_of(host: str, port: int) -> str:
    """Return where a browser on this machine finds a listener."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  compared, not listened on
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
