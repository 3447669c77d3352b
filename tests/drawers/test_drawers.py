"""A cash drawer from its opening to its count."""

from decimal import Decimal

import pytest

from payme import drawers, sales
from payme.drawers import (
    CashMove,
    DrawerMode,
    DrawerNeeded,
    DrawerNotOpen,
    DrawerState,
    DrawerUnclear,
    DrawerView,
    MovementKind,
    Tender,
)
from payme.drawers.errors import CashShort, DrawerNotCounted, OwnCount, TillOccupied
from payme.sales import Cancellation, SaleView
from tests.support.drawers import counted, counts, expected, keeps_drawers, opens_drawer, totals_of
from tests.support.goods import draft_of, has_stock, opens_sale
from tests.support.shops import Shop
from tests.support.together import count, together


async def test_a_day_at_one_till(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="50")
    drawer = (await opens_drawer(shop, "2000.00")).drawer

    sold = await opens_sale(shop, (sugar, "2"), cash="500.00")
    opened = await opens_sale(shop, (sugar, "1"))
    await shop.transact(sales.take_cash, opened.sale.id, Decimal(100), role="cashier")
    await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("changed her mind"), role="cashier")
    put_in = CashMove(MovementKind.CASH_IN, Decimal(300), "coins from the bank")
    taken_out = CashMove(MovementKind.CASH_OUT, Decimal(1000), "to the safe")
    await shop.transact(drawers.move_cash, drawer.id, put_in, role="manager")
    await shop.transact(drawers.move_cash, drawer.id, taken_out, role="manager")

    assert sold.sale.drawer_id == opened.sale.drawer_id == drawer.id
    cash = (await totals_of(shop, drawer.id))[Tender.CASH]
    assert (cash.opening_float, cash.sold, cash.cancelled) == (2000, 400, 100)
    assert (cash.cash_in, cash.cash_out, cash.takings) == (300, 1000, 2)
    assert cash.expected == 1600

    closed = await counts(shop, drawer.id, "1600.00")
    assert (closed.drawer.state, closed.drawer.z_number) == (DrawerState.CLOSED, 1)
    assert [(total.tender, total.variance) for total in closed.totals] == [
        (Tender.CASH, 0),
        (Tender.MPESA, 0),
        (Tender.ACCOUNT, 0),
    ]


async def test_who_counts_is_not_shown_what_should_be_there(shop: Shop) -> None:
    drawer = (await opens_drawer(shop, "700.00")).drawer

    assert (await shop.transact(drawers.get_view, drawer.id, role="cashier")).totals == ()
    assert (await shop.transact(drawers.get_view, drawer.id, role="manager")).totals[0].expected == 700

    closed = await counts(shop, drawer.id, "690.00")
    assert closed.totals[0].variance == -10


@pytest.mark.parametrize(
    ("cash", "state"),
    [
        ("1000.00", DrawerState.CLOSED),
        ("980.00", DrawerState.CLOSED),
        ("1020.00", DrawerState.CLOSED),
        ("979.50", DrawerState.COUNTED),
        ("1020.50", DrawerState.COUNTED),
    ],
)
async def test_two_percent_may_be_missing_and_no_more(shop: Shop, cash: str, state: DrawerState) -> None:
    drawer = (await opens_drawer(shop, "1000.00")).drawer

    assert (await counts(shop, drawer.id, cash)).drawer.state is state


async def test_a_difference_waits_for_somebody_else(shop: Shop) -> None:
    drawer = (await opens_drawer(shop, "1000.00", role="manager")).drawer
    waits = await counts(shop, drawer.id, "500.00", role="manager")

    assert (waits.drawer.state, waits.drawer.z_number) == (DrawerState.COUNTED, None)
    with pytest.raises(OwnCount):
        await shop.transact(drawers.approve_count, drawer.id, "mine", role="manager")
    closed = (await shop.transact(drawers.approve_count, drawer.id, "a note was lost")).drawer
    assert (closed.state, closed.z_number, closed.reason) == (DrawerState.CLOSED, 1, "a note was lost")
    with pytest.raises(DrawerNotCounted):
        await shop.transact(drawers.approve_count, drawer.id, "again")


