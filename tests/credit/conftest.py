"""A shop with sugar, tokens and a customer who may owe 1,000 shillings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

import pytest

from payme import credit, sales
from payme.credit import AccountDraft, CreditAccount, CreditTerms, Debt, Repaid
from payme.customers import Customer
from payme.kit.db.transaction import Database
from payme.repayments import repay_in_cash
from payme.sales import SaleDraft, SaleView
from payme.stock import Product
from tests.support.goods import draft_of, has_stock, has_tokens
from tests.support.people import adds_customer
from tests.support.shops import Shop, make_shop


@dataclass(frozen=True)
class Book:
    """A shop that sells on credit."""

    shop: Shop
    sugar: Product
    customer: Customer

    def draft(self, quantity: str = "1", cash: str | None = None, terms: CreditTerms | None = None) -> SaleDraft:
        """Sugar at 100 shillings for the customer, the rest on credit."""
        drafted = draft_of((self.sugar, quantity), cash=cash, customer=self.customer.id)
        return replace(drafted, credit=terms or CreditTerms())

    async def sells(
        self, quantity: str = "1", cash: str | None = None, terms: CreditTerms | None = None, role: str = "cashier"
    ) -> SaleView:
        return await self.shop.transact(sales.open_sale, self.draft(quantity, cash, terms), role=role)

    async def opens(self, quantity: str = "1") -> UUID:
        """Ring up a sale of the customer's that nobody has paid yet."""
        draft = draft_of((self.sugar, quantity), customer=self.customer.id)
        return (await self.shop.transact(sales.open_sale, draft, role="cashier")).sale.id

    async def pays(self, amount: str, named: UUID | None = None) -> Repaid:
        return await self.shop.transact(repay_in_cash, self.customer.id, Decimal(amount), None, named, role="cashier")

    async def account(self) -> CreditAccount:
        return await self.shop.transact(credit.get_account, self.customer.id)

    async def debt(self, sale_id: UUID) -> Debt:
        found = await self.shop.transact(credit.find_debt, sale_id)
        assert found is not None
        return found

    async def stands_at(self) -> tuple[Decimal, Decimal]:
        """What the customer owes, and what the shop owes the customer."""
        account = await self.account()
        return account.balance_due, account.customer_credit


Opens = Callable[[str], Awaitable[Book]]


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


async def make_book(shop: Shop, limit: str = "1000.00") -> Book:
    await has_tokens(shop, 200)
    sugar = await has_stock(shop, price="100.00", quantity="1000")
    customer = await adds_customer(shop)
    await shop.transact(credit.open_account, customer.id, AccountDraft(Decimal(limit), 30), role="manager")
    return Book(shop, sugar, customer)


@pytest.fixture
async def book(shop: Shop) -> Book:
    return await make_book(shop)
