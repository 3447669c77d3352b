"""Planted where the ground is laid: locks, keys, transactions, jobs, tenants."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

from payme import sales, stock, wallet
from payme.app.assembly import record
from payme.kit.db import idempotency
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.locks import LockRank
from payme.kit.db.ports import Connection, Job
from payme.kit.db.rows import read_all
from payme.kit.db.transaction import Scope, Tx
from payme.kit.events import Event
from payme.sales import Sale, SaleDraft, SaleView
from payme.wallet.models import Wallet
from tests.simulation.world import World

AS_OWNER = "; SET LOCAL ROLE NONE"
"""Gets round row level security, as a wrong role in the connection string would."""


@contextmanager
def no_lock(_: World) -> Iterator[None]:
    """Rows are read and not locked."""

    async def lock(tx: Tx, row_type: type[Any], rank: LockRank, select: str, *args: object) -> list[Any]:
        return read_all(row_type, await tx.records(select, *args))

    def carry_lock(tx: Tx, name: str, rank: LockRank, select: str, *args: object) -> None:
        tx.carry(name, select, *args)

    with patch.object(Tx, "lock", lock), patch.object(Tx, "carry_lock", carry_lock):
        yield


@contextmanager
def stale_read_before_lock(_: World) -> Iterator[None]:
    """The wallet is read while the products are locked, then locked, and what was read is believed."""

    async def lock_products(tx: Tx, *args: Any) -> object:
        found = await tx.row(
            Wallet, "SELECT balance_tokens, owed_tokens FROM wallets WHERE business_id = $1", tx.business_id
        )
        assert found is not None
        read[tx] = found
        return await honest_products(tx, *args)

    async def lock_wallet(tx: Tx) -> Wallet:
        locked = await honest_lock(tx)
        return read.pop(tx, locked)

    read: dict[Tx, Wallet] = {}
    honest_products, honest_lock = stock.lock_products, wallet.repository.lock_wallet
    with patch.object(stock, "lock_products", lock_products), patch("payme.wallet.repository.lock_wallet", lock_wallet):
        yield


@contextmanager
def no_deduplication_of_requests(_: World) -> Iterator[None]:
    """The Idempotency-Key is written down and never looked up."""

    async def find_or_claim(tx: Tx, key: str, fingerprint: bytes) -> StoredAnswer | None:
        await tx.carried("key")
        return None

    def keep(tx: Tx, key: str, fingerprint: bytes, answer: StoredAnswer) -> None:
        return None

    with patch.object(idempotency, "find_or_claim", find_or_claim), patch.object(idempotency, "keep", keep):
        yield


@contextmanager
def look_up_without_claim(_: World) -> Iterator[None]:
    """The Idempotency-Key is looked up, but two requests at once both find nothing, and the last answer is kept."""

    async def find_or_claim(tx: Tx, key: str, fingerprint: bytes) -> StoredAnswer | None:
        kept = await tx.carried("key")
        return None if kept["status"] is None else StoredAnswer(kept["status"], kept["body"], replayed=True)

    def keep(tx: Tx, key: str, fingerprint: bytes, answer: StoredAnswer) -> None:
        tx.write(
            """
            INSERT INTO idempotency_records (business_id, key, fingerprint, status, body, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
            """,
            tx.business_id,
            key,
            fingerprint,
            answer.status,
            answer.body,
            tx.now,
        )

    with patch.object(idempotency, "find_or_claim", find_or_claim), patch.object(idempotency, "keep", keep):
        yield


@contextmanager
def split_transaction(world: World) -> Iterator[None]:
    """Goods leave in one transaction, the sale is written in the next."""

    async def open_sale(tx: Tx, draft: SaleDraft) -> SaleView:
        view = await honest(tx, draft)
        await tx.flush()
        await tx._connection.execute("COMMIT")  # noqa: SLF001
        await tx._connection.execute(f"BEGIN; SET LOCAL payme.business_id = '{tx.business_id}'")  # noqa: SLF001
        return view

    honest = sales.open_sale
    with patch.object(sales, "open_sale", open_sale):
        yield


@contextmanager
def jobs_after_commit(world: World) -> Iterator[None]:
    """A job is enqueued once the transaction that causes it is through, if the process lives that long."""
    honest = world.database._finish  # noqa: SLF001

    async def finish(tx: Tx, connection: Connection) -> None:
        jobs: list[Job] = list(tx.jobs)
        tx.jobs.clear()
        await honest(tx, connection)
        for job in jobs:
            await world.scheduler.point("enqueue late")
            world._accept(job)  # noqa: SLF001

    with patch.object(world.database, "_finish", finish):
        yield


@contextmanager
def wallet_without_business(world: World) -> Iterator[None]:
    """The balance is written without naming the business, by a role that no policy holds back."""

    def update_balance(tx: Tx, balance: int) -> None:
        tx.write("UPDATE wallets SET balance_tokens = $1, updated_at = $2", balance, tx.now)

    world.pool.set_role = AS_OWNER
    with patch("payme.wallet.repository.update_balance", update_balance):
        yield


@contextmanager
def sale_without_business(world: World) -> Iterator[None]:
    """A sale is found by its id alone, by a role that no policy holds back."""

    async def get_sale(tx: Tx, sale_id: UUID) -> Sale:
        found = await tx.row(
            Sale,
            """
            SELECT id, number, state, total, paid, opened_by, opened_at, completed_at, cancelled_at, cancel_reason,
                   note, business_day, on_account, customer_id, drawer_id
              FROM sales
             WHERE id = $1
            """,
            sale_id,
        )
        assert found is not None
        return found

    world.pool.set_role = AS_OWNER
    with patch("payme.sales.queries.get_sale", get_sale):
        yield


@contextmanager
def audit_forgotten(world: World) -> Iterator[None]:
    """What happened is not written to the audit."""
    with patch.object(world.database, "_record", lambda _: None):
        yield


@contextmanager
def audit_after_commit(world: World) -> Iterator[None]:
    """The audit is written in a transaction of its own, after the effect."""

    async def write(tx: Tx, events: Sequence[Event]) -> None:
        for event in events:
            tx.emit(event)
        record(tx)

    honest = world.database.transact
    with patch.object(world.database, "_record", lambda _: None):

        async def transact(scope: Scope, work: Callable[..., Awaitable[Any]], *args: object) -> Any:
            happened: list[Event] = []

            async def listened(tx: Tx, *given: object) -> Any:
                result = await work(tx, *given)
                happened[:] = tx.events
                return result

            result = await honest(scope, listened, *args)
            if happened and scope.business_id is not None:
                await honest(scope, write, happened)
            return result

        with patch.object(world.database, "transact", transact):
            yield
