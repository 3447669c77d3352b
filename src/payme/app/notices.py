"""Hear the notices of transactions: one connection a process, made again whenever it is lost."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import asyncpg
import structlog

from payme.kit.db.pool import APP_ROLE
from payme.kit.db.transaction import NOTICES

CONNECT_S: Final = 10.0
PING_EVERY_S: Final = 15.0
PING_S: Final = 5.0
RECONNECT_FIRST_S: Final = 0.1
RECONNECT_MAX_S: Final = 5.0
log = structlog.get_logger(__name__)


class Listening(Protocol):
    """Who wants to know whether notices are heard."""

    def __call__(self, *, is_on: bool) -> None:
        """Take note."""
        ...


async def listen_to_notices(dsn: str, hear: Callable[[str], None], listening: Listening) -> None:
    """Call ``hear`` with each notice until cancelled.

    What was told while nobody listened is lost, so ``listening`` is called at each beginning and end: whoever depends
    on notices looks for itself then.
    """
    delay_s = RECONNECT_FIRST_S
    while True:
        try:
            connection = await asyncpg.connect(
                dsn,
                timeout=CONNECT_S,
                server_settings={"application_name": "payme notices", "role": APP_ROLE, "timezone": "UTC"},
            )
            delay_s = RECONNECT_FIRST_S
            await _listen(connection, hear, listening)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as lost:
            log.warning("notices_not_heard", error=type(lost).__name__, retry_in_s=delay_s)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, RECONNECT_MAX_S)


async def _listen(
    connection: "asyncpg.Connection[asyncpg.Record]", hear: Callable[[str], None], listening: Listening
) -> None:
    """Listen until the connection is lost; raises what shows it."""
    gone = asyncio.Event()
    connection.add_termination_listener(lambda _: gone.set())
    try:
        await connection.add_listener(NOTICES, lambda *told: hear(str(told[3])))
        listening(is_on=True)
        try:
            while not gone.is_set():
                await _pause(gone)
                # A connection that a firewall forgot says nothing; only a question finds out.
                await connection.execute("SELECT 1", timeout=PING_S)
        finally:
            listening(is_on=False)
    finally:
        connection.terminate()


async def _pause(gone: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(PING_EVERY_S):
            await gone.wait()
    except TimeoutError:
        return
