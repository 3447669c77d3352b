"""Rounds: work that waits for its time in each business, looked for again and again by whoever runs it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import structlog

from payme.kit.errors import Refusal

LOOK_EVERY_S: Final = 1.0
VISITS_PER_S: Final = 50
"""How many businesses are looked into a second at the most, when nothing is due."""
BUSINESSES_AT_ONCE: Final = 10
ROUNDS_MAX: Final = 20
"""After so many a busy business goes to the end of the line."""
DRAIN_S: Final = 10.0
log = structlog.get_logger(__name__)


async def keep_visiting(
    businesses: Callable[[], Awaitable[list[UUID]]],
    visit: Callable[[UUID], Awaitable[int]],
    stop: asyncio.Event,
    *,
    part: str,
) -> None:
    """Visit businesses until ``stop``; each as long as it has something to do, and none keeps another waiting.

    ``visit`` says how much it did. ``part`` names the work in logs.
    """
    busy: dict[UUID, asyncio.Task[None]] = {}
    places = asyncio.Semaphore(BUSINESSES_AT_ONCE)
    while not stop.is_set():
        known: list[UUID] = []
        try:
            known = await businesses()
        except Refusal as away:
            log.warning("round_waits_for_database", part=part, error=away.code)
        for business_id in [one for one, task in busy.items() if task.done()]:
            del busy[business_id]
        for business_id in known:
            if business_id not in busy:
                busy[business_id] = asyncio.create_task(_visit(visit, business_id, places, stop, part))
        await pause(stop, max(LOOK_EVERY_S, len(known) / VISITS_PER_S))
    if busy:
        _, late = await asyncio.wait(busy.values(), timeout=DRAIN_S)
        for task in late:
            task.cancel()


async def _visit(
    visit: Callable[[UUID], Awaitable[int]],
    business_id: UUID,
    places: asyncio.Semaphore,
    stop: asyncio.Event,
    part: str,
) -> None:
    async with places:
        try:
            for _ in range(ROUNDS_MAX):
                if stop.is_set() or not await visit(business_id):
                    return
        except Refusal as refusal:
            log.warning("visit_refused", part=part, business_id=str(business_id), error=refusal.code)
        except Exception:
            log.exception("visit_failed", part=part, business_id=str(business_id))


async def keep_doing(work: Callable[[], Awaitable[object]], every_s: float, stop: asyncio.Event, *, part: str) -> None:
    """Do some work again and again until ``stop``, each time after a pause; ``part`` names it in logs."""
    while not stop.is_set():
        try:
            await work()
        except Refusal as refusal:
            log.warning("work_refused", part=part, error=refusal.code)
        except Exception:
            log.exception("work_failed", part=part)
        await pause(stop, every_s)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait some seconds, but no longer than until ``stop``."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
