"""A bounded pool of asyncpg connections with limits on everything that could wait for ever."""

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import asyncpg

from payme.kit.db.ports import Connection
from payme.kit.errors import DatabaseUnavailable

APP_ROLE = "payme_app"


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many sessions, and how long anything may wait (seconds)."""

    connections_max: int = 20
    acquire_s: float = 10.0
    connect_s: float = 10.0
    statement_s: float = 15.0
    lock_s: float = 8.0
    idle_in_transaction_s: float = 20.0


@dataclass(frozen=True, slots=True)
class PoolUse:
    """Sessions of one process at one moment."""

    in_use: int
    open: int
    most: int


if TYPE_CHECKING:
    _Asyncpg = asyncpg.Connection[asyncpg.Record]
else:
    _Asyncpg = asyncpg.Connection  # generic in its stubs only


_ARRAY = re.compile(r"\$([0-9]+)::(uuid|numeric|smallint|integer|bigint)\[\]")


class _Session(_Asyncpg):
    """A session that needs no reset between uses: everything we set is SET LOCAL, and ends with its transaction."""

    def get_reset_query(self) -> str:
        """Return nothing to run, which saves a round trip at each release."""
        return ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ANN401, ASYNC109  asyncpg's
        """Run a statement; arrays of ids and figures that it names by ``$1::uuid[]`` are sent as text.

        A sale writes some thirty. The driver looks at each element for arrays within and writes a ``Decimal`` digit by
        digit, which together costs three times as much as text does; PostgreSQL reads either as fast.
        """
        if args:
            query, arrays = _with_arrays_as_text(query)
            if arrays:
                sent = list(args)
                for place in arrays:
                    sent[place] = _array_text(sent[place])
                return await super().execute(query, *sent, timeout=timeout)
        return await super().execute(query, *args, timeout=timeout)


@lru_cache(maxsize=1024)
def _with_arrays_as_text(query: str) -> tuple[str, frozenset[int]]:
    """Return a statement that takes arrays of ids and figures as text, and which of its arguments those are."""
    return _ARRAY.sub(r"$\1::text::\2[]", query), frozenset(int(found[1]) - 1 for found in _ARRAY.finditer(query))


def _array_text(values: Iterable[object] | None) -> str | None:
    if values is None:
        return None
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


class AsyncpgPool:
    """Connections as the app role."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", limits: PoolLimits) -> None:
        """Wrap an open asyncpg pool; use ``open_pool``."""
        self._pool = pool
        self._limits = limits

    async def acquire(self) -> Connection:
        """Wait for a connection; raises DatabaseUnavailable after ``acquire_s``."""
        try:
            return await self._pool.acquire(timeout=self._limits.acquire_s)
        except (TimeoutError, OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as gone:
            raise DatabaseUnavailable from gone
        except asyncpg.TooManyConnectionsError as full:
            raise DatabaseUnavailable from full

    async def release(self, connection: Connection) -> None:
        """Give it back."""
        await self._pool.release(connection)  # type: ignore[arg-type]  # the proxy we gave out

    def use(self) -> PoolUse:
        """Count the sessions."""
        open_now = self._pool.get_size()
        return PoolUse(open_now - self._pool.get_idle_size(), open_now, self._pool.get_max_size())

    async def close(self, timeout_s: float = 10.0) -> None:
        """Wait for what is in use, then close; after ``timeout_s`` drop the rest."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout_s)
        except TimeoutError:
            self._pool.terminate()


async def open_pool(dsn: str, *, role: str = APP_ROLE, limits: PoolLimits | None = None) -> AsyncpgPool:
    """Open a pool whose every session runs as ``role``, which owns nothing and obeys row level security."""
    limits = limits or PoolLimits()
    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=limits.connections_max,
        timeout=limits.connect_s,
        connection_class=_Session,
        init=set_codecs,
        statement_cache_size=512,
        max_cached_statement_lifetime=0,
        server_settings={
            "application_name": "payme",
            "role": role,
            "timezone": "UTC",
            "statement_timeout": f"{int(limits.statement_s * 1000)}",
            "lock_timeout": f"{int(limits.lock_s * 1000)}",
            "idle_in_transaction_session_timeout": f"{int(limits.idle_in_transaction_s * 1000)}",
            "jit": "off",
            # A helper process takes longer to start than most reports do, and takes a core from the tills.
            "max_parallel_workers_per_gather": "0",
        },
    )
    return AsyncpgPool(pool, limits)


async def set_codecs(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Read jsonb as Python values. It is written as JSON text already, by us and by the job queue."""
    await connection.set_type_codec("jsonb", encoder=str, decoder=json.loads, schema="pg_catalog")
