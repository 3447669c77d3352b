"""A cash drawer from its opening to its count."""

from decimal import Decimal

import pytest

from payme import drawers, identity, payments, refunds, sales
from payme.drawers import (
    CashMove,
    DrawerMode,
    DrawerNeeded,
    DrawerNotFound,
    DrawerNotOpen,
    DrawerState,
    DrawerUnclear,
    DrawerView,
    MovementKind,
    Tender,
)
from payme.drawers.errors import CashShort, DrawerNotCounted, OwnCount, TillOccupied
from payme.kit.db.transaction import Database, Scope, Tx
from payme.refunds import Method, Payout, RefundDraft
from payme.sales import Cancellation, SaleView
from tests.sales.test_customer_of_a_sale import asked_for
from tests.support.daraja import Counter, paid
from tests.support.drawers import counted, counts, expected, keeps_drawers, opens_drawer, totals_of
from tests.support.goods import draft_of, has_stock, opens_sale
from tests.support.shops import Shop, make_shop
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


async def test_who_is_alone_in_a_shop_approves_alone_and_the_audit_says_so(database: Database) -> None:
    shop = await make_shop(database, paybill=False)
    members = await shop.transact(identity.list_members, None, 9)
    (manager,) = [one.id for one in members if one.user_id == shop.person("manager").user_id]
    await shop.transact(identity.remove_member, manager)
    drawer = (await opens_drawer(shop, "1000.00", role="owner")).drawer
    await counts(shop, drawer.id, "0.00", role="owner")

    closed = (await shop.transact(drawers.approve_count, drawer.id, "I lost it")).drawer

    assert (closed.state, closed.approved_by) == (DrawerState.CLOSED, shop.owner.user_id)

    async def told(tx: Tx) -> object:
        return await tx.value(
            "SELECT facts ->> 'alone' FROM audit_entries WHERE business_id = $1 AND action = 'drawer_closed'",
            tx.business_id,
        )

    assert await shop.transact(told) == "true"


async def test_a_sale_asks_as_often_with_a_drawer_as_without(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="50")
    asked = [await asked_for(shop, draft_of((sugar, "1"), cash="150.00"))]
    drawer = (await opens_drawer(shop)).drawer
    asked.append(await asked_for(shop, draft_of((sugar, "1"), cash="150.00")))

    assert asked == [2, 2]
    assert await expected(shop, drawer.id) == 150


async def test_a_refund_in_cash_comes_out_of_the_drawer(database: Database) -> None:
    shop = await make_shop(database)
    counter = Counter(shop)
    sugar = await has_stock(shop, price="150.00", quantity="50")
    drawer = (await opens_drawer(shop, "1000.00", role="manager")).drawer
    sale = (await opens_sale(shop, (sugar, "1"))).sale
    asked = await counter.asks(sale.id)
    await counter.receives(paid(asked), asked)
    again = await opens_sale(shop, (sugar, "1"), cash="100.00")
    second = await counter.asks(again.sale.id, "50.00")
    await counter.receives(paid(second), second)
    third = await opens_sale(shop, (sugar, "1"), cash="100.00")
    late = await counter.asks(third.sale.id, "50.00")
    await shop.transact(sales.take_cash, third.sale.id, Decimal(50), role="cashier")
    await counter.receives(paid(late), late)  # too much
    over = (await shop.transact(payments.get_payment, late.id)).money_in_id
    assert over is not None

    refund = await shop.transact(refunds.request_refund, RefundDraft(over, Decimal(50), "too much"), role="cashier")
    await shop.transact(refunds.approve_refund, refund.id, "", role="manager")
    await shop.transact(refunds.record_payout, refund.id, Payout(Method.CASH, None, drawer.id), role="manager")

    totals = await totals_of(shop, drawer.id)
    assert (totals[Tender.CASH].refunded, totals[Tender.CASH].expected) == (50, 1200)
    assert (totals[Tender.MPESA].sold, totals[Tender.MPESA].takings) == (200, 2)
    assert await shop.disagreements() == []


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


async def test_what_nobody_at_a_till_rings_up_goes_into_no_drawer(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="50")
    drawer = (await opens_drawer(shop)).drawer

    imported = await shop.database.transact(
        Scope.system("import", shop.business_id), sales.open_sale, draft_of((sugar, "1"), cash="150.00")
    )

    assert imported.sale.drawer_id is None
    assert await expected(shop, drawer.id) == 0


async def test_the_settings_are_kept_and_told_once(shop: Shop) -> None:
    before = await shop.transact(drawers.get_rules)
    for _ in range(2):
        await keeps_drawers(shop, DrawerMode.AUTOMATIC)

    async def told(tx: Tx) -> object:
        return await tx.value(
            "SELECT count(*) FROM audit_entries WHERE business_id = $1 AND action = 'drawer_rules_changed'",
            tx.business_id,
        )

    assert (before.mode, before.cash_percent, before.mpesa_percent) == (DrawerMode.OFF, 2, Decimal("0.5"))
    assert (await shop.transact(drawers.get_rules)).mode is DrawerMode.AUTOMATIC
    assert await shop.transact(told) == 1


async def test_there_is_no_such_drawer(shop: Shop) -> None:
    with pytest.raises(DrawerNotFound):
        await counts(shop, shop.business_id, "0.00")


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
