"""What runs in each process: the web server, the worker, the simulator; and how each comes to its end."""

import asyncio
import contextlib
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
import uvicorn
import uvloop

from payme.app.assembly import assemble
from payme.app.gauges import gauges_of
from payme.app.ground import Ground, ground_of, prepare
from payme.app.logs import configure_logs
from payme.app.main import create_app
from payme.app.server import web_server
from payme.app.services import AppServices
from payme.app.settings import Settings
from payme.app.telemetry import start_tracing
from payme.app.worker import run_worker
from payme.kit.db.embedded import PostgresUnavailable
from payme.simulator import Merchant, SimulatorConfig, create_simulator

LOOK_EVERY_S = 0.5
GRACE_S = 3.0
log = structlog.get_logger(__name__)


def run_in_loop(work: Coroutine[None, None, None]) -> None:
    """Run one process to its end on uvloop; a log tells where it broke."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
    except Exception:
        log.exception("broken")
        raise


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
def kept_ground(settings: Settings, *, supervised: bool) -> Iterator[Ground]:
    """Open the ground of a process; a database of our own is migrated and kept alive, unless a parent does that."""
    with ground_of(settings, on_progress=lambda text: log.info("database", doing=text)) as ground:
        if ground.embedded is None or supervised:
            yield ground
            return
        asyncio.run(prepare(ground, on_progress=lambda name: log.info("database", doing=name)))
        done = threading.Event()
        keeper = threading.Thread(target=_keep, args=(ground, done), name="database-keeper", daemon=True)
        keeper.start()
        try:
            yield ground
        finally:
            done.set()
            keeper.join()


def _keep(ground: Ground, done: threading.Event) -> None:
    assert ground.embedded is not None, "only a database of our own is kept"  # noqa: S101
    while not done.wait(LOOK_EVERY_S):
        if ground.embedded.pid is None:
            log.warning("database_gone", doing="starting it again")
            try:
                ground.embedded.start()
            except PostgresUnavailable as unavailable:
                log.error("database_does_not_start", reason=str(unavailable))  # noqa: TRY400  the message says it all


async def serve_web(settings: Settings, ground: Ground, listener: socket.socket) -> None:
    """Run the web server until SIGTERM or SIGINT, then let running requests finish within ``drain_s``."""
    configure_logs(settings, "web")
    tracing = start_tracing(settings, "web")
    with _signals_end_in_peace():
        async with assemble(settings, ground.app_dsn) as assembly:
            database = assembly.database
            gauges = gauges_of(database)
            app = create_app(AppServices(settings=settings, database=database, business_gauges=gauges, tracing=tracing))
            log.info("listening", url=url_of(settings.host, listener.getsockname()[1]))
            await web_server(app, settings).serve(sockets=[listener])
    if tracing is not None:
        tracing.close()
    log.info("stopped")


async def serve_jobs(settings: Settings, ground: Ground) -> None:
    """Run the worker until SIGTERM or SIGINT; jobs under way finish."""
    configure_logs(settings, "worker")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for call in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(call, stop.set)
    async with assemble(settings, ground.app_dsn) as assembly:
        log.info("working")
        await run_worker(assembly, ground.app_dsn, stop)
    log.info("stopped")


async def serve_simulator(settings: Settings, config: SimulatorConfig, listener: socket.socket) -> None:
    """Run the pretended Daraja until SIGTERM or SIGINT."""
    configure_logs(settings, "simulator")
    server = uvicorn.Server(
        uvicorn.Config(create_simulator(config), log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    with _signals_end_in_peace():
        await server.serve(sockets=[listener])


def simulator_config(settings: Settings, *, fast: bool, seed: int | None) -> SimulatorConfig:
    """Make the simulator know the account that the settings name."""
    is_till = settings.daraja_transaction_type == "CustomerBuyGoodsOnline"
    merchant = Merchant(
        shortcode=settings.daraja_shortcode,
        passkey=settings.daraja_passkey,
        consumer_key=settings.daraja_consumer_key,
        consumer_secret=settings.daraja_consumer_secret,
        till=settings.daraja_party_b if is_till else None,
    )
    return SimulatorConfig(seed=seed, fast=fast, merchants=(merchant,))


def url_of(host: str, port: int) -> str:
    """Return where a browser on this machine finds a listener."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  compared, not listened on
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


@contextmanager
def _signals_end_in_peace() -> Iterator[None]:
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
