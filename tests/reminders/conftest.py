"""A shop whose customers owe, and the network that carries its reminders."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from payme import credit, reminders, sales
from payme.credit import AccountDraft, CreditTerms
from payme.kit.db.transaction import Database
from payme.reminders import ReminderSettings
from payme.reminders.jobs import remind
from payme.sms import AfricasTalking, AfricasTalkingAccount, Language, Terms
from payme.sms.jobs import SmsDesk
from payme.stock import Product
from tests.sms.conftest import NOON, PRICE, Writing
from tests.support.africastalking import API_KEY, USERNAME, AfricasTalkingServer, sending_server
from tests.support.goods import draft_of, has_stock, has_tokens
from tests.support.people import adds_customer, new_phone
from tests.support.shops import BOX, make_shop

TODAY = NOON.date()
DAY = timedelta(days=1)


@dataclass
class Lending:
    """A shop that sells on credit and reminds by SMS."""

    writing: Writing
    sugar: Product

    def at(self, when: datetime) -> "Lending":
        return Lending(self.writing.at(when), self.sugar)

    async def owes(self, days: int, quantity: str = "1", *, phone: str | None = "", name: str = "Wanjiku") -> UUID:
        """A new customer owes KES 100 a piece, due so many days from today."""
        shop = self.writing.shop
        customer = await adds_customer(shop, name, new_phone() if phone == "" else phone)
        await shop.transact(credit.open_account, customer.id, AccountDraft(Decimal(100_000), 30), role="manager")
        await self.buys(customer.id, days, quantity)
        return customer.id

    async def buys(self, customer_id: UUID, days: int, quantity: str = "1") -> None:
        due_on = TODAY + days * DAY
        then = self.writing.at(NOON - 60 * DAY)
        draft = replace(draft_of((self.sugar, quantity), customer=customer_id), credit=CreditTerms(due_on))
        await then.shop.transact(sales.open_sale, draft, role="cashier")

    async def turns(self, *, on: bool = True, days: int = 2, language: Language = Language.ENGLISH) -> None:
        await self.writing.shop.transact(reminders.change_settings, ReminderSettings(on, days, language))

    async def reminds(self) -> int:
        """Let the day's round come by."""
        return await remind(self.writing.shop.database, self.writing.shop.business_id)

    async def texts(self) -> list[tuple[str, str]]:
        """Send what is due, and return what rang, sorted."""
        while await self.writing.sends():
            pass
        return sorted(self.writing.network.sent)


def on(day: date) -> str:
    return f"{day:%d.%m.%Y}"


@pytest.fixture
async def network() -> AsyncIterator[AfricasTalkingServer]:
    async with sending_server() as running:
        yield running


@pytest.fixture
async def lending(database: Database, network: AfricasTalkingServer) -> AsyncIterator[Lending]:
    carrier = AfricasTalking(AfricasTalkingAccount(network.url, USERNAME, API_KEY, None), try_s=1.0)
    shop = await make_shop(database, "Duka la Njeri")
    await has_tokens(shop, 1000)
    writing = Writing(shop, network, SmsDesk(database, carrier, Terms(PRICE, BOX.keys, carrier.name)))
    past = writing.at(NOON - 61 * DAY)
    sugar = await has_stock(past.shop, price="100.00", quantity="10000")
    yield Lending(writing.at(NOON), sugar)
    await carrier.aclose()
