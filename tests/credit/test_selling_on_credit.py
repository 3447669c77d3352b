"""Goods now, money later: what goes on an account, what is refused, and who wins a race for the last of a limit."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from payme import credit, sales, stock, wallet
from payme.credit import (
    AccountChange,
    AccountState,
    CreditAccountNotActive,
    CreditAccountUnknown,
    CreditLimitExceeded,
    CreditTerms,
    CustomerCreditShort,
    DebtState,
    DueDateNotPossible,
    OverLimitNotAllowed,
)
from payme.kit.days import business_day
from payme.sales import (
    Cancellation,
    CustomerPaidAlready,
    NothingDue,
    PaymentStillLive,
    SaleState,
    SaleView,
    SaleWithoutCustomer,
)
from tests.credit.conftest import Book, make_book
from tests.support.daraja import Counter
from tests.support.goods import draft_of
from tests.support.people import adds_customer
from tests.support.shops import Shop
from tests.support.together import count, together


async def test_a_sale_on_credit_is_completed_and_owed(book: Book) -> None:
    sold = await book.sells("3")

    assert sold.sale.state is SaleState.COMPLETED
    assert (sold.sale.paid, sold.sale.on_account, sold.sale.balance_due) == (0, 300, 0)
    debt = await book.debt(sold.sale.id)
    assert (debt.state, debt.outstanding) == (DebtState.OPEN, 300)
    assert debt.due_on == debt.opened_on + timedelta(days=30)
    assert await book.stands_at() == (300, 0)
    assert (await book.account()).available == 700
    assert await book.shop.disagreements() == []


async def test_a_part_in_cash_and_the_rest_on_credit_in_one_request(book: Book) -> None:
    sold = await book.sells("3", cash="120.00")

    assert (sold.sale.paid, sold.sale.on_account, sold.sale.state) == (120, 180, SaleState.COMPLETED)
    assert await book.stands_at() == (180, 0)
    assert await book.shop.disagreements() == []


async def test_cash_for_all_of_it_leaves_nothing_to_owe(book: Book) -> None:
    sold = await book.sells("1", cash="500.00")

    assert (sold.sale.paid, sold.sale.on_account, sold.change) == (100, 0, 400)
    assert await book.stands_at() == (0, 0)


async def test_the_rest_of_an_open_sale_goes_on_credit(book: Book) -> None:
    sale_id = await book.opens("3")
    await book.shop.transact(sales.take_cash, sale_id, Decimal("100.00"), role="cashier")
    tomorrow = business_day(book.shop.database.seams.clock.now()) + timedelta(days=1)

    done = await book.shop.transact(sales.put_on_credit, sale_id, CreditTerms(tomorrow), role="cashier")

    assert (done.sale.state, done.sale.paid, done.sale.on_account) == (SaleState.COMPLETED, 100, 200)
    assert (await book.debt(sale_id)).due_on == tomorrow
    assert await book.shop.disagreements() == []


async def test_n21_two_tills_race_for_the_last_of_a_limit(book: Book) -> None:
    await book.sells("6")
    tokens = (await book.shop.transact(wallet.get_wallet)).balance_tokens

    results = await together(8, lambda _: book.sells("4"))

    assert (count(results, SaleView), count(results, CreditLimitExceeded)) == (1, 7)
    refused = next(one for one in results if isinstance(one, CreditLimitExceeded))
    assert (refused.owed, refused.limit, refused.amount, refused.would_be) == (1000, 1000, 400, 1400)
    assert await book.stands_at() == (1000, 0)
    assert (await book.shop.transact(wallet.get_wallet)).balance_tokens == tokens - 1
    left = await book.shop.transact(stock.get_product, book.sugar.id)
    assert left.on_hand == 990
    assert await book.shop.disagreements() == []


async def test_open_sales_race_for_the_last_of_a_limit_too(book: Book) -> None:
    opened = [await book.opens("6") for _ in range(4)]

    results = await together(
        4, lambda n: book.shop.transact(sales.put_on_credit, opened[n], CreditTerms(), role="cashier")
    )

    assert (count(results, SaleView), count(results, CreditLimitExceeded)) == (1, 3)
    assert await book.stands_at() == (600, 0)
    assert await book.shop.disagreements() == []


async def test_who_may_passes_the_limit_with_a_reason(book: Book) -> None:
    terms = CreditTerms(over_limit_reason="a wedding")
    with pytest.raises(CreditLimitExceeded):
        await book.sells("11", role="manager")
    with pytest.raises(OverLimitNotAllowed) as refused:
        await book.sells("11", terms=terms, role="cashier")
    assert (refused.value.owed, refused.value.would_be) == (0, 1100)

    sold = await book.sells("11", terms=terms, role="manager")
    within = await book.shop.transact(credit.find_debt, sold.sale.id)

    assert within is not None
    assert (within.over_limit_reason, within.limit_then) == ("a wedding", 1000)
    assert await book.shop.disagreements() == []


async def test_a_reason_that_is_not_needed_is_no_exception(book: Book) -> None:
    sold = await book.sells("1", terms=CreditTerms(over_limit_reason="a wedding"))

    assert (await book.debt(sold.sale.id)).over_limit_reason == ""


async def test_a_limit_of_nothing_is_no_credit(shop: Shop) -> None:
    book = await make_book(shop, limit="0.00")

    with pytest.raises(CreditLimitExceeded) as refused:
        await book.sells("1")

    assert (refused.value.owed, refused.value.limit, refused.value.would_be) == (0, 0, 100)


@pytest.mark.parametrize("days", [0, -1, 731])
async def test_a_debt_is_due_after_today_and_within_two_years(book: Book, days: int) -> None:
    today = business_day(book.shop.database.seams.clock.now())

    with pytest.raises(DueDateNotPossible) as refused:
        await book.sells("1", terms=CreditTerms(today + timedelta(days=days)))

    assert refused.value.earliest == today + timedelta(days=1)


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.CLOSED])
async def test_only_an_active_account_takes_new_debt(book: Book, state: AccountState) -> None:
    change = AccountChange(None, None, state, "does not pay")
    await book.shop.transact(credit.change_account, book.customer.id, change, role="manager")

    with pytest.raises(CreditAccountNotActive) as refused:
        await book.sells("1")

    assert refused.value.state == state


async def test_credit_is_somebodys_who_has_an_account(book: Book) -> None:
    nobody = replace(book.draft(), customer_id=None)
    stranger = replace(book.draft(), customer_id=(await adds_customer(book.shop, "Shiku")).id)
    unnamed = (await book.shop.transact(sales.open_sale, draft_of((book.sugar, "1")), role="cashier")).sale.id

    with pytest.raises(SaleWithoutCustomer):
        await book.shop.transact(sales.open_sale, nobody, role="cashier")
    with pytest.raises(CreditAccountUnknown):
        await book.shop.transact(sales.open_sale, stranger, role="cashier")
    with pytest.raises(SaleWithoutCustomer):
        await book.shop.transact(sales.put_on_credit, unnamed, CreditTerms(), role="cashier")


async def test_nobody_is_asked_on_the_phone_for_what_goes_on_credit(book: Book) -> None:
    sale_id = await book.opens("1")
    await Counter(book.shop).asks(sale_id)

    with pytest.raises(PaymentStillLive):
        await book.shop.transact(sales.put_on_credit, sale_id, CreditTerms(), role="cashier")


async def test_a_sale_of_nothing_puts_nothing_on_credit(book: Book) -> None:
    line = replace(draft_of((book.sugar, "1")).lines[0], discount=Decimal("100.00"))
    draft = replace(draft_of((book.sugar, "1"), customer=book.customer.id), lines=(line,))
    sale_id = (await book.shop.transact(sales.open_sale, draft, role="manager")).sale.id

    with pytest.raises(NothingDue):
        await book.shop.transact(sales.put_on_credit, sale_id, CreditTerms(), role="cashier")


async def test_what_the_shop_owes_is_used_before_anything_is_owed(book: Book) -> None:
    await book.pays("150.00")
    assert await book.stands_at() == (0, 150)

    covered = await book.sells("1")
    assert await book.stands_at() == (0, 50)
    assert await book.shop.transact(credit.find_debt, covered.sale.id) is None
    partly = await book.sells("2")

    assert (await book.debt(partly.sale.id)).amount == 150
    assert await book.stands_at() == (150, 0)
    assert await book.shop.disagreements() == []


async def test_customer_credit_pays_a_part_and_a_cancelled_sale_gives_it_back(book: Book) -> None:
    await book.pays("70.00")
    sale_id = await book.opens("1")

    paid = await book.shop.transact(sales.use_customer_credit, sale_id, Decimal("30.00"), role="cashier")
    assert (paid.sale.state, paid.sale.on_account, paid.sale.balance_due) == (SaleState.OPEN, 30, 70)
    assert await book.stands_at() == (0, 40)
    with pytest.raises(CustomerCreditShort) as refused:
        await book.shop.transact(sales.use_customer_credit, sale_id, Decimal("40.01"), role="cashier")
    assert refused.value.left == 40
    other = await adds_customer(book.shop, "Shiku")
    with pytest.raises(CustomerPaidAlready):
        await book.shop.transact(sales.name_customer, sale_id, other.id, role="cashier")

    cancelled = await book.shop.transact(sales.cancel_sale, sale_id, Cancellation("no time"), role="cashier")
    assert (cancelled.sale.state, cancelled.sale.on_account) == (SaleState.CANCELLED, 0)
    assert await book.stands_at() == (0, 70)
    assert await book.shop.disagreements() == []


async def test_customer_credit_and_cash_complete_a_sale(book: Book) -> None:
    await book.pays("70.00")
    sale_id = await book.opens("1")

    await book.shop.transact(sales.use_customer_credit, sale_id, None, role="cashier")
    done = await book.shop.transact(sales.take_cash, sale_id, Decimal("50.00"), role="cashier")

    assert (done.sale.state, done.sale.paid, done.sale.on_account, done.change) == (SaleState.COMPLETED, 30, 70, 20)
    with pytest.raises(CustomerCreditShort):
        await book.shop.transact(sales.use_customer_credit, await book.opens("1"), None, role="cashier")
    assert await book.shop.disagreements() == []
