"""What happened in the demo shop before anybody looks: a debt, money for it, goods that came back, a counted drawer."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar, TypeVarTuple
from uuid import UUID

from payme import credit, customers, drawers, repayments, returns, sales, stock
from payme.credit import AccountDraft, CreditTerms
from payme.customers import CustomerDraft
from payme.drawers import Count
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.transaction import Database, Once, Scope, Tx
from payme.kit.money import ZERO
from payme.payments import Terms
from payme.sales import Condition, DraftLine, SaleDraft, WantedBack
from payme.stock import ProductFilter

PHONE: Final = "0722000000"
"""A number whose owner pays at once, in the simulator."""
CUSTOMER: Final = CustomerDraft("Wanjiku Kamau", PHONE, "Pays on Fridays", ("estate",))
AGREED: Final = AccountDraft(Decimal("5000.00"), 14)
FLOAT: Final = Decimal("2000.00")
GOODS_MAX: Final = 100
BY_CASH: Final = Decimal("300.00")
BY_PHONE: Final = Decimal("200.00")
# 2,000 and 395 for a sale, 200 of another and 300 of the debt, less 165 for what came back: 2,730, and 5 are missing.
COUNTED: Final = Count(
    ((Decimal(1000), 2), (Decimal(500), 1), (Decimal(200), 1), (Decimal(20), 1), (Decimal(5), 1)), ZERO
)

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


@dataclass(frozen=True, slots=True)
class Staff:
    """Who does what in the shop."""

    cashier: Scope
    manager: Scope


async def trade_first_day(database: Database, staff: Staff, terms: Terms | None) -> None:
    """Sell, take money for debts, take goods back, and count; with ``terms`` a phone is asked, too.

    What an interrupted start did already is not done again.
    """
    goods = await database.transact(staff.manager, stock.list_products, ProductFilter(), None, GOODS_MAX)
    products = {product.sku: product.id for product in goods if product.sku}
    await DemoDay(database, staff, products).trade(terms)


class DemoDay:
    """A day that is traded once: what an interrupted start did already, the next one does not do again."""

    def __init__(self, database: Database, staff: Staff, products: Mapping[str, UUID]) -> None:
        """``products`` are found by SKU."""
        self._database = database
        self._staff = staff
        self._products = products

    async def trade(self, terms: Terms | None) -> None:
        """Sell, take money back, take goods back, and count; with ``terms`` a phone is asked, too."""
        cashier, manager = self._staff.cashier, self._staff.manager
        drawer = await self._once("drawer", cashier, _open_drawer)
        customer = await self._once("customer", manager, _add_customer)
        await self._once("account", manager, _open_account, customer)
        bought = await self._once("sale", cashier, _sell, self._draft(("SUG-1KG", 2), ("BRD-400", 1), cash="500"))
        for name, draft in (
            ("credit", self._draft(("UNG-2KG", 2), ("OIL-1L", 1), customer=customer)),
            ("part", self._draft(("RIC-1KG", 2), ("TEA-250", 1), cash="200", customer=customer)),
        ):
            await self._once(name, cashier, _sell, draft)
        await self._once("repayment", cashier, _repay, customer)
        await self._once("return", manager, _take_back, bought)
        await self._once("count", cashier, _count, drawer)
        if terms is not None:  # last: its money comes at a moment of its own, and would be of the drawer
            await self._once("prompt", cashier, _ask, customer, terms)

    def _draft(self, *lines: tuple[str, int], cash: str | None = None, customer: UUID | None = None) -> SaleDraft:
        return SaleDraft(
            lines=tuple(DraftLine(self._products[sku], Decimal(quantity), None, ZERO) for sku, quantity in lines),
            cash_tendered=None if cash is None else Decimal(cash),
            note="",
            customer_id=customer,
            credit=None if customer is None else CreditTerms(),
        )

    async def _once(self, name: str, who: Scope, work: Callable[[Tx, *Args], Awaitable[UUID]], *args: *Args) -> UUID:
        once: Once[UUID] = Once(f"demo-shop:{name}", hashlib.sha256(name.encode()).digest(), _tell)
        answer = await self._database.transact_once(who, once, work, *args)
        return UUID(json.loads(answer.body)["id"])


def _tell(made: UUID) -> StoredAnswer:
    return StoredAnswer(201, f'{{"id": "{made}"}}')


async def _open_drawer(tx: Tx) -> UUID:
    return (await drawers.open_drawer(tx, "Till 1", FLOAT)).drawer.id


async def _add_customer(tx: Tx) -> UUID:
    return (await customers.add_customer(tx, CUSTOMER)).id


async def _open_account(tx: Tx, customer_id: UUID) -> UUID:
    return (await credit.open_account(tx, customer_id, AGREED)).id


async def _sell(tx: Tx, draft: SaleDraft) -> UUID:
    return (await sales.open_sale(tx, draft)).sale.id


async def _repay(tx: Tx, customer_id: UUID) -> UUID:
    return (await repayments.repay_in_cash(tx, customer_id, BY_CASH, None, None)).payment.id


async def _ask(tx: Tx, customer_id: UUID, terms: Terms) -> UUID:
    return (await repayments.ask_mpesa(tx, customer_id, BY_PHONE, PHONE, None, terms)).id


async def _take_back(tx: Tx, sale_id: UUID) -> UUID:
    wanted = WantedBack(1, Decimal(1), Condition.RESTOCK, "one was enough")
    return (await returns.return_goods(tx, sale_id, [wanted])).document.id


async def _count(tx: Tx, drawer_id: UUID) -> UUID:
    return (await drawers.count_drawer(tx, drawer_id, COUNTED)).drawer.id
