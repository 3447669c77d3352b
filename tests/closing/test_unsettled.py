"""What is on its way is shown before a drawer is counted, and comes after it."""

from decimal import Decimal
from uuid import uuid4

import pytest

from payme import closing, drawers, sales
from payme.callbacks import CallbackState
from payme.drawers import DrawerNotFound, MovementKind, Tender
from payme.kit.days import business_day
from payme.kit.db.transaction import Database
from tests.support.daraja import Counter, paid
from tests.support.drawers import counts, expected, opens_drawer
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop
from tests.support.web import a_client, an_app


async def test_what_is_being_paid_is_shown_and_comes_after_the_closing(database: Database) -> None:
    shop = await make_shop(database)
    counter = Counter(shop)
    sugar = await has_stock(shop, price="150.00", quantity="50")
    drawer = (await opens_drawer(shop)).drawer
    waits = await opens_sale(shop, (sugar, "1"), cash="50.00")
    in_time, late = await opens_sale(shop, (sugar, "1")), await opens_sale(shop, (sugar, "2"))
    first, second = await counter.asks(in_time.sale.id), await counter.asks(late.sale.id)
    assert await counter.receives(paid(first), first) is CallbackState.APPLIED
    assert await expected(shop, drawer.id, Tender.MPESA) == 150

    found = await shop.transact(closing.list_unsettled, drawer.id, role="cashier")
    assert [(one.sale_id, one.payment_id, one.balance_due) for one in found] == [
        (late.sale.id, second.id, 300),
        (waits.sale.id, None, 100),
    ]
    async with a_client(an_app(database), token=shop.person("cashier").token) as cashier:
        told = await cashier.get(f"/v1/businesses/{shop.business_id}/drawers/{drawer.id}/unsettled")
    assert (told.json()["being_paid"], len(told.json()["items"])) == (1, 2)
    assert "counts on no drawer" in told.json()["then"]

    await counts(shop, drawer.id, "50.00", "150.00")
    assert await counter.receives(paid(second), second) is CallbackState.APPLIED

    assert (await shop.transact(sales.get_sale, late.sale.id)).paid == 300
    (after,) = await shop.transact(drawers.list_after_closing, business_day(late.sale.opened_at), None, 9)
    assert (after.drawer_id, after.source_id) == (drawer.id, late.sale.id)
    assert (after.tender, after.kind, after.amount) == (Tender.MPESA, MovementKind.SALE, 300)
    assert await expected(shop, drawer.id, Tender.MPESA) == 150
    assert await shop.disagreements() == []


async def test_the_rest_of_a_sale_goes_into_the_drawer_that_is_open_then(database: Database) -> None:
    shop = await make_shop(database, paybill=False)
    sugar = await has_stock(shop, price="150.00", quantity="50")
    morning = (await opens_drawer(shop)).drawer
    sale = (await opens_sale(shop, (sugar, "1"), cash="50.00")).sale
    await counts(shop, morning.id, "50.00")
    evening = (await opens_drawer(shop)).drawer

    await shop.transact(sales.take_cash, sale.id, Decimal(100), role="cashier")

    assert await expected(shop, evening.id) == 100
    assert await shop.disagreements() == []


async def test_there_is_no_such_drawer(database: Database) -> None:
    shop = await make_shop(database, paybill=False)
    with pytest.raises(DrawerNotFound):
        await shop.transact(closing.list_unsettled, uuid4())
