"""Who goes next: one event loop in which exactly one task runs at a time and the seed decides which.

Every call of a seam parks its task. The scheduler picks one of those that could go on, in virtual time; when nobody
can, time jumps to the first that sleeps. A task that waits for a lock goes on when some transaction has ended. The
trace is what was picked and what came of it, so two runs with one seed have one trace.
"""

import asyncio
import hashlib
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

START: Final = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
STEP_US: Final = 1_000
SECOND_US: Final = 1_000_000
TRACE_MAX: Final = 200_000


class Crash(BaseException):
    """The process of the task is gone: nothing after this line happens, not even an ``except Exception``."""


class Violation(AssertionError):
    """The books or the truth disagree."""

    def __init__(self, invariant: str, detail: str) -> None:
        """Name what is broken."""
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


@dataclass(eq=False)
class Process:
    """Tasks that die together."""

    name: str
    tasks: list["Task"] = field(default_factory=list)
    crashes: int = 0


@dataclass(eq=False)
class Task:
    """One actor, request or job."""

    name: str
    process: Process | None
    seam: str = "start"
    doomed: bool = False
    poison: Exception | None = None
    done: bool = False
    crashed: bool = False
    error: Exception | None = None
    resume: "asyncio.Future[None] | None" = None
    waiters: list["Task"] = field(default_factory=list)
    parked: int = 0
    """How often it was parked: tells an alarm that its sleeper went on already."""


