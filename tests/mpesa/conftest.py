"""A gateway that misbehaves on demand, and the client in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest

from payme.daraja import Wire
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from payme.mpesa import DarajaClient, MpesaAccount, PushOrder, TransactionType
from tests.mpesa.gateway import Gateway, ShopClock, opened_gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with opened_gateway() as opened:
        yield opened


@pytest.fixture
def clock() -> ShopClock:
    return ShopClock()


@pytest.fixture
def books(app_pool: AsyncpgPool, clock: ShopClock) -> Database:
    """The books, in the shop's time."""
    return Database(app_pool, Seams(clock=clock), record=lambda _: None, jobs=PgQueuerJobs())


@asynccontextmanager
async def wired(
    database: Database, timeout_s: float = 60, http: httpx.AsyncClient | None = None
) -> AsyncIterator[Wire]:
    """A process's way to Daraja."""
    wire = Wire(http or httpx.AsyncClient(trust_env=False), database, timeout_s=timeout_s)
    try:
        yield wire
    finally:
        await wire.aclose()


@pytest.fixture
async def wire(books: Database) -> AsyncIterator[Wire]:
    async with wired(books) as opened:
        yield opened


@pytest.fixture
def daraja(wire: Wire) -> DarajaClient:
    return DarajaClient(wire)


@pytest.fixture
async def hasty(books: Database) -> AsyncIterator[DarajaClient]:
    """A client that soon gives up waiting."""
    async with wired(books, timeout_s=1.2) as opened:
        yield DarajaClient(opened)


@pytest.fixture
def account(gateway: Gateway) -> MpesaAccount:
    return MpesaAccount(
        base_url=gateway.base_url,
        consumer_key="the-key",
        consumer_secret="the-secret",
        shortcode="174379",
        passkey="the-passkey",
        party_b="174379",
        transaction_type=TransactionType.PAYBILL,
    )


@pytest.fixture
def order() -> PushOrder:
    return PushOrder(Decimal(300), "254722000111", "K7Q2M9", "Sale K7Q2M9", "https://shop.example/callbacks/hush-hush")
