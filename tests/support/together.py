"""Races: many at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from payme.kit.errors import Refusal

T = TypeVar("T")


async def together(count: int, act: Callable[[int], Awaitable[T]]) -> list[T | Refusal]:
    """Start ``act(0) … act(count - 1)`` at one moment; refusals are results, any other exception fails the test."""
    start = asyncio.Event()

    async def one(number: int) -> T | Refusal:
        await start.wait()
        try:
            return await act(number)
        except Refusal as refusal:
            return refusal

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    await asyncio.sleep(0)
    start.set()
    return list(await asyncio.gather(*tasks))


def count(results: Sequence[object], kind: type) -> int:
    """Say how many results are of a kind."""
    return sum(isinstance(result, kind) for result in results)