class Scheduler:
    """The order of everything that happens in one seed."""

    def __init__(self, randomness: Random, *, steps_max: int, keep_trace: bool = False) -> None:
        """Own the seed's randomness for the order; ``keep_trace`` keeps the lines besides their hash."""
        self._randomness = randomness
        self._steps_max = steps_max
        self._digest = hashlib.sha256()
        self._ready: list[Task] = []
        self._blocked: list[Task] = []
        self._alarms: list[tuple[int, int, int, Task]] = []
        self._alarm_number = 0
        self._finished: asyncio.Future[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self.lines: list[str] | None = [] if keep_trace else None
        self.current: Task | None = None
        self.now_us = 0
        self.steps = 0
        self.deadlocks = 0
        self.deadlock: Callable[[], Exception] = lambda: RuntimeError("deadlock")
        self.strikes: Callable[[Process], bool] = lambda _: False

    @property
    def trace(self) -> str:
        """The hash of all that happened so far."""
        return self._digest.hexdigest()

    def now(self) -> datetime:
        """Return the virtual instant."""
        return START + timedelta(microseconds=self.now_us)

    def note(self, outcome: str) -> None:
        """Write a line of the trace."""
        name = self.current.name if self.current else "-"
        line = f"{self.steps} {self.now_us} {name} {outcome}"
        self._digest.update(line.encode())
        if self.lines is not None and len(self.lines) < TRACE_MAX:
            self.lines.append(line)

    def spawn(self, name: str, work: Callable[[], Awaitable[None]], process: Process | None = None) -> Task:
        """Start a task; it takes its first step when the seed says so."""
        task = Task(name, process)
        if process is not None:
            process.tasks.append(task)
        started = asyncio.ensure_future(self._live(task, work))
        self._running.add(started)
        started.add_done_callback(self._running.discard)
        task.resume = asyncio.get_running_loop().create_future()
        self._ready.append(task)
        return task

    async def _live(self, task: Task, work: Callable[[], Awaitable[None]]) -> None:
        assert task.resume is not None
        try:
            await task.resume
            if task.doomed:
                raise Crash  # noqa: TRY301  dead before its first line
            await work()
        except Crash:
            task.crashed = True
        except Exception as error:  # noqa: BLE001  whatever it is, the run stops with it
            task.error = error
            self._failure = self._failure or error
        finally:
            task.done = True
            if task.process is not None:
                task.process.tasks.remove(task)
            for waiter in task.waiters:
                self._make_ready(waiter)
            self._advance()

    async def point(self, seam: str) -> None:
        """Let the seed decide when the current task goes on."""
        task = self._parking(seam)
        self._ready.append(task)
        await self._park(task)
        if task.process is not None and self.strikes(task.process):
            self.note(f"crash of {task.process.name}")
            self.crash(task.process)
            raise Crash

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time."""
        task = self._parking("sleep")
        self._alarm(task, seconds)
        await self._park(task)

    async def blocked(self) -> None:
        """Wait until some transaction has ended; raises what the seed sends, a deadlock for example."""
        task = self._parking("blocked")
        self._blocked.append(task)
        await self._park(task)
        if task.poison is not None:
            poison, task.poison = task.poison, None
            raise poison

    async def join(self, other: Task, patience_s: float | None = None) -> bool:
        """Wait until another task is done; False where patience ended first."""
        if not other.done:
            task = self._parking("join")
            other.waiters.append(task)
            if patience_s is not None:
                self._alarm(task, patience_s)
            await self._park(task)
            if task in other.waiters:
                other.waiters.remove(task)
        return other.done

    def _parking(self, seam: str) -> Task:
        task = self.current
        assert task is not None, "seams are called by tasks of the simulation"
        if task.doomed:
            raise Crash
        task.seam = seam
        task.parked += 1
        return task

    async def _park(self, task: Task) -> None:
        task.resume = asyncio.get_running_loop().create_future()
        self._advance()
        await task.resume
        if task.doomed:
            raise Crash

    def _advance(self) -> None:
        """Let the next one go on, or end the run where nobody is left or somebody failed."""
        finished = self._finished
        if finished is None or finished.done():
            return
        if self.steps >= self._steps_max:
            self._failure = self._failure or Violation("REST", f"somebody goes round in circles: {self.steps} steps")
        if self._failure is not None or not self._wake():
            self.current = None
            finished.set_result(None)
            return
        task = self._ready.pop(self._randomness.randrange(len(self._ready)))
        self.steps += 1
        self.now_us += STEP_US
        self.current = task
        self.note(task.seam)
        assert task.resume is not None
        task.resume.set_result(None)

    def _alarm(self, task: Task, seconds: float) -> None:
        self._alarm_number += 1
        heapq.heappush(self._alarms, (self.now_us + int(seconds * SECOND_US), self._alarm_number, task.parked, task))

    def _make_ready(self, task: Task) -> None:
        if not task.done and task not in self._ready:
            task.parked += 1
            self._ready.append(task)

    def transaction_ended(self) -> None:
        """Let those who wait for a lock try again."""
        for task in self._blocked:
            self._make_ready(task)
        self._blocked.clear()

    def crash(self, process: Process) -> None:
        """Kill a process: each of its tasks ends where it stands."""
        process.crashes += 1
        for task in process.tasks:
            task.doomed = True
            if task is not self.current:
                if task in self._blocked:
                    self._blocked.remove(task)
                self._make_ready(task)

    async def run(self) -> None:
        """Go on until nobody is left; raises the first failure of any task."""
        self._finished = asyncio.get_running_loop().create_future()
        self._advance()
        await self._finished
        if self._failure is not None:
            raise self._failure

    def _wake(self) -> bool:
        """Make somebody ready; False where nobody is left."""
        self._ring()
        if self._ready:
            return True
        if self._blocked:  # who sleeps holds no lock, so those who wait, wait for each other
            victim = self._blocked.pop(self._randomness.randrange(len(self._blocked)))
            victim.poison = self.deadlock()
            self.deadlocks += 1
            self._make_ready(victim)
            return True
        while self._alarms and not self._ready:
            self.now_us = max(self.now_us, self._alarms[0][0])
            self._ring()
        return bool(self._ready)

    def _ring(self) -> None:
        while self._alarms and self._alarms[0][0] <= self.now_us:
            _, _, parked, task = heapq.heappop(self._alarms)
            if task.parked == parked and not task.done:
                self._make_ready(task)

    async def abandon(self) -> None:
        """Drop every task after a failure."""
        for running in list(self._running):
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


class SimClock:
    """Virtual time."""

    def __init__(self, scheduler: Scheduler) -> None:
        """Read the scheduler's time."""
        self._scheduler = scheduler
        self.now = scheduler.now
        self.sleep = scheduler.sleep


class SimChaos:
    """Each named point of the product is a place where the seed may go elsewhere, or a process may die."""

    def __init__(self, scheduler: Scheduler) -> None:
        """Pass points to the scheduler."""
        self.point = scheduler.point
