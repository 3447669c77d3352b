"""How the house is put together for a process: the pool, the transactions, Daraja, and who is told what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from payme import audit, reconciliation
from payme.app.logs import bind_facts
from payme.app.settings import Settings
from payme.app.telemetry import TracedDaraja, TracedDatabase, Tracing
from payme.daraja import Wire
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool, open_pool
from payme.kit.db.transaction import Database, Tx
from payme.kit.seams import Seams
from payme.mpesa import Daraja, DarajaClient, MpesaAccount, TransactionType
from payme.payments import Till
from payme.payments.jobs import PushDesk


def record(tx: Tx) -> None:
    """Tell every room that listens what a transaction emitted; runs before each commit."""
    audit.record_events(tx)
    reconciliation.record_issues(tx)
    bind_facts(tx.events)


@dataclass(frozen=True)
class Assembly:
    """What one process works with."""

    settings: Settings
    pool: AsyncpgPool
    database: Database
    desk: PushDesk
    till: Till


def mpesa_account(settings: Settings) -> MpesaAccount:
    """Return the account that collects."""
    return MpesaAccount(
        base_url=settings.daraja_url,
        consumer_key=settings.daraja_consumer_key,
        consumer_secret=settings.daraja_consumer_secret,
        shortcode=settings.daraja_shortcode,
        passkey=settings.daraja_passkey,
        party_b=settings.daraja_party_b,
        transaction_type=TransactionType(settings.daraja_transaction_type),
    )


@asynccontextmanager
async def assemble(
    settings: Settings, app_dsn: str, seams: Seams | None = None, tracing: Tracing | None = None
) -> AsyncIterator[Assembly]:
    """Open everything a process needs, and close it again; with ``tracing`` transactions and pushes make spans."""
    seams = seams or Seams()
    pool = await open_pool(app_dsn, limits=settings.pool_limits())
    try:
        async with httpx.AsyncClient() as http:
            jobs = PgQueuerJobs()
            daraja: Daraja
            if tracing is None:
                database = Database(pool, seams, record=record, jobs=jobs)
            else:
                database = TracedDatabase(pool, seams, record=record, jobs=jobs, tracing=tracing)
            wire = Wire(http, database, queries_per_minute=settings.daraja_queries_per_minute)
            daraja = DarajaClient(wire) if tracing is None else TracedDaraja(DarajaClient(wire), tracing)
            desk = PushDesk(database, daraja, mpesa_account(settings), settings.public_url)
            till = Till(settings.daraja_shortcode, settings.daraja_url, settings.payment_deadline_s)
            try:
                yield Assembly(settings, pool, database, desk, till)
            finally:
                await wire.aclose()
    finally:
        await pool.close()
