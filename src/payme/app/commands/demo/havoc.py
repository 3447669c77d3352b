"""Havoc during the day: the server, the worker and the database are killed, and their parent starts them again."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Final

from payme.app.running_shop import RunningShop

PARTS: Final = ("web", "worker", "postgres")
KILLS: Final = 6


class Havoc:
    """Kills a part each time another share of the day's customers was served."""

    def __init__(self, shop: RunningShop, seed: int, customers: int, say: Callable[[str], None]) -> None:
        """Choose what is killed when: every part at least once."""
        chance = Random(seed)  # noqa: S311  a pretended accident
        parts = [*PARTS, *chance.choices(PARTS, k=KILLS - len(PARTS))]
        chance.shuffle(parts)
        self._accidents = [(customers * (place + 1) // (KILLS + 2), part) for place, part in enumerate(parts)]
        self._shop = shop
        self._say = say
        self._served = 0
        self._more = asyncio.Event()
        self.killed: list[str] = []

    def served(self) -> None:
        """Count a customer."""
        self._served += 1
        self._more.set()

    async def rage(self) -> None:
        """Kill one part after the other, each time waiting until it is there again."""
        for served, part in self._accidents:
            while self._served < served:
                self._more.clear()
                await self._more.wait()
            killed = self._shop.kill(part)
            self.killed.append(part)
            self._say(f"kill -9 {part} (process {killed})")
            await asyncio.to_thread(self._shop.wait_restarted, part, killed)
