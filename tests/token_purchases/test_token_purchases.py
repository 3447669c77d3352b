"""Tokens are bought from the platform by M-Pesa, and credited once, however late, often or short the money comes."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme import payments, token_purchases, wallet
from payme.callbacks import CallbackState
from payme.kit.db.transaction import Database, Scope, Tx
from payme.payments import PaymentFor, PaymentState, PhoneNotValid
from payme.push_limits import PushLimitReached
from payme.settlement import jobs as settlement_jobs
from payme.token_purchases import (
    LIVE_MAX,
    PackageNotSold,
    TokenPurchase,
    TooManyTokenPurchases,
    rules,
)
from payme.token_purchases.models import Credited, Order
from payme.wallet import STARTING_GRANT, Wallet
from tests.support.daraja import PHONE, SHORTCODE, TERMS, Counter, applies, new_phone, not_paid, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop
from tests.support.together import count, together
from tests.token_purchases.conftest import books_agree, issues, owes, pays, purposes, settles, tokens

PACKAGES = ((30, 50), (70, 100), (150, 200), (400, 500), (850, 1000))


@pytest.mark.parametrize(("package", "price"), PACKAGES)
async def test_a_package_is_paid_to_the_platform_and_brings_its_tokens(
    counter: Counter, package: int, price: int
) -> None:
    bought = await counter.buys_tokens(package)
    order, account = counter.daraja.orders[0], counter.daraja.accounts[0]
    assert (order.account_reference, order.amount, order.description) == ("37605544", price, "Tokens")
    assert account.shortcode == SHORTCODE
    assert (bought.state, bought.credited_tokens) == (PaymentState.SUBMITTED, None)
    assert (await tokens(counter)).balance_tokens == STARTING_GRANT

    assert await pays(counter, bought) is CallbackState.APPLIED

    after = await counter.purchase(bought.id)
    assert (after.state, after.tokens, after.price) == (PaymentState.SUCCEEDED, package, price)
    assert (after.credited_tokens, after.settled_tokens, after.paid) == (package, 0, price)
    assert await tokens(counter) == Wallet(STARTING_GRANT + package, 0)
    assert await purposes(counter) == [("tokens", Decimal(price))]
    assert await issues(counter) == []
    await books_agree(counter)


async def test_a_payment_for_tokens_is_the_platforms(counter: Counter) -> None:
    bought = await counter.buys_tokens()

    payment = await counter.payment(bought.payment_id)

    assert (payment.purpose, payment.sale_id, payment.payment_config_id) == (PaymentFor.TOKENS, None, None)
    assert payment.shortcode == SHORTCODE
    assert [row.id for row in await counter.shop.transact(payments.list_payments, None, None, None, 10)] == [payment.id]


async def test_a_callback_that_comes_fifty_times_at_once_credits_once(counter: Counter) -> None:
    bought = await counter.buys_tokens(70)
    payment = await counter.payment(bought.payment_id)
    stored = [await counter.stores(paid(payment), counter.daraja.secret_of(payment)) for _ in range(50)]

    states = await together(50, lambda number: applies(counter.shop.database, stored[number]))

    assert (states.count(CallbackState.APPLIED), states.count(CallbackState.DUPLICATE)) == (1, 49)
    assert (await tokens(counter)).balance_tokens == STARTING_GRANT + 70
    await books_agree(counter)


@pytest.mark.parametrize("failed_before", [False, True])
async def test_a_late_payment_is_still_credited(counter: Counter, failed_before: bool) -> None:
    bought = await counter.buys_tokens()
    payment = await counter.payment(bought.payment_id)
    if failed_before:
        await counter.receives(not_paid(payment, 1037), payment)
    else:
        payment = await counter.deadline_passes(payment)
        assert payment.state is PaymentState.EXPIRED
    assert (await counter.purchase(bought.id)).credited_at is None

    assert await pays(counter, bought) is CallbackState.APPLIED

    assert (await tokens(counter)).balance_tokens == STARTING_GRANT + 30
    assert await issues(counter) == (["contradiction"] if failed_before else [])
    await books_agree(counter)


async def test_who_did_not_pay_has_no_tokens(counter: Counter) -> None:
    bought = await counter.buys_tokens()
    payment = await counter.payment(bought.payment_id)

    await counter.receives(not_paid(payment), payment)

    assert (await counter.purchase(bought.id)).state is PaymentState.FAILED
    assert (await tokens(counter)).balance_tokens == STARTING_GRANT
    await books_agree(counter)


async def test_an_amount_that_was_not_asked_for_waits_for_a_person(counter: Counter) -> None:
    bought = await counter.buys_tokens()

    assert await pays(counter, bought, amount="20.00") is CallbackState.QUARANTINED

    assert (await tokens(counter)).balance_tokens == STARTING_GRANT
    assert await issues(counter) == ["other_amount"]


@pytest.mark.parametrize(
    ("amount", "bought_tokens", "applied", "short"),
    [
        ("49", 29, "49", True),
        ("1", 0, "0", True),
        ("2", 1, "2", True),
        ("50", 30, "50", False),
        ("80", 30, "50", False),
    ],
)
async def test_money_buys_whole_tokens_and_never_more_than_the_package(
    counter: Counter, amount: str, bought_tokens: int, applied: str, short: bool
) -> None:
    bought = await counter.buys_tokens()

    credited = await settles(counter, bought, amount)

    assert credited == Credited(bought.id, bought_tokens, Decimal(applied), is_short=short)
    assert (await tokens(counter)).balance_tokens == STARTING_GRANT + bought_tokens
    assert (await counter.purchase(bought.id)).paid == Decimal(amount)


async def test_a_second_receipt_buys_nothing(counter: Counter) -> None:
    bought = await counter.buys_tokens()
    await settles(counter, bought, "50")

    assert await settles(counter, bought, "50", "UKK7654321") == Credited.nothing(bought.id)

    assert (await tokens(counter)).balance_tokens == STARTING_GRANT + 30
    assert (await counter.purchase(bought.id)).receipt == "UKK1234567"


@pytest.mark.parametrize(("owed", "balance", "still_owed"), [(0, 30, 0), (12, 18, 0), (30, 0, 0), (45, 0, 15)])
async def test_what_is_owed_is_settled_first(
    counter: Counter, owner_dsn: str, owed: int, balance: int, still_owed: int
) -> None:
    await owes(counter, owner_dsn, owed)
    bought = await counter.buys_tokens()

    await pays(counter, bought)

    assert await tokens(counter) == Wallet(balance, still_owed)
    assert (await counter.purchase(bought.id)).settled_tokens == min(owed, 30)
    last = (await counter.shop.transact(wallet.list_transactions, None, 1))[0]
    assert (last.type.value, last.purchase_id, last.change_tokens, last.change_owed) == (
        "purchase",
        bought.id,
        balance,
        still_owed - owed,
    )


async def test_what_is_in_no_package_is_not_sold(counter: Counter) -> None:
    with pytest.raises(PackageNotSold) as refusal:
        await counter.buys_tokens(31)

    assert refusal.value.facts() == {"tokens": 31}


async def test_a_wrong_phone_is_refused(counter: Counter) -> None:
    with pytest.raises(PhoneNotValid):
        await counter.buys_tokens(phone="0201234567")


async def test_phones_are_asked_for_a_few_purchases_at_once_and_no_more(counter: Counter) -> None:
    async def buy(_: int) -> TokenPurchase:
        return await counter.shop.transact(token_purchases.buy_tokens, 30, new_phone(), TERMS)

    results = await together(64, buy)

    assert (count(results, TokenPurchase), count(results, TooManyTokenPurchases)) == (LIVE_MAX, 64 - LIVE_MAX)
    first = next(result for result in results if isinstance(result, TokenPurchase))
    await counter.submits(await counter.payment(first.payment_id))
    await pays(counter, first)
    await buy(0)


async def test_sixty_four_purchases_paid_at_once_are_exact(counter: Counter) -> None:
    stored: list[UUID] = []
    bought = []
    for number in range(64):
        purchase = await counter.buys_tokens(PACKAGES[number % 5][0], new_phone())
        payment = await counter.payment(purchase.payment_id)
        await counter.deadline_passes(payment)
        body = paid(payment, phone=payment.phone or "")
        stored += [await counter.stores(body, counter.daraja.secret_of(payment)) for _ in range(2)]
        bought.append(purchase)

    states = await together(128, lambda number: applies(counter.shop.database, stored[number]))

    assert (states.count(CallbackState.APPLIED), states.count(CallbackState.DUPLICATE)) == (64, 64)
    assert (await tokens(counter)).balance_tokens == STARTING_GRANT + sum(purchase.tokens for purchase in bought)
    listed = await counter.shop.transact(token_purchases.list_purchases, None, 100)
    assert [row.credited_tokens for row in listed] == [row.tokens for row in listed]
    assert len(listed) == 64
    await books_agree(counter)


async def test_sixty_four_shops_buy_at_once(database: Database) -> None:
    shops = [Counter(await make_shop(database, paybill=False)) for _ in range(16)]

    async def trade(number: int) -> None:
        counter = shops[number % 16]
        if number < 32:
            sale = await opens_sale(counter.shop, (goods[number % 16], "1"), cash="150.00")
            assert sale.sale.balance_due == 0
            return
        bought = await counter.buys_tokens(phone=new_phone())
        payment = await counter.payment(bought.payment_id)
        await counter.receives(paid(payment, phone=payment.phone or ""), payment)

    goods = [await has_stock(counter.shop) for counter in shops]
    assert await together(64, trade) == [None] * 64

    for counter in shops:
        assert await tokens(counter) == Wallet(STARTING_GRANT - 2 + 60, 0)
        await books_agree(counter)


async def test_purchases_count_as_pushes(counter: Counter) -> None:
    phone = new_phone()
    opened = await opens_sale(counter.shop, (await has_stock(counter.shop), "1"))
    limited = replace(TERMS, limits=replace(TERMS.limits, per_phone=2, per_phone_a_day=10))
    await counter.shop.transact(token_purchases.buy_tokens, 30, phone, limited)
    await counter.shop.transact(token_purchases.buy_tokens, 30, phone, limited)

    with pytest.raises(PushLimitReached):
        await counter.shop.transact(token_purchases.buy_tokens, 30, phone, limited)
    assert len(await counter.shop.transact(token_purchases.list_purchases, None, 10)) == 2
    with pytest.raises(PushLimitReached):
        await counter.shop.transact(sales_ask, opened.sale.id, phone, limited)


async def sales_ask(tx: Tx, sale_id: UUID, phone: str, terms: payments.Terms) -> None:
    await payments.ask_mpesa(tx, sale_id, Decimal(10), phone, terms)


async def test_a_worker_applies_what_waits(counter: Counter) -> None:
    bought = await counter.buys_tokens()
    payment = await counter.payment(bought.payment_id)
    await counter.stores(paid(payment), counter.daraja.secret_of(payment))

    while await settlement_jobs.drain_callbacks(counter.shop.database):
        pass

    assert (await tokens(counter)).balance_tokens == STARTING_GRANT + 30
    assert (await counter.payment(payment.id)).phone == PHONE


@given(st.integers(1, 3_000), st.sampled_from(PACKAGES))
def test_money_is_shared_between_tokens_and_the_rest(paid_amount: int, package: tuple[int, int]) -> None:
    size, price = package
    order = Order(UUID(int=1), UUID(int=2), size, Decimal(price), None)

    credited = rules.credited(order, Decimal(paid_amount))

    assert credited.tokens == min(size, paid_amount * size // price)
    assert 0 <= credited.applied <= min(paid_amount, price)
    assert (credited.applied == 0) == (credited.tokens == 0)
    assert credited.is_short == (paid_amount < price)


async def test_the_system_gives_nothing_away(counter: Counter) -> None:
    scope = Scope.system("test", counter.shop.business_id)

    with pytest.raises(AssertionError):
        await counter.shop.database.transact(
            scope, token_purchases.receive_money, UUID(int=1), Decimal(50), "UKK1234567"
        )
