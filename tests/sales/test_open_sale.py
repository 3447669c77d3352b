"""An open sale: M-Pesa, splitting, cash later, cancelling."""

from decimal import Decimal
from uuid import uuid4

import pytest

from payme import payments, sales, stock
from payme.kit.db.transaction import Database, Tx
from payme.payments import NotWholeShillings, PaymentInProgress, PaymentMethod, PaymentState, PhoneNotValid
from payme.sales import AskForLess, Cancellation, SaleNotFound, SaleNotOpen, SaleState
from tests.support.daraja import PHONE, TERMS, Counter, not_paid, paid
from tests.support.goods import draft_of, has_stock, opens_sale, receives
from tests.support.shops import Shop, make_shop


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


async def batches(shop: Shop) -> list[tuple[Decimal, Decimal]]:
    async def read(tx: Tx) -> list[tuple[Decimal, Decimal]]:
        rows = await tx.records(
            "SELECT unit_cost, quantity_available FROM stock_batches WHERE business_id = $1 ORDER BY received_at",
            tx.business_id,
        )
        return [(row["unit_cost"], row["quantity_available"]) for row in rows]

    return await shop.transact(read)


async def wallet_types(shop: Shop) -> list[str]:
    async def read(tx: Tx) -> list[str]:
        rows = await tx.records(
            "SELECT type FROM wallet_transactions WHERE business_id = $1 ORDER BY sequence", tx.business_id
        )
        return [row["type"] for row in rows]

    return await shop.transact(read)


async def test_a_sale_is_split_between_cash_and_mpesa(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.50")
    opened = await opens_sale(shop, (sugar, "2"), cash="100.00")
    assert (opened.sale.state, opened.sale.paid, opened.sale.balance_due) == (SaleState.OPEN, 100, 201)

    counter = Counter(shop)
    payment = await counter.asks(opened.sale.id)
    await counter.receives(paid(payment), payment)

    view = await shop.transact(sales.get_sale_view, opened.sale.id)
    assert view.sale.state is SaleState.COMPLETED
    assert [payment.method for payment in view.payments] == [PaymentMethod.CASH, PaymentMethod.MPESA]
    assert await wallet_types(shop) == ["grant", "reserve", "charge"]


async def test_a_part_by_mpesa_and_the_rest_in_cash_with_change(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.50")
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop)
    with pytest.raises(NotWholeShillings):
        await counter.asks(opened.sale.id)
    payment = await counter.asks(opened.sale.id, "150.00")
    await counter.receives(paid(payment), payment)

    done = await shop.transact(sales.take_cash, opened.sale.id, Decimal("1.00"))

    assert done.sale.state is SaleState.COMPLETED
    assert done.payments[-1].change_given == Decimal("0.50")


async def test_more_than_the_balance_is_not_asked_for(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    with pytest.raises(AskForLess):
        await shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, Decimal(151), TERMS)


async def test_a_number_that_is_no_kenyan_mobile_is_refused(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    with pytest.raises(PhoneNotValid):
        await shop.transact(sales.ask_mpesa, opened.sale.id, "0201234567", None, TERMS)


async def test_a_second_prompt_waits_for_the_first_to_end(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop)
    first = await counter.asks(opened.sale.id)

    with pytest.raises(PaymentInProgress) as refused:
        await counter.asks(opened.sale.id)
    assert (refused.value.payment_id, refused.value.state) == (first.id, "submitted")

    await counter.receives(not_paid(first), first)
    assert (await counter.asks(opened.sale.id)).state is PaymentState.SUBMITTED


async def test_cancelling_puts_everything_back_where_it_was(shop: Shop) -> None:
    sugar = await has_stock(shop, quantity="2", cost="100.00")
    await receives(shop, sugar.id, "5", "110.00")
    opened = await opens_sale(shop, (sugar, "3"), cash="50.00")
    assert await batches(shop) == [(100, 0), (110, 4)]

    undone = await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("changed her mind"))

    assert (undone.sale.state, undone.sale.paid, undone.sale.cancel_reason) == ("cancelled", 0, "changed her mind")
    assert undone.payments[0].returned_at is not None
    assert await batches(shop) == [(100, 2), (110, 5)]
    assert await wallet_types(shop) == ["grant", "reserve", "refund"]


async def test_mpesa_money_of_a_cancelled_sale_waits_for_a_person(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "2"))
    counter = Counter(shop)
    payment = await counter.asks(opened.sale.id, "100.00")
    await counter.receives(paid(payment), payment)

    await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("left"))

    async def loose(tx: Tx) -> list[tuple[str, Decimal]]:
        rows = await tx.records(
            "SELECT purpose, sum(amount) AS amount FROM allocations WHERE business_id = $1 GROUP BY purpose ORDER BY 1",
            tx.business_id,
        )
        return [(row["purpose"], row["amount"]) for row in rows]

    assert await shop.transact(loose) == [("sale", 0), ("unallocated", 100)]


