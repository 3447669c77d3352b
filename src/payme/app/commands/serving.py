"""``payme serve``, ``payme worker`` and ``payme simulator``: one process each."""

import os
import socket
from collections.abc import Mapping
from typing import Annotated

import typer

from payme.app.child import inherited_socket, run_in_loop, watch_parent
from payme.app.logs import configure_logs
from payme.app.ports import listen
from payme.app.processes import GRACE_S, kept_ground, serve_jobs, serve_web
from payme.app.settings import Settings
from payme.app.simulating import serve_simulator, simulator_config
from payme.app.web_processes import serve_together

Tether = Annotated[int | None, typer.Option(hidden=True)]
Handle = Annotated[int | None, typer.Option(hidden=True)]


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Instead of PAYME_HOST; 0.0.0.0 is every address.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Instead of PAYME_PORT.")] = None,
    tether: Tether = None,
    handle: Handle = None,
) -> None:
    """Run the web server alone.

    Example: PAYME_DATABASE_URL=postgresql://payme@db/payme payme serve --host 0.0.0.0
    """
    environ = _environ(PAYME_HOST=host, PAYME_PORT=port)
    settings = _settings(tether, environ)
    configure_logs(settings, "web")
    listener = _listener(handle, settings.host, settings.port, "PAYME_PORT")
    with kept_ground(settings, supervised=tether is not None) as ground:
        if handle is None and settings.web_processes > 1:
            serve_together(settings, environ, listener)
        else:
            run_in_loop(serve_web(settings, ground, listener, beside=1 if handle is None else settings.web_processes))


def worker(tether: Tether = None) -> None:
    """Run the worker alone: it asks customers' phones, applies callbacks and sweeps up.

    Example: PAYME_DATABASE_URL=postgresql://payme@db/payme payme worker
    """
    settings = _settings(tether, os.environ)
    configure_logs(settings, "worker")
    with kept_ground(settings, supervised=tether is not None) as ground:
        run_in_loop(serve_jobs(settings, ground))


def simulator(
    *,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Instead of PAYME_SIMULATOR_PORT.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="A payment takes 40 to 150 ms instead of seconds.")] = False,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same outcomes, delays and ids.")] = None,
) -> None:
    """Run the M-Pesa simulator alone: Daraja, pretended, with a phone page at /simulator/phone.

    Example: payme simulator --fast --seed 7
    """
    settings = _settings(None, _environ(PAYME_SIMULATOR_PORT=port))
    configure_logs(settings, "simulator")
    listener = listen("127.0.0.1", settings.simulator_port, "PAYME_SIMULATOR_PORT")
    run_in_loop(serve_simulator(settings, simulator_config(settings, fast=fast, seed=seed), listener))


def _listener(handle: int | None, host: str, port: int, setting: str) -> socket.socket:
    return listen(host, port, setting) if handle is None else inherited_socket(handle)


def _environ(**instead: str | int | None) -> dict[str, str]:
    return {**os.environ, **{name: str(value) for name, value in instead.items() if value is not None}}


def _settings(tether: int | None, environ: Mapping[str, str]) -> Settings:
    settings = Settings.from_environ(environ)
    if tether is not None:
        watch_parent(tether, settings.drain_s + settings.drain_notice_s + GRACE_S)
    return settings
