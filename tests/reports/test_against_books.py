"""Random days of a shop, and every figure of every report against sums made one row at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from payme import returns, sales
from payme.kit.days import SHOP_TIME
from payme.kit.db.transaction import Database, Tx
from payme.kit.errors import Refusal
from payme.reports import queries
from payme.reports.services import keep_ended_days
from payme.sales import Cancellation, Condition, WantedBack
from payme.stock import Product
from tests.reports.conftest import SetClock
from tests.support.daraja import Counter, paid
from tests.support.goods import has_stock, has_tokens, opens_sale, receives
from tests.support.shops import Shop

Sums = dict[Any, dict[str, Any]]
TABLES = (
    "sales",
    "sale_items",
    "sale_item_takings",
    "payments",
    "returns",
    "sale_item_returns",
    "stock_movements",
    "money_back",
    "wallet_transactions",
)


@dataclass
class Books:
    """Every row of a shop's books, added up by plain loops."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    days: Sums = field(default_factory=lambda: defaultdict(lambda: defaultdict(Decimal)))
    products: Sums = field(default_factory=lambda: defaultdict(lambda: defaultdict(Decimal)))
    people: Sums = field(default_factory=lambda: defaultdict(lambda: defaultdict(Decimal)))
    tokens: Sums = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def of(self, table: str, column: str, value: object) -> list[Mapping[str, Any]]:
        return [row for row in self.rows[table] if row[column] == value]

    def add_up(self, first: date, last: date) -> None:
        for sale in self.rows["sales"]:
            if sale["completed_at"] is None or sale["state"] == "voided":
                continue
            day = day_of(sale["completed_at"])
            if first <= day <= last:
                self._add_sale(day, sale)
        for document in self.rows["returns"]:
            day = day_of(document["created_at"])
            if first <= day <= last:
                self._add_return(day, document)
        names = {"grant": "granted", "purchase": "bought", "reserve": "reserved", "charge": "charged"}
        for entry in self.rows["wallet_transactions"]:
            day = day_of(entry["created_at"])
            if first <= day <= last:
                change = entry["change_tokens"] if entry["type"] in {"grant", "purchase"} else 1
                self.tokens[day][names.get(entry["type"], "refunded")] += change

    def _add_sale(self, day: date, sale: Mapping[str, Any]) -> None:
        for person in (self.days[day], self.people[sale["opened_by"]]):
            person["sales"] += 1
            person["revenue"] += sale["total"]
        for payment in self.of("payments", "sale_id", sale["id"]):
            if payment["method"] == "cash":
                self.days[day]["cash"] += payment["amount"]
        for item in self.of("sale_items", "sale_id", sale["id"]):
            parts = self.of("sale_item_takings", "sale_item_id", item["id"])
            cost = cents(sum(part["quantity"] * part["unit_cost"] for part in parts))
            self.days[day]["cost"] += cost
            product = self.products[item["product_id"]]
            product["quantity"] += item["quantity"]
            product["revenue"] += item["line_total"]
            product["cost"] += cost

    def _add_return(self, day: date, document: Mapping[str, Any]) -> None:
        for person in (self.days[day], self.people[document["returned_by"]]):
            person["returns"] += 1
        for line in self.of("sale_item_returns", "return_id", document["id"]):
            (item,) = self.of("sale_items", "id", line["sale_item_id"])
            self.days[day]["returned"] += line["amount"]
            self.people[document["returned_by"]]["returned"] += line["amount"]
            self.products[item["product_id"]]["returned_quantity"] += line["quantity"]
            self.products[item["product_id"]]["returned"] += line["amount"]
        costs: dict[UUID, Decimal] = defaultdict(Decimal)
        for moved in self.of("stock_movements", "source_id", document["id"]):
            if moved["kind"] == "sale_returned":
                costs[moved["product_id"]] += moved["quantity"] * moved["unit_cost"]
        for product_id, cost in costs.items():
            self.days[day]["returned_cost"] += cents(cost)
            self.products[product_id]["returned_cost"] += cents(cost)
        for part in self.of("money_back", "return_id", document["id"]):
            self.days[day]["returned_cash"] += part["amount"] if part["way"] == "cash" else 0


def day_of(at: datetime) -> date:
    return at.astimezone(SHOP_TIME).date()


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def told(rows: Sequence[object], key: str, names: Sequence[str]) -> dict[Any, dict[str, Any]]:
    return {getattr(row, key): {name: getattr(row, name) for name in names} for row in rows}


def wanted(sums: Sums, names: Sequence[str]) -> dict[Any, dict[str, Any]]:
    return {key: {name: figures[name] for name in names} for key, figures in sums.items()}


