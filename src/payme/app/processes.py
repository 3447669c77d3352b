"""What runs in the processes that work on the books: the web server and the worker."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from payme.alerts.jobs import keep_watch
from payme.app.assembly import assemble
from payme.app.child import collect_seldom, signals_end_in_peace, url_of
from payme.app.gauges import gauges_of
from payme.app.ground import Ground, ground_of, prepare
from payme.app.keeping import keeper_of, take_in_spool
from payme.app.logs import configure_logs
from payme.app.main import create_app
from payme.app.notices import listen_to_notices
from payme.app.server import web_server
from payme.app.services import AppServices
from payme.app.settings import Settings
from payme.app.telemetry import start_tracing
from payme.app.worker import run_worker
from payme.kit.db.embedded import PostgresUnavailable
from payme.live import Streams

LOOK_EVERY_S = 0.5
GRACE_S = 3.0
log = structlog.get_logger(__name__)


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


async def serve_web(settings: Settings, ground: Ground, listener: socket.socket, *, beside: int = 1) -> None:
    """Run one of ``beside`` web servers until SIGTERM or SIGINT, then let its requests finish within ``drain_s``."""
    configure_logs(settings, "web")
    tracing = start_tracing(settings, "web")
    with signals_end_in_peace():
        async with assemble(settings, ground.app_dsn, tracing=tracing) as assembly:
            database = assembly.database
            keeper = keeper_of(settings, database)
            streams = Streams()
            services = AppServices(
                settings=settings,
                database=database,
                callbacks=keeper,
                business_gauges=gauges_of(database),
                pool_use=assembly.pool.use,
                tracing=tracing,
                beside=beside,
                streams=streams,
            )
            app = create_app(services)
            collect_seldom()
            log.info("listening", url=url_of(settings.host, listener.getsockname()[1]))
            beside_it = [
                asyncio.create_task(keep_watch(assembly.alerts, asyncio.Event())),
                asyncio.create_task(take_in_spool(keeper)),
                asyncio.create_task(app.state.metrics.keep_pool_noted()),
                asyncio.create_task(listen_to_notices(ground.app_dsn, streams.hear, streams.listening)),
            ]
            try:
                await web_server(app, settings).serve(sockets=[listener])
            finally:
                for task in beside_it:
                    task.cancel()
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
    tracing = start_tracing(settings, "worker")
    async with assemble(settings, ground.app_dsn, tracing=tracing) as assembly:
        log.info("working")
        taking_in = asyncio.create_task(take_in_spool(keeper_of(settings, assembly.database)))
        try:
            await run_worker(assembly, ground.app_dsn, stop)
        finally:
            taking_in.cancel()
    if tracing is not None:
        tracing.close()
    log.info("stopped")
