"""Goods that were sold on credit come back, or their sale is voided: the debt is less, and what was paid is credit."""

from decimal import Decimal
from uuid import UUID

from payme import returns
from payme.credit import DebtState
from payme.returns import ReturnView, VoidView, Way
from payme.sales import Cancellation, Condition, SaleState, WantedBack
from payme.write_offs import approve_write_off, request_write_off
from tests.credit.conftest import Book


async def brings_back(book: Book, sale_id: UUID, quantity: str) -> ReturnView:
    wanted = [WantedBack(1, Decimal(quantity), Condition.RESTOCK, "not good")]
    return await book.shop.transact(returns.return_goods, sale_id, wanted, None, role="manager")


async def voids(book: Book, sale_id: UUID) -> VoidView:
    return await book.shop.transact(returns.void_sale, sale_id, Cancellation("rung up twice"), role="manager")


def ways(view: ReturnView | VoidView) -> list[tuple[Way, Decimal]]:
    return [(part.way, part.amount) for part in view.money_back]


async def test_what_comes_back_is_taken_off_the_debt_then_is_credit_and_then_cash(book: Book) -> None:
    sold = await book.sells("5", cash="100.00")
    await book.pays("250.00")

    first = await brings_back(book, sold.sale.id, "1")
    second = await brings_back(book, sold.sale.id, "3")
    third = await brings_back(book, sold.sale.id, "1")

    assert ways(first) == [(Way.DEBT, 100)]
    assert ways(second) == [(Way.DEBT, 50), (Way.CUSTOMER_CREDIT, 250)]
    assert ways(third) == [(Way.CASH, 100)]
    assert await book.stands_at() == (0, 250)
    assert (await book.debt(sold.sale.id)).state is DebtState.SETTLED
    assert await book.shop.disagreements() == []


async def test_goods_of_a_debt_that_was_given_up_bring_money_back_last(book: Book) -> None:
    sold = await book.sells("5", cash="100.00")
    await book.pays("50.00")
    await brings_back(book, sold.sale.id, "1")
    asked = await book.shop.transact(request_write_off, sold.sale.id, "moved away", role="manager")
    await book.shop.transact(approve_write_off, asked.id, "")

    first = await brings_back(book, sold.sale.id, "2")
    second = await brings_back(book, sold.sale.id, "2")

    assert ways(first) == [(Way.DEBT, 200)]
    assert ways(second) == [(Way.DEBT, 50), (Way.CUSTOMER_CREDIT, 50), (Way.CASH, 100)]
    assert await book.stands_at() == (0, 50)
    assert await book.shop.disagreements() == []


async def test_a_voided_sale_whose_debt_was_given_up_leaves_nothing_to_give(book: Book) -> None:
    sold = await book.sells("1")
    asked = await book.shop.transact(request_write_off, sold.sale.id, "moved away", role="manager")
    await book.shop.transact(approve_write_off, asked.id, "")

    void = await voids(book, sold.sale.id)

    assert ways(void) == [(Way.DEBT, 100)]
    assert await book.stands_at() == (0, 0)
    assert (await book.debt(sold.sale.id)).state is DebtState.WRITTEN_OFF
    assert await book.shop.disagreements() == []


async def test_n20_goods_that_come_back_after_the_debt_was_settled_are_customer_credit(book: Book) -> None:
    sold = await book.sells("5")
    await book.pays("500.00")

    back = await brings_back(book, sold.sale.id, "2")

    assert ways(back) == [(Way.CUSTOMER_CREDIT, 200)]
    assert await book.stands_at() == (0, 200)
    assert await book.shop.disagreements() == []


async def test_n19_a_voided_sale_is_not_owed_and_what_was_paid_of_it_is_customer_credit(book: Book) -> None:
    sold, other = await book.sells("5"), await book.sells("1")
    await book.pays("200.00")

    void = await voids(book, sold.sale.id)

    assert ways(void) == [(Way.DEBT, 300), (Way.CUSTOMER_CREDIT, 200)]
    assert await book.stands_at() == (100, 200)
    assert (await book.debt(sold.sale.id)).state is DebtState.REVERSED
    assert (await book.debt(other.sale.id)).outstanding == 100
    assert await book.shop.disagreements() == []


async def test_a_voided_sale_that_was_settled_or_paid_with_credit_gives_all_of_it_back(book: Book) -> None:
    await book.pays("100.00")
    used = await book.sells("1")
    settled = await book.sells("2")
    await book.pays("200.00")

    assert ways(await voids(book, used.sale.id)) == [(Way.CUSTOMER_CREDIT, 100)]
    assert ways(await voids(book, settled.sale.id)) == [(Way.CUSTOMER_CREDIT, 200)]
    assert await book.stands_at() == (0, 300)
    assert (await book.debt(settled.sale.id)).state is DebtState.REVERSED
    assert await book.shop.disagreements() == []


async def test_what_customer_credit_paid_comes_back_as_customer_credit(book: Book) -> None:
    await book.pays("200.00")
    sold = await book.sells("2")

    back = await brings_back(book, sold.sale.id, "1")

    assert ways(back) == [(Way.CUSTOMER_CREDIT, 100)]
    assert await book.stands_at() == (0, 100)
    assert await book.shop.disagreements() == []


async def test_what_a_return_made_credit_pays_the_next_sale(book: Book) -> None:
    sold = await book.sells("3")
    await book.pays("300.00")
    await brings_back(book, sold.sale.id, "2")

    again = await book.sells("3")

    assert again.sale.state is SaleState.COMPLETED
    assert await book.stands_at() == (100, 0)
    assert await book.shop.disagreements() == []
