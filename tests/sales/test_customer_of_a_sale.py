"""A sale may name who buys; most name nobody, and those cost nothing more."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from payme import credit, customers, sales
from payme.customers import CustomerErased, CustomerUnknown
from payme.kit.db.transaction import Database, Tx
from payme.kit.paging import After
from payme.sales import Cancellation, SaleDraft, SaleFilter, SaleNotOpen, SaleState
from tests.support.goods import draft_of, has_stock, has_tokens, opens_sale
from tests.support.people import adds_customer
from tests.support.plans import Explaining
from tests.support.shops import Shop, make_shop


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database, paybill=False)


class Counting(Tx):
    """A transaction that counts what is asked of PostgreSQL."""

    asked: int

    async def records(self, statement: str, *args: object) -> Sequence[Any]:
        self.asked += 1
        return await super().records(statement, *args)


async def asked_for(shop: Shop, draft: SaleDraft) -> int:
    async def sell(tx: Tx) -> int:
        tx.__class__ = Counting
        assert isinstance(tx, Counting)
        tx.asked = 0
        await sales.open_sale(tx, draft)
        return tx.asked

    return await shop.transact(sell, role="cashier")


async def test_a_name_costs_one_question_and_no_name_none(shop: Shop) -> None:
    sugar = await has_stock(shop)
    customer = await adds_customer(shop)

    without = await asked_for(shop, draft_of((sugar, "1"), cash="150.00"))
    named = await asked_for(shop, draft_of((sugar, "1"), cash="150.00", customer=customer.id))

    assert (without, named) == (2, 3)


async def test_a_customer_who_is_not_there_or_was_erased_cannot_be_named(shop: Shop, database: Database) -> None:
    sugar = await has_stock(shop)
    theirs = await adds_customer(await make_shop(database, paybill=False))
    erased = await adds_customer(shop)
    await shop.transact(customers.erase_customer, erased.id)
    opened = await opens_sale(shop, (sugar, "1"))

    for wrong, refusal in ((uuid4(), CustomerUnknown), (theirs.id, CustomerUnknown), (erased.id, CustomerErased)):
        with pytest.raises(refusal):
            await shop.transact(sales.open_sale, draft_of((sugar, "1"), customer=wrong))
        with pytest.raises(refusal):
            await shop.transact(sales.name_customer, opened.sale.id, wrong)


async def test_a_customer_who_was_merged_is_the_one_that_stayed(shop: Shop) -> None:
    sugar = await has_stock(shop)
    stays, goes = await adds_customer(shop, "Wanjiku"), await adds_customer(shop, "Shiku")
    before = await shop.transact(sales.open_sale, draft_of((sugar, "1"), customer=goes.id))
    await shop.transact(credit.merge_customers, stays.id, goes.id)

    after = await shop.transact(sales.open_sale, draft_of((sugar, "1"), customer=goes.id))

    assert after.sale.customer_id == stays.id
    assert (await shop.transact(sales.get_sale, before.sale.id)).customer_id == goes.id


async def test_the_customer_of_an_open_sale_can_change_and_of_an_ended_one_stays(shop: Shop) -> None:
    sugar = await has_stock(shop)
    one, other = await adds_customer(shop, "Wanjiku"), await adds_customer(shop, "Shiku")
    opened = await opens_sale(shop, (sugar, "1"))

    for named in (one.id, one.id, other.id, None):
        view = await shop.transact(sales.name_customer, opened.sale.id, named, role="cashier")
        assert view.sale.customer_id == named

    async def told(tx: Tx) -> list[Any]:
        return [
            row["facts"]
            for row in await tx.records(
                """
                SELECT facts FROM audit_entries WHERE business_id = $1 AND action = 'customer_named' ORDER BY sequence
                """,
                tx.business_id,
            )
        ]

    steps = [None, one.id, other.id, None]
    assert await shop.transact(told) == [
        {"before": before and str(before), "after": after and str(after)} for before, after in pairwise(steps)
    ]
    await shop.transact(sales.name_customer, opened.sale.id, one.id)
    ended = await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("changed her mind"))
    assert (ended.sale.state, ended.sale.customer_id) == (SaleState.CANCELLED, one.id)
    with pytest.raises(SaleNotOpen):
        await shop.transact(sales.name_customer, opened.sale.id, None)


async def test_a_history_is_read_page_by_page_and_obeys_the_other_filters(shop: Shop) -> None:
    sugar = await has_stock(shop, quantity="50")
    await has_tokens(shop, 20)
    stays, goes = await adds_customer(shop, "Wanjiku"), await adds_customer(shop, "Shiku")
    made = [
        (await shop.transact(sales.open_sale, draft_of((sugar, "1"), cash=cash, customer=who.id))).sale
        for who, cash in ((stays, "150.00"), (goes, None), (stays, None), (goes, "150.00"), (stays, "150.00"))
    ]
    await opens_sale(shop, (sugar, "1"), cash="150.00")
    await shop.transact(credit.merge_customers, stays.id, goes.id)
    newest_first = [sale.id for sale in reversed(made)]

    seen, after = [], None
    while page := await shop.transact(sales.list_sales, SaleFilter(customer_id=goes.id), after, 2):
        seen += [sale.id for sale in page]
        after = After(page[-1].opened_at, page[-1].id)
    assert seen == newest_first

    still_open = SaleFilter(state=SaleState.OPEN, customer_id=stays.id)
    assert [sale.id for sale in await shop.transact(sales.list_sales, still_open, None, 9)] == [made[2].id, made[1].id]
    totals = await shop.transact(sales.get_customer_totals, stays.id)
    assert (totals.sales, totals.spent, totals.last_at, totals.open_sales) == (3, 450, made[4].opened_at, 2)
    nobody = await adds_customer(shop, "Newcomer")
    assert await shop.transact(sales.list_sales, SaleFilter(customer_id=nobody.id), None, 9) == []
    assert (await shop.transact(sales.get_customer_totals, nobody.id)).last_at is None


async def test_a_history_and_its_totals_are_ranges_of_an_index(shop: Shop) -> None:
    customer = await adds_customer(shop)

    async def look(tx: Tx) -> list[str]:
        await tx.records("SET LOCAL enable_seqscan = off")  # there are too few rows here for an index to be worth it
        explaining = Explaining.of(tx)
        await sales.list_sales(explaining, SaleFilter(customer_id=customer.id), None, 50)
        await sales.get_customer_totals(explaining, customer.id)
        return explaining.plans

    plans = await shop.transact(look)

    assert ["sales_by_customer" in plan for plan in plans] == [False, True, False, True]
