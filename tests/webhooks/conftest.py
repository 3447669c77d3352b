"""A shop whose own server is told what happens."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from payme import webhooks
from payme.kit.db.transaction import Database
from payme.webhooks import Courier, EndpointDraft, EventType, MessageState, NewEndpoint, PostOffice
from payme.webhooks.jobs import send_due
from payme.webhooks.types import CHOSEN
from tests.support.shops import BOX, Shop, make_shop
from tests.webhooks.receiver import Receiver, receiving

DAY = timedelta(days=1)
TimePasses = Callable[[timedelta], Awaitable[None]]


@dataclass
class Told:
    """A shop, its receiver, and the endpoint between them."""

    shop: Shop
    receiver: Receiver
    office: PostOffice
    new: NewEndpoint

    @property
    def endpoint_id(self) -> UUID:
        return self.new.endpoint.id

    async def sends(self) -> int:
        """Let a worker send what is due."""
        return await send_due(self.office, self.shop.business_id)

    async def messages(self, state: MessageState | None = None) -> list[webhooks.Message]:
        return await self.shop.transact(webhooks.list_messages, self.endpoint_id, state, None, 100)

    async def endpoint(self) -> webhooks.Endpoint:
        return await self.shop.transact(webhooks.get_endpoint, self.endpoint_id)


async def register(shop: Shop, url: str, *types: EventType) -> NewEndpoint:
    return await shop.transact(webhooks.register_endpoint, EndpointDraft(url, "", types or CHOSEN), BOX.keys)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


@pytest.fixture
async def office(database: Database) -> AsyncIterator[PostOffice]:
    courier = Courier(loopback_allowed=True, try_s=2.0)
    yield PostOffice(database, courier, BOX.keys)
    await courier.aclose()


@pytest.fixture
async def told(database: Database, receiver: Receiver, office: PostOffice) -> Told:
    shop = await make_shop(database)
    return Told(shop, receiver, office, await register(shop, receiver.url))


@pytest.fixture
async def owner(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


@pytest.fixture
def time_passes(told: Told, owner: asyncpg.Connection) -> TimePasses:
    """Make everything of the shop's webhooks older."""

    async def pass_(by: timedelta) -> None:
        await owner.execute(
            "UPDATE webhook_messages SET due_at = due_at - $2::interval, created_at = created_at - $2::interval, "
            "ended_at = ended_at - $2::interval WHERE business_id = $1",
            told.shop.business_id,
            by,
        )
        await owner.execute(
            "UPDATE webhook_endpoints SET failing_since = failing_since - $2::interval, "
            "held_until = held_until - $2::interval, old_until = old_until - $2::interval WHERE business_id = $1",
            told.shop.business_id,
            by,
        )

    return pass_
