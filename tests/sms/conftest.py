"""A shop that writes to its customers, and the network that carries it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from payme import sms
from payme.kit.db.transaction import Database
from payme.sms import (
    AfricasTalking,
    AfricasTalkingAccount,
    Language,
    SmsDraft,
    SmsFilter,
    SmsMessage,
    SmsPrice,
    SmsPurpose,
    Terms,
)
from payme.sms.jobs import SmsDesk, send_due
from tests.support.africastalking import API_KEY, USERNAME, AfricasTalkingServer, sending_server
from tests.support.database import in_time
from tests.support.people import adds_customer, new_phone
from tests.support.shops import BOX, Shop, make_shop

PRICE = SmsPrice(Decimal("0.80"))
NOON = datetime.fromisoformat("2026-11-23T12:00:00+03:00")
"""A working day in Nairobi."""


@dataclass
class Writing:
    """A shop, the network, and the desk between them."""

    shop: Shop
    network: AfricasTalkingServer
    desk: SmsDesk

    def at(self, when: datetime) -> "Writing":
        """The same at another instant."""
        database = in_time(self.desk.database, when)
        return Writing(replace(self.shop, database=database), self.network, replace(self.desk, database=database))

    async def sends(self, *, at_once: int = 5) -> int:
        """Let a worker send what is due."""
        return await send_due(self.desk, self.shop.business_id, at_once=at_once)

    async def customer(self) -> UUID:
        return (await adds_customer(self.shop, phone=new_phone())).id

    async def queues(
        self,
        purpose: SmsPurpose = SmsPurpose.RECEIPT,
        customer_id: UUID | None = None,
        text: str = "Duka: thank you.",
        secret: str | None = None,
    ) -> SmsMessage | None:
        draft = SmsDraft(purpose, Language.ENGLISH, "+254712345678", text, customer_id, None, secret)
        return await self.shop.transact(sms.queue_message, draft, BOX.keys)

    async def messages(self, **wanted: object) -> list[SmsMessage]:
        """What was written, oldest first."""
        found = await self.shop.transact(sms.list_messages, SmsFilter(**wanted), None, 100)  # type: ignore[arg-type]
        return found[::-1]

    async def only(self) -> SmsMessage:
        (message,) = await self.messages()
        return message


@pytest.fixture
async def network() -> AsyncIterator[AfricasTalkingServer]:
    async with sending_server() as running:
        yield running


@pytest.fixture
async def writing(database: Database, network: AfricasTalkingServer) -> AsyncIterator[Writing]:
    carrier = AfricasTalking(AfricasTalkingAccount(network.url, USERNAME, API_KEY, None), try_s=1.0)
    shop = await make_shop(database)
    yield Writing(shop, network, SmsDesk(database, carrier, Terms(PRICE, BOX.keys, carrier.name))).at(NOON)
    await carrier.aclose()
