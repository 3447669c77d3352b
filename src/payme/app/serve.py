"""``payme run``: the whole shop from one parent process."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from payme.app.advice import Advice
from payme.app.assembly import assemble, make_keys, terms_of
from payme.app.child import payme_command, simulator_command, url_of
from payme.app.demo_shop import DemoSignIn, find_or_make_demo_shop
from payme.app.ground import Ground, ground_of, prepare
from payme.app.ports import listen, port_of
from payme.app.progress import Progress
from payme.app.settings import Settings
from payme.app.supervisor import (
    Part,
    Running,
    Supervisor,
    find_running,
    forget_running,
    stopped_by_signals,
    write_running,
)
from payme.app.web_processes import figures_folder, web_parts

READY_WITHIN_S: Final = 60.0
ASK_FIRST_S: Final = 0.05
ASK_SLOWER: Final = 1.3
ASK_SELDOM_S: Final = 0.5


class ShopNotOpened(Advice):
    """The shop cannot be opened; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class OpenShop:
    """A shop that is open."""

    running: Running
    sign_in: DemoSignIn | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class HowToRun:
    """What ``payme run`` was asked for. A port of 0 takes any free one; None takes the setting's."""

    environ: Mapping[str, str]
    port: int | None = None
    simulator_port: int | None = None
    fast: bool = False
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the shop opens: its ports are ours already."""

    settings: Settings
    environ: Mapping[str, str]
    web: socket.socket
    simulator: socket.socket | None

    @property
    def url(self) -> str:
        return url_of(self.settings.host, self.settings.port)


def run_shop(how: HowToRun, progress: Progress, opened: Callable[[OpenShop], None]) -> None:
    """Open the shop, call ``opened``, and keep it open until SIGINT, SIGTERM or SIGHUP; then stop all in order.

    Raises PortUnavailable and ShopNotOpened before anything is started, and what starting PostgreSQL and migrating
    raise.
    """
    with ExitStack() as stack:
        stopping = stack.enter_context(stopped_by_signals())
        place = _take_ports(how, stack)
        _take_data_dir(place.settings.data_dir)
        ground = stack.enter_context(_database(place.settings, progress))
        supervisor = _supervisor(how, place, ground, progress, stack)
        stopping.supervisor = supervisor
        supervisor.start()
        with progress.step("Setting out the demo shop"):
            sign_in = asyncio.run(_demo_shop(place.settings, ground))
        with progress.step("Opening the door"):
            _wait_until_ready(place, supervisor)
        if not supervisor.stop_wanted.is_set():
            running = Running(os.getpid(), place.url, _simulator_url(place), supervisor.pids, is_open=True)
            supervisor.is_open = True
            opened(OpenShop(running, sign_in, place.settings))
            write_running(place.settings.data_dir, running)  # who waits for it finds the address printed
        supervisor.supervise()


def _take_ports(how: HowToRun, stack: ExitStack) -> _Place:
    """Listen first: what is taken is told before anything is started, and nobody takes it meanwhile."""
    environ = dict(how.environ)
    for name, port in (("PAYME_PORT", how.port), ("PAYME_SIMULATOR_PORT", how.simulator_port)):
        if port:
            environ[name] = str(port)
    asked = Settings.from_environ(environ)
    running = find_running(asked.data_dir)
    if running is not None:
        raise ShopNotOpened(
            f"PayMe already runs at {running.url} for {asked.data_dir} (process {running.parent}). "
            "Stop it with Ctrl-C there, or choose another place with PAYME_DATA_DIR."
        )
    web = stack.enter_context(listen(asked.host, 0 if how.port == 0 else asked.port, "PAYME_PORT"))
    environ["PAYME_PORT"] = str(port_of(web))
    simulator = None
    if asked.uses_simulator and urlsplit(asked.simulator_url).port == asked.simulator_port:
        port = 0 if how.simulator_port == 0 else asked.simulator_port
        simulator = stack.enter_context(listen("127.0.0.1", port, "PAYME_SIMULATOR_PORT"))
        environ["PAYME_SIMULATOR_PORT"] = str(port_of(simulator))
    environ.setdefault("PAYME_LOG_FORMAT", "console")
    environ["PAYME_DATA_DIR"] = str(asked.data_dir)
    return _Place(Settings.from_environ(environ), environ, web, simulator)


def _take_data_dir(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ShopNotOpened(
            f"{data_dir} cannot be made ({error.strerror}): name a directory you may write to in PAYME_DATA_DIR."
        ) from error


@contextmanager
def _database(settings: Settings, progress: Progress) -> Iterator[Ground]:
    with ExitStack() as stack:
        starting = (
            "Connecting to PostgreSQL" if settings.database_url else f"Starting PostgreSQL in {settings.data_dir}"
        )
        with progress.step(starting):
            ground = stack.enter_context(ground_of(settings, on_progress=progress.note))
        with progress.step("Bringing the database up to date"):
            asyncio.run(prepare(ground))
        yield ground


def _supervisor(how: HowToRun, place: _Place, ground: Ground, progress: Progress, stack: ExitStack) -> Supervisor:
    """Make the parent's part of every process; its end is put on the stack."""
    settings = place.settings
    tether, held = os.pipe()
    stack.callback(os.close, tether)
    running = Running(os.getpid(), place.url, _simulator_url(place))
    supervisor = Supervisor(
        _parts(how, place, tether, stack),
        ground.embedded,
        say=progress.note,
        changed=lambda pids, is_open: write_running(settings.data_dir, replace(running, pids=pids, is_open=is_open)),
    )

    def stop() -> None:
        progress.note("Stopping; requests under way finish first.")
        for listener in (place.web, place.simulator):
            if listener is not None:
                listener.close()
        supervisor.stop_wanted.set()
        supervisor.stop(settings.drain_s + settings.drain_notice_s)
        os.close(held)
        forget_running(settings.data_dir)

    stack.callback(stop)
    return supervisor


