"""Money against debts: what is due first, or the one that was named, and at once from many tills."""

from decimal import Decimal
from uuid import uuid4

import pytest

from payme import credit
from payme.credit import NOTHING_BACK, CreditAccountUnknown, CreditTerms, DebtState, DebtUnknown, Repaid
from payme.kit.days import business_day
from payme.kit.money import ZERO
from payme.repayments import repay_in_cash
from payme.repayments.errors import TenderedTooLittle
from tests.credit.conftest import Book
from tests.support.people import adds_customer
from tests.support.shops import Shop
from tests.support.together import count, together


async def test_what_is_due_first_is_paid_first(book: Book) -> None:
    late = await book.sells("2")
    soon = await book.sells(
        "3", terms=CreditTerms(business_day(book.shop.database.seams.clock.now()).replace(year=2027))
    )
    first, second = sorted([late, soon], key=lambda sold: sold.sale.on_account)
    due = {sold.sale.id: (await book.debt(sold.sale.id)).due_on for sold in (late, soon)}
    assert due[late.sale.id] < due[soon.sale.id]
    assert (first, second) == (late, soon)

    repaid = await book.pays("250.00")

    assert [(part.sale_id, part.amount) for part in repaid.parts] == [(late.sale.id, 200), (soon.sale.id, 50)]
    assert (await book.debt(late.sale.id)).state is DebtState.SETTLED
    assert (await book.debt(soon.sale.id)).state is DebtState.PART_PAID
    assert await book.stands_at() == (250, 0)
    assert await book.shop.disagreements() == []


async def test_a_named_sale_is_paid_first_and_what_is_left_over_is_the_customers(book: Book) -> None:
    first, second = await book.sells("2"), await book.sells("3")

    named = await book.pays("350.00", second.sale.id)
    rest = await book.pays("200.00")

    assert [(part.sale_id, part.amount) for part in named.parts] == [(second.sale.id, 300), (first.sale.id, 50)]
    assert (rest.payment.to_debts, rest.payment.to_credit) == (150, 50)
    assert await book.stands_at() == (0, 50)
    assert await book.shop.disagreements() == []


async def test_sixty_four_repayments_at_once_leave_every_figure_right(book: Book) -> None:
    sold = [await book.sells("2") for _ in range(5)]

    results = await together(64, lambda n: book.pays(f"{n + 1}.25"))

    assert count(results, Repaid) == 64
    paid = sum((Decimal(f"{n + 1}.25") for n in range(64)), Decimal(0))
    assert await book.stands_at() == (0, paid - 1000)
    assert {(await book.debt(one.sale.id)).state for one in sold} == {DebtState.SETTLED}
    statement = await book.shop.transact(credit.get_statement, book.customer.id, None, None, None, 200)
    assert len(statement.entries) == 69
    due, owed = Decimal(0), Decimal(0)
    for entry in statement.entries:
        due, owed = due + entry.change_due, owed + entry.change_credit
        assert (entry.due_after, entry.credit_after) == (due, owed)
    assert await book.shop.disagreements() == []


async def test_repayments_and_sales_at_once_never_pass_the_limit(book: Book) -> None:
    await book.sells("10")

    async def sells_or_pays(n: int) -> object:
        return await (book.sells("3") if n % 2 else book.pays("100.00"))

    await together(24, sells_or_pays)

    assert await book.shop.disagreements() == []


async def test_change_is_given_of_what_is_not_to_be_counted(book: Book) -> None:
    await book.sells("2")

    await book.shop.transact(repay_in_cash, book.customer.id, Decimal(100), Decimal(500), None, role="cashier")
    with pytest.raises(TenderedTooLittle):
        await book.shop.transact(repay_in_cash, book.customer.id, Decimal(100), Decimal(50), None, role="cashier")

    assert await book.stands_at() == (100, 0)
    assert await book.shop.disagreements() == []


async def test_only_debts_of_the_customer_can_be_named(book: Book) -> None:
    settled = await book.sells("1")
    await book.pays("100.00")
    stranger = await adds_customer(book.shop, "Shiku")

    for sale_id in (settled.sale.id, uuid4()):
        with pytest.raises(DebtUnknown):
            await book.pays("10.00", sale_id)
    with pytest.raises(CreditAccountUnknown):
        await book.shop.transact(repay_in_cash, stranger.id, Decimal(10), None, None, role="cashier")


async def test_a_sale_that_is_on_no_account_has_nothing_to_take_back(book: Book) -> None:
    sale_id = await book.opens("1")

    assert await book.shop.transact(credit.take_back, sale_id, Decimal("100.00"), ZERO) == NOTHING_BACK
    assert await book.shop.transact(credit.reverse, sale_id) == NOTHING_BACK


async def test_who_has_no_account_gets_one_when_the_shop_owes_something(shop: Shop) -> None:
    stranger = await adds_customer(shop, "Shiku")

    given = await shop.transact(credit.give_customer_credit, stranger.id, None, Decimal("40.00"), "a broken jar")
    again = await shop.transact(credit.give_customer_credit, stranger.id, None, Decimal("5.00"), "and a lid")

    assert (given.credit_limit, given.customer_credit, again.customer_credit) == (0, 40, 45)
    assert given.id == again.id