@dataclass
class Trader:
    """A shop at which anything happens at any time."""

    shop: Shop
    clock: SetClock
    luck: Random
    goods: list[Product]
    counter: Counter
    done: list[UUID] = field(default_factory=list)
    open: list[UUID] = field(default_factory=list)

    async def acts(self) -> None:
        self.clock.at += timedelta(minutes=self.luck.choice((1, 7, 30, 120, 300, 1000)))
        act = self.luck.choice((self.sells, self.sells, self.sells, self.opens, self.settles, self.undoes, self.gets))
        await act()

    def basket(self) -> list[tuple[Product, str]]:
        parts = self.luck.sample(self.goods, self.luck.randint(1, 3))
        return [(product, f"{self.luck.randint(1, 2500) / 1000:.3f}") for product in parts]

    async def sells(self) -> None:
        role = self.luck.choice(("owner", "manager", "cashier"))
        self.done.append((await opens_sale(self.shop, *self.basket(), cash="9999", role=role)).sale.id)

    async def opens(self) -> None:
        product = self.luck.choice(self.goods[:2])
        self.open.append((await opens_sale(self.shop, (product, str(self.luck.randint(1, 3))))).sale.id)

    async def settles(self) -> None:
        if not self.open:
            return
        sale_id = self.open.pop(self.luck.randrange(len(self.open)))
        way = self.luck.choice(("cash", "mpesa", "both", "cancelled"))
        if way == "cancelled":
            await self.shop.transact(sales.cancel_sale, sale_id, Cancellation("no money"))
            return
        if way in {"cash", "both"}:
            await self.shop.transact(sales.take_cash, sale_id, Decimal(9999 if way == "cash" else 7))
        if way in {"mpesa", "both"}:
            asked = await self.counter.asks(sale_id)
            await self.counter.receives(paid(asked), asked)
        self.done.append(sale_id)

    async def undoes(self) -> None:
        """A customer brings a part back, or somebody voids the sale; where the house says no, nothing happens."""
        if not self.done:
            return
        sale_id = self.luck.choice(self.done)
        try:
            if self.luck.random() < 0.5:
                await self.shop.transact(returns.void_sale, self.done[-1], Cancellation("rung up twice"))
                return
            quantity = Decimal(self.luck.randint(1, 1200)) / 1000
            back = WantedBack(1, quantity, self.luck.choice(list(Condition)), "wrong one")
            await self.shop.transact(returns.return_goods, sale_id, [back], None)
        except Refusal:
            return

    async def gets(self) -> None:
        product = self.luck.choice(self.goods)
        await receives(self.shop, product.id, str(self.luck.randint(1, 9)), f"{self.luck.randint(1, 20000) / 100:.2f}")


async def all_books(tx: Tx) -> Books:
    statements = {name: f"SELECT * FROM {name} WHERE business_id = $1" for name in TABLES}
    rows = {name: await tx.records(text, tx.business_id) for name, text in statements.items()}
    return Books(
        {name: [dict(zip(row.keys(), row.values(), strict=True)) for row in found] for name, found in rows.items()}
    )


async def compare(shop: Shop, first: date, last: date) -> int:
    """Hold every report against the books; returns how many days had sales or returns."""
    books = await shop.transact(all_books)
    books.add_up(first, last)
    names: tuple[str, ...] = (
        "sales",
        "revenue",
        "cost",
        "cash",
        "returns",
        "returned",
        "returned_cost",
        "returned_cash",
    )
    days = (await shop.transact(queries.sales_by_day, first, last)).figures
    assert told(days, "day", names) == wanted(books.days, names)
    names = ("quantity", "revenue", "cost", "returned_quantity", "returned", "returned_cost")
    products = (await shop.transact(queries.sales_by_product, first, last)).figures
    assert told(products, "product_id", names) == wanted(books.products, names)
    names = ("sales", "revenue", "returns", "returned")
    people = (await shop.transact(queries.sales_by_cashier, first, last)).figures
    assert told(people, "user_id", names) == wanted(books.people, names)
    names = ("granted", "bought", "reserved", "charged", "refunded")
    tokens = (await shop.transact(queries.tokens_by_day, first, last)).figures
    assert told([day for day in tokens if day.day], "day", names) == wanted(books.tokens, names)
    assert sum(day.net for day in days) == sum(product.net for product in products)
    assert sum(day.gross_profit for day in days) == sum(product.gross_profit for product in products)
    return len(days)


@pytest.mark.parametrize("seed", range(4))
async def test_every_figure_is_what_the_rows_add_up_to(shop: Shop, clock: SetClock, books: Database, seed: int) -> None:
    luck = Random(seed)
    clock.at = datetime(2026, 3, 2, 7, tzinfo=SHOP_TIME)
    await has_tokens(shop, 500)
    goods = [
        await has_stock(shop, name, quantity="300", price=price, cost=cost)
        for name, price, cost in (("Sugar", "150.00", "119.99"), ("Tea", "33.00", "20.01"), ("Salt", "1.00", "0.37"))
    ]
    trader = Trader(shop, clock, luck, goods, Counter(shop))
    began = day_of(clock.at)
    days = 0
    for _ in range(7):
        for _ in range(10):
            await trader.acts()
        today = day_of(clock.at)
        # Some of the ended days are kept, some not yet, and some reports were asked before.
        if luck.random() < 0.7:
            await shop.transact(keep_ended_days)
        first = began + timedelta(luck.randint(-1, (today - began).days))
        days += await compare(shop, first, first + timedelta(luck.randint(0, 30)))
        days += await compare(shop, began, today)
    while await shop.transact(keep_ended_days):
        pass
    assert await compare(shop, began, day_of(clock.at)) >= 7
    assert await shop.disagreements() == []
    assert days