def _simulator_url(place: _Place) -> str | None:
    return place.settings.simulator_url if place.simulator is not None else None


def _parts(how: HowToRun, place: _Place, tether: int, stack: ExitStack) -> list[Part]:
    """Return the processes; the simulator ends last, because the worker may be speaking with it."""
    figures = stack.enter_context(figures_folder())
    parts = [
        *web_parts(place.settings.web_processes, place.environ, tether, place.web.fileno(), figures),
        Part("worker", payme_command("worker", f"--tether={tether}"), place.environ, (tether,)),
    ]
    if place.simulator is not None:
        handle = place.simulator.fileno()
        words = [f"--tether={tether}", f"--handle={handle}"]
        words += ["--fast"] if how.fast else []
        words += [f"--seed={how.seed}"] if how.seed is not None else []
        parts.append(Part("simulator", simulator_command(*words), place.environ, (tether, handle), stops=1))
    return parts


async def _demo_shop(settings: Settings, ground: Ground) -> DemoSignIn | None:
    make_keys(settings)
    async with assemble(settings, ground.app_dsn) as assembly:
        box = assembly.desk.accounts.strongbox
        return await find_or_make_demo_shop(assembly.database, settings.data_dir, box, terms_of(settings, box))


def _wait_until_ready(place: _Place, supervisor: Supervisor) -> None:
    """Ask until the server says it is ready and the simulator answers, looking after both meanwhile.

    Raises ShopNotOpened.
    """
    deadline = time.monotonic() + READY_WITHIN_S
    wanted = [f"{place.url}/readyz"]
    if place.simulator is not None:
        wanted.append(f"http://127.0.0.1:{place.settings.simulator_port}/simulator/phones")
    said = "nothing"
    pause_s = ASK_FIRST_S
    with httpx.Client(timeout=1.0, trust_env=False) as client:
        while wanted and not supervisor.stop_wanted.is_set():
            supervisor.look()
            try:
                answer = client.get(wanted[0])
                said = answer.text
                if answer.is_success:
                    wanted.pop(0)
                    continue
            except httpx.HTTPError as error:
                said = type(error).__name__
            if time.monotonic() > deadline:
                raise ShopNotOpened(
                    f"{wanted[0]} was not ready within {READY_WITHIN_S:.0f} s; it said: {said}. "
                    "The lines above tell more; payme doctor looks for the cause."
                )
            time.sleep(pause_s)
            pause_s = min(pause_s * ASK_SLOWER, ASK_SELDOM_S)
