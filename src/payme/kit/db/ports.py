"""What the transaction needs of a database driver, so that a simulation can stand in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Record(Protocol):
    """One row as the driver returns it."""

    def values(self) -> Any:  # noqa: ANN401  the driver's own row type
        """Return the values in column order."""
        ...

    def keys(self) -> Any:  # noqa: ANN401
        """Return the column names."""
        ...

    def __getitem__(self, key: str | int) -> Any:  # noqa: ANN401
        """Return one value."""
        ...


class Connection(Protocol):
    """One session with PostgreSQL; asyncpg's connection is one."""

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement and return its command tag."""
        ...

    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        """Run a statement and return its rows."""
        ...

    def is_in_transaction(self) -> bool:
        """Say whether a transaction is open."""
        ...

    def terminate(self) -> None:
        """Drop the session at once."""
        ...


class Pool(Protocol):
    """Bounded set of connections."""

    async def acquire(self) -> Connection:
        """Wait for a connection, at most the pool's own limit."""
        ...

    async def release(self, connection: Connection) -> None:
        """Give it back."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """Work for the worker, enqueued in the same transaction as its cause."""

    name: str
    payload: dict[str, str]
    delay_s: float = 0.0


class JobQueue(Protocol):
    """Where jobs wait."""

    async def enqueue(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Store the jobs in the transaction that is open on the connection."""
        ...
