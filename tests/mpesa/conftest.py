"""A gateway that misbehaves on demand, and the client in front of it."""

from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

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
async def daraja(gateway: Gateway, clock: ShopClock) -> AsyncIterator[DarajaClient]:
    client = DarajaClient(httpx.AsyncClient(trust_env=False), Seams(clock=clock), timeout_s=10)
    yield client
    await client.aclose()


@pytest.fixture
async def hasty(gateway: Gateway, clock: ShopClock) -> AsyncIterator[DarajaClient]:
    """A client that soon gives up waiting."""
    client = DarajaClient(httpx.AsyncClient(trust_env=False), Seams(clock=clock), timeout_s=0.6)
    yield client
    await client.aclose()


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
