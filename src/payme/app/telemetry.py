"""Traces: a span for each request, each transaction and each push to Daraja, where an OTLP endpoint is set.

OpenTelemetry itself is loaded only then (``payme.app.otlp``); without an endpoint a request does not even make an
empty span.
"""

import importlib
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, TypeVarTuple, cast

from payme.app.settings import Settings
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.ports import JobQueue, Pool
from payme.kit.db.transaction import Database, Once, Scope, Tx
from payme.kit.seams import Seams
from payme.mpesa import Daraja, MpesaAccount, PushAnswer, PushOrder, QueryAnswer

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


class Tracing(Protocol):
    """What a span is asked of."""

    def request(self, scope: MutableMapping[str, Any]) -> AbstractContextManager[None]:
        """Open the span of one HTTP request; the route is read from the scope at its end."""
        ...

    def span(self, name: str) -> AbstractContextManager[None]:
        """Open a span inside the one that is open: ``transaction open_sale``, ``daraja push``."""
        ...

    def close(self) -> None:
        """Send what is waiting; called once at the stop."""
        ...


def start_tracing(settings: Settings, part: str) -> Tracing | None:
    """Start tracing a part (``web``, ``worker``) if there is somewhere to send traces to."""
    if settings.otlp_endpoint is None:
        return None
    # By name, so that nobody pays for loading OpenTelemetry who does not use it.
    otlp = importlib.import_module("payme.app.otlp")
    return cast("Tracing", otlp.start(settings.otlp_endpoint, part))


class TracedDatabase(Database):
    """A database whose every transaction is a span, named after its command."""

    def __init__(
        self, pool: Pool, seams: Seams, *, record: Callable[[Tx], None], jobs: JobQueue, tracing: Tracing
    ) -> None:
        """Take what ``Database`` takes, and where spans go."""
        super().__init__(pool, seams, record=record, jobs=jobs)
        self._tracing = tracing

    async def transact(self, scope: Scope, work: Callable[[Tx, *Args], Awaitable[Result]], *args: *Args) -> Result:
        """Run a command inside a span."""
        with self._tracing.span(f"transaction {_name_of(work)}"):
            return await super().transact(scope, work, *args)

    async def transact_once(
        self,
        scope: Scope,
        once: Once[Result],
        work: Callable[[Tx, *Args], Awaitable[Result]],
        *args: *Args,
    ) -> StoredAnswer:
        """Run a command at most once inside a span."""
        with self._tracing.span(f"transaction {_name_of(work)}"):
            return await super().transact_once(scope, once, work, *args)


class TracedDaraja:
    """Daraja, each of whose calls is a span."""

    def __init__(self, daraja: Daraja, tracing: Tracing) -> None:
        """Take the client, and where spans go."""
        self._daraja = daraja
        self._tracing = tracing

    async def push(self, account: MpesaAccount, order: PushOrder) -> PushAnswer:
        """Send a push inside a span."""
        with self._tracing.span("daraja push"):
            return await self._daraja.push(account, order)

    async def query(self, account: MpesaAccount, checkout_request_id: str) -> QueryAnswer:
        """Ask about a push inside a span."""
        with self._tracing.span("daraja query"):
            return await self._daraja.query(account, checkout_request_id)


def _name_of(work: object) -> str:
    return str(getattr(work, "__name__", type(work).__name__))
