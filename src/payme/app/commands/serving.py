"""``payme serve``, ``payme worker`` and ``payme simulator``: one process each."""

import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import typer

from payme.app.child import inherited_socket, run_in_loop, watch_parent
from payme.app.logs import configure_logs
from payme.app.ports import listen
from payme.app.processes import GRACE_S, kept_ground, serve_jobs, serve_web
from payme.app.settings import Settings
from payme.app.simulating import serve_simulator, simulator_config
from payme.app.web_processes import serve_together
from payme.simulator import FAULTS, Outcome, read_rule

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
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Instead of PAYME_SIMULATOR_PORT.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="A payment takes 40 to 150 ms instead of seconds.")] = False,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same outcomes, delays and ids.")] = None,
    outcome: Annotated[Outcome, typer.Option(help="What phones do that no table names.", show_choices=False)] = (
        Outcome.PAID
    ),
    by_hand: Annotated[bool, typer.Option("--by-hand", help="Ask a person about every prompt, on the page.")] = False,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME[=SHARE]", help="Switch a fault on; again for more; any is a mix.")
    ] = None,
    list_faults: Annotated[bool, typer.Option("--list-faults", help="Show every fault, and stop.")] = False,
    late_after_s: Annotated[float | None, typer.Option(min=0, help="Real seconds until a late callback.")] = None,
    strict_callback_urls: Annotated[
        bool, typer.Option("--strict-callback-urls", help="Take public HTTPS callback addresses only.")
    ] = False,
    register_again: Annotated[
        bool, typer.Option("--register-again", help="Take C2B addresses again, as the sandbox does.")
    ] = False,
) -> None:
    """Run the M-Pesa simulator alone: Daraja, pretended, for anybody's tests.

    Prompts and their queries, payments by hand (C2B), transaction status, reversals, pulled transactions, statements.

    The customer's phone: /simulator/phone. What can be directed: /simulator/openapi.json. All of it: docs/simulator.md.

    Example: payme simulator --fast --seed 7

    Example: payme simulator --fault callback_lost=0.2 --fault answer_lost=0.05

    Example: payme simulator --fast --fault any=0.3
    """
    if list_faults:
        for name, spec in FAULTS.items():
            typer.echo(f"{name:<22} {spec.meaning}")
        return
    settings = _settings(None, _environ(PAYME_SIMULATOR_PORT=port))
    try:
        faults = tuple(map(read_rule, fault or ()))
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--fault") from None
    configure_logs(settings, "simulator")
    config = replace(
        simulator_config(settings, fast=fast, seed=seed),
        default_outcome=Outcome.ASK if by_hand else outcome,
        faults=faults,
        late_after_s=late_after_s,
        strict_callback_urls=strict_callback_urls,
        register_again=register_again,
    )
    listener = listen(host, settings.simulator_port, "PAYME_SIMULATOR_PORT")
    run_in_loop(serve_simulator(settings, config, listener))


def _listener(handle: int | None, host: str, port: int, setting: str) -> socket.socket:
    return listen(host, port, setting) if handle is None else inherited_socket(handle)


def _environ(**instead: str | int | None) -> dict[str, str]:
    return {**os.environ, **{name: str(value) for name, value in instead.items() if value is not None}}


def _settings(tether: int | None, environ: Mapping[str, str]) -> Settings:
    settings = Settings.from_environ(environ)
    if tether is not None:
        watch_parent(tether, settings.drain_s + settings.drain_notice_s + GRACE_S)
    return settings
