"""Somebody of the outside world, in a thread of its own, for tests that run commands."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

Server = TypeVar("Server")


@contextmanager
def aside(serving: Callable[[], AbstractAsyncContextManager[Server]]) -> Iterator[Server]:
    """Run a server until the block ends."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    found: list[Server] = []
    is_ready = threading.Event()

    async def run() -> None:
        async with serving() as server:
            found.append(server)
            is_ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    is_ready.wait(10)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