async def test_a_sale_that_ended_takes_no_more_money_and_is_not_cancelled(shop: Shop) -> None:
    sugar = await has_stock(shop)
    done = await opens_sale(shop, (sugar, "1"), cash="150.00")
    undone = await opens_sale(shop, (sugar, "1"))
    await shop.transact(sales.cancel_sale, undone.sale.id, Cancellation("left"))

    for sale_id in (done.sale.id, undone.sale.id):
        with pytest.raises(SaleNotOpen):
            await shop.transact(sales.take_cash, sale_id, Decimal(150))
        with pytest.raises(SaleNotOpen):
            await shop.transact(sales.cancel_sale, sale_id, Cancellation("again"))
        with pytest.raises(SaleNotOpen):
            await shop.transact(sales.ask_mpesa, sale_id, PHONE, None, TERMS)


async def test_a_sale_that_does_not_exist_is_not_found(shop: Shop) -> None:
    with pytest.raises(SaleNotFound):
        await shop.transact(sales.take_cash, uuid4(), Decimal(150))
    with pytest.raises(SaleNotFound):
        await shop.transact(sales.get_sale, uuid4())
    with pytest.raises(payments.PaymentNotFound):
        await shop.transact(payments.get_payment, uuid4())
    with pytest.raises(payments.PaymentNotFound):
        await shop.transact(payments.lock_payment, uuid4())


async def test_goods_that_cost_nothing_need_no_payment(shop: Shop) -> None:
    sample = await has_stock(shop, price="0.00")

    given = await opens_sale(shop, (sample, "1"), cash="0.00")
    later = await opens_sale(shop, (sample, "1"))
    later = await shop.transact(sales.take_cash, later.sale.id, Decimal("0.00"))

    assert (given.sale.state, given.payments) == (SaleState.COMPLETED, ())
    assert (later.sale.state, later.payments) == (SaleState.COMPLETED, ())


async def test_a_later_price_does_not_touch_a_receipt(shop: Shop) -> None:
    sugar = await has_stock(shop)
    sold = await opens_sale(shop, (sugar, "1"), cash="150.00")

    await shop.transact(stock.change_product, sugar.id, stock.ProductChange(selling_price=Decimal("160.00")))

    receipt = await shop.transact(sales.get_receipt, sold.sale.id)
    assert receipt.view.items[0].unit_price == Decimal("150.00")


async def test_sales_are_listed_newest_first_in_pages(shop: Shop) -> None:
    sugar = await has_stock(shop)
    sold = [await opens_sale(shop, (sugar, "1"), cash="150.00") for _ in range(3)]
    await opens_sale(shop, (sugar, "1"))

    done = await shop.transact(sales.list_sales, sales.SaleFilter(state=SaleState.COMPLETED), None, 10)

    assert [sale.id for sale in done] == [view.sale.id for view in reversed(sold)]
    assert [sale.number for sale in done] == [3, 2, 1]
    assert draft_of((sugar, "1")).note == ""
