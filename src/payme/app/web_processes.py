"""The web server in several processes behind one listener, because one process works on one core.

What they remember of callers (rate limits, failed sign-ins) each remembers for itself; a limit of requests is shared
out among them. What they count they count into files, and whichever is asked for /metrics adds them up.
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import structlog
from prometheus_client.multiprocess import mark_process_dead

from payme.app.child import payme_command
from payme.app.settings import Settings
from payme.app.supervisor import Part, Supervisor, stopped_by_signals

FIGURES: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client is told where several processes keep their figures."""
log = structlog.get_logger(__name__)


@contextmanager
def figures_folder() -> Iterator[Path]:
    """Make the folder where web processes keep what they count, for as long as they run."""
    with TemporaryDirectory(prefix="payme-figures-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def web_parts(count: int, environ: Mapping[str, str], tether: int, handle: int, figures: Path) -> list[Part]:
    """Return the parts of a web server of ``count`` processes that listen on ``handle``."""
    if count > 1:
        environ = {**environ, FIGURES: str(figures)}
    names = ["web", *(f"web-{number}" for number in range(2, count + 1))]
    command = payme_command("serve", f"--tether={tether}", f"--handle={handle}")

    def ended(pid: int) -> None:
        mark_process_dead(pid, str(figures))  # type: ignore[no-untyped-call]

    return [Part(name, command, environ, (tether, handle), ended=ended) for name in names]


def serve_together(settings: Settings, environ: Mapping[str, str], listener: socket.socket) -> None:
    """Run the processes of the web server until SIGTERM or SIGINT, and start again what dies."""
    with ExitStack() as stack:
        stopping = stack.enter_context(stopped_by_signals())
        figures = stack.enter_context(figures_folder())
        tether, held = os.pipe()
        stack.callback(os.close, tether)
        supervisor = Supervisor(
            web_parts(settings.web_processes, environ, tether, listener.fileno(), figures),
            None,
            say=lambda text: log.warning("process", said=text),
            changed=lambda pids, _: log.info("processes", **pids),
        )
        stopping.supervisor = supervisor
        try:
            supervisor.start()
            supervisor.supervise()
        finally:
            listener.close()
            supervisor.stop(settings.drain_s + settings.drain_notice_s)
            os.close(held)
    log.info("stopped")