async def test_a_counted_drawer_takes_no_more_money_and_its_till_is_free(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00")
    first = (await opens_drawer(shop, "1000.00")).drawer
    with pytest.raises(TillOccupied):
        await opens_drawer(shop, "0.00")
    await counts(shop, first.id, "0.00")

    second = (await opens_drawer(shop, "0.00")).drawer
    await opens_sale(shop, (sugar, "1"), cash="150.00")

    assert (await expected(shop, first.id), await expected(shop, second.id)) == (1000, 150)
    for refused in (
        shop.transact(drawers.count_drawer, first.id, counted("1000.00")),
        shop.transact(drawers.move_cash, first.id, CashMove(MovementKind.CASH_IN, Decimal(1), "late")),
        shop.transact(sales.open_sale, draft_of((sugar, "1"), cash="150.00", drawer=first.id)),
    ):
        with pytest.raises(DrawerNotOpen):
            await refused


async def test_no_more_is_taken_out_than_should_be_there(shop: Shop) -> None:
    drawer = (await opens_drawer(shop, "100.00")).drawer
    out = CashMove(MovementKind.CASH_OUT, Decimal(60), "bread")

    results = await together(4, lambda _: shop.transact(drawers.move_cash, drawer.id, out))

    assert (count(results, DrawerView), count(results, CashShort)) == (1, 3)
    assert await expected(shop, drawer.id) == 40


async def test_what_a_sale_needs_is_the_shops_choice(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="50")

    assert (await opens_sale(shop, (sugar, "1"), cash="150.00")).sale.drawer_id is None
    await keeps_drawers(shop, DrawerMode.REQUIRED)
    with pytest.raises(DrawerNeeded):
        await opens_sale(shop, (sugar, "1"), cash="150.00")
    await keeps_drawers(shop, DrawerMode.AUTOMATIC)
    results = await together(4, lambda _: opens_sale(shop, (sugar, "1"), cash="150.00"))

    (opened,) = await shop.transact(drawers.list_drawers, None, None, 9)
    assert {result.sale.drawer_id for result in results if isinstance(result, SaleView)} == {opened.id}
    assert (opened.till, opened.opening_float) == ("Till 1", 0)
    assert await expected(shop, opened.id) == 600


async def test_the_drawer_is_the_one_asked_for_or_ones_own_or_the_only_one(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="50")
    first = (await opens_drawer(shop, till="Front", role="manager")).drawer
    assert (await opens_sale(shop, (sugar, "1"))).sale.drawer_id == first.id
    second = (await opens_drawer(shop, till="Back", role="owner")).drawer

    assert (await opens_sale(shop, (sugar, "1"))).sale.drawer_id is None
    await keeps_drawers(shop, DrawerMode.REQUIRED)
    with pytest.raises(DrawerUnclear) as unclear:
        await opens_sale(shop, (sugar, "1"))
    assert unclear.value.drawer_ids == [first.id, second.id]
    asked = await shop.transact(sales.open_sale, draft_of((sugar, "1"), drawer=first.id), role="cashier")
    own = await opens_sale(shop, (sugar, "1"), role="owner")
    assert (asked.sale.drawer_id, own.sale.drawer_id) == (first.id, second.id)
    await shop.transact(sales.take_cash, asked.sale.id, Decimal(150), role="cashier")
    assert await expected(shop, first.id) == 150


async def test_one_drawer_at_a_time_is_open_at_a_till(shop: Shop) -> None:
    results = await together(8, lambda _: opens_drawer(shop, "100.00"))

    assert (count(results, DrawerView), count(results, TillOccupied)) == (1, 7)


async def test_a_drawer_is_counted_once(shop: Shop) -> None:
    drawer = (await opens_drawer(shop, "100.00")).drawer

    results = await together(8, lambda _: counts(shop, drawer.id, "100.00"))

    assert (count(results, DrawerView), count(results, DrawerNotOpen)) == (1, 7)


async def test_money_is_in_the_drawer_or_after_it_and_never_lost(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="500")
    closed = []
    for round_ in range(4):
        drawer = (await opens_drawer(shop, till=f"Till {round_}")).drawer

        async def act(turn: int, drawer: drawers.Drawer = drawer) -> object:
            if turn == 6:
                return await counts(shop, drawer.id, "0.00")
            return await opens_sale(shop, (sugar, "1"), cash="150.00")

        results = await together(12, act)
        closed.append(drawer.id)
        assert count(results, DrawerView) == 1
        assert count(results, SaleView) == 11
        inside = [one for one in results if isinstance(one, SaleView) and one.sale.drawer_id == drawer.id]
        assert await expected(shop, drawer.id) == 150 * len(inside)
