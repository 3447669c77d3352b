"""Shops, each with a pretended Daraja of its own: over real HTTP, or in virtual time."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from payme.simulator import SimulatorConfig, create_simulator
from tests.simulator.shop import PATIENCE_S, OpenShop, OpenTimedShop, PostOffice, Shop, TimedShop, VirtualTime, served


@pytest.fixture(scope="session")
async def post_office() -> AsyncIterator[tuple[str, PostOffice]]:
    """One real server for all callback addresses."""
    office = PostOffice()
    async with served(office.app) as url:
        yield url, office


@pytest.fixture
async def open_shop(post_office: tuple[str, PostOffice]) -> AsyncIterator[OpenShop]:
    """Open a shop with a Daraja of its own on a real port."""
    url, office = post_office
    async with AsyncExitStack() as stack:

        async def open_with(config: SimulatorConfig) -> Shop:
            path, mailbox = office.open_box()
            theirs = await stack.enter_async_context(served(create_simulator(config)))
            client = httpx.AsyncClient(base_url=theirs, timeout=PATIENCE_S, trust_env=False, verify=False)
            daraja = await stack.enter_async_context(client)
            return Shop(daraja, mailbox, f"{url}{path}")

        yield open_with


@pytest.fixture
async def shop(open_shop: OpenShop) -> Shop:
    """A shop with a fast Daraja."""
    return await open_shop(SimulatorConfig(seed=1, fast=True))


@pytest.fixture
async def open_timed_shop() -> AsyncIterator[OpenTimedShop]:
    """Open a shop in virtual time, wired to its Daraja without a network."""
    async with AsyncExitStack() as stack:

        async def open_with(config: SimulatorConfig) -> TimedShop:
            office, time = PostOffice(), VirtualTime()
            path, mailbox = office.open_box()
            simulator = create_simulator(
                config, clock=time.now, sleep=time.sleep, transport=httpx.ASGITransport(office.app)
            )
            life = AsyncExitStack()
            await life.enter_async_context(simulator.router.lifespan_context(simulator))
            stack.push_async_callback(life.aclose)
            client = httpx.AsyncClient(base_url="http://daraja", transport=httpx.ASGITransport(simulator))
            shop = TimedShop(await stack.enter_async_context(client), mailbox, f"http://shop{path}")
            shop.time, shop.stop = time, life.aclose
            return shop

        yield open_with
