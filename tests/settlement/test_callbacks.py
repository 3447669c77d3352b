"""Money arrives: each piece of evidence has one effect, and nobody can pretend it."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from payme import sales
from payme.callbacks import CallbackState
from payme.kit.db.transaction import Database, Tx
from payme.mpesa import PushRefused, PushUnknown
from payme.payments import Payment, PaymentInProgress, PaymentState
from payme.sales import Cancellation, Sale, SaleState
from payme.settlement.jobs import drain_callbacks
from tests.support.daraja import (
    PHONE,
    TERMS,
    Counter,
    PlayedDaraja,
    applies,
    callback_state,
    not_paid,
    paid,
    receipt_of,
)
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together


@dataclass
class Waiting:
    """A counter where a customer has been asked to pay KES 300."""

    counter: Counter
    sale: Sale
    payment: Payment

    async def sale_now(self) -> Sale:
        return await self.counter.shop.transact(sales.get_sale, self.sale.id)

    async def payment_now(self) -> Payment:
        return await self.counter.payment(self.payment.id)


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def waiting(shop: Shop) -> Waiting:
    return await customer_is_asked(shop)


async def customer_is_asked(shop: Shop) -> Waiting:
    sugar = await has_stock(shop, price="150.00", quantity="10")
    opened = await opens_sale(shop, (sugar, "2"))
    counter = Counter(shop)
    return Waiting(counter, opened.sale, await counter.asks(opened.sale.id))


async def facts(shop: Shop) -> dict[str, object]:
    """Everything that money, goods and tokens could show of an effect."""

    async def read(tx: Tx) -> dict[str, object]:
        records = await tx.records(
            """
            WITH allocated AS (
                SELECT purpose, sum(amount) AS amount FROM allocations WHERE business_id = $1 GROUP BY purpose)
            SELECT (SELECT coalesce(sum(amount), 0) FROM money_in WHERE business_id = $1) AS money,
                   (SELECT count(*) FROM money_in WHERE business_id = $1) AS receipts,
                   coalesce((SELECT amount FROM allocated WHERE purpose = 'sale'), 0) AS for_sales,
                   coalesce((SELECT amount FROM allocated WHERE purpose = 'overpayment'), 0) AS over,
                   coalesce((SELECT amount FROM allocated WHERE purpose = 'unallocated'), 0) AS loose,
                   (SELECT count(*) FROM wallet_transactions
                     WHERE business_id = $1 AND type = 'charge') AS charged,
                   (SELECT balance_tokens FROM wallets WHERE business_id = $1) AS tokens,
                   (SELECT sum(quantity_available) FROM stock_batches WHERE business_id = $1) AS on_hand,
                   (SELECT count(*) FROM payment_events WHERE business_id = $1) AS steps
            """,
            tx.business_id,
        )
        return dict(zip(records[0].keys(), records[0].values(), strict=True))

    return await shop.transact(read)


async def test_a_paid_prompt_completes_the_sale(waiting: Waiting) -> None:
    state = await waiting.counter.receives(paid(waiting.payment), waiting.payment)

    assert state is CallbackState.APPLIED
    assert (await waiting.sale_now()).state is SaleState.COMPLETED
    assert (await waiting.payment_now()).state is PaymentState.SUCCEEDED
    now = await facts(waiting.counter.shop)
    assert (now["money"], now["for_sales"], now["charged"], now["tokens"]) == (300, 300, 1, 9)


async def test_a_cancelled_prompt_leaves_the_sale_open_for_another_try(waiting: Waiting) -> None:
    state = await waiting.counter.receives(not_paid(waiting.payment), waiting.payment)

    assert state is CallbackState.APPLIED
    assert (await waiting.sale_now()).state is SaleState.OPEN
    assert (await waiting.payment_now()).state is PaymentState.FAILED
    second = await waiting.counter.asks(waiting.sale.id)
    assert second.state is PaymentState.SUBMITTED


async def test_n14_the_same_callback_fifty_times_at_once_has_one_effect(waiting: Waiting) -> None:
    secret = waiting.counter.daraja.secret_of(waiting.payment)

    results = await together(50, lambda _: waiting.counter.receives_at(paid(waiting.payment), secret))

    assert sorted(map(str, results)) == ["applied", *["duplicate"] * 49]
    now = await facts(waiting.counter.shop)
    assert (now["receipts"], now["for_sales"], now["charged"], now["tokens"]) == (1, 300, 1, 9)


async def test_one_stored_callback_applied_fifty_times_at_once_has_one_effect(waiting: Waiting) -> None:
    shop = waiting.counter.shop
    callback_id = await waiting.counter.stores(paid(waiting.payment), waiting.counter.daraja.secret_of(waiting.payment))

    await together(50, lambda _: applies(shop.database, callback_id))

    assert await callback_state(shop, callback_id) is CallbackState.APPLIED
    assert (await facts(shop))["receipts"] == 1


@pytest.mark.parametrize("attempt", range(5))
async def test_when_success_and_failure_race_the_sale_is_paid(waiting: Waiting, attempt: int) -> None:
    secret = waiting.counter.daraja.secret_of(waiting.payment)
    bodies = [paid(waiting.payment), not_paid(waiting.payment)]
    if attempt % 2:
        bodies.reverse()

    await together(2, lambda number: waiting.counter.receives_at(bodies[number], secret))

    assert (await waiting.sale_now()).state is SaleState.COMPLETED
    assert (await waiting.payment_now()).state is PaymentState.SUCCEEDED
    assert (await facts(waiting.counter.shop))["charged"] == 1


async def test_eight_tills_ask_at_once_and_one_may(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))

    results = await together(8, lambda _: shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, TERMS))

    assert count(results, Payment) == 1
    assert count(results, PaymentInProgress) == 7
    accepted = next(result for result in results if isinstance(result, Payment))
    assert {result.payment_id for result in results if isinstance(result, PaymentInProgress)} == {accepted.id}


async def test_n8_one_shilling_does_not_pay_for_three_hundred(waiting: Waiting) -> None:
    before = await facts(waiting.counter.shop)

    state = await waiting.counter.receives(paid(waiting.payment, amount="1"), waiting.payment)

    assert state is CallbackState.QUARANTINED
    assert await facts(waiting.counter.shop) == before
    assert (await waiting.sale_now()).state is SaleState.OPEN
    assert await waiting.counter.receives(paid(waiting.payment), waiting.payment) is CallbackState.APPLIED


@pytest.mark.parametrize(
    ("body", "shortcode"),
    [
        (lambda payment: paid(payment, phone="254799999999"), None),
        (lambda payment: paid(payment, checkout="ws_CO_other"), None),
        (paid, "600000"),
        (lambda payment: paid(payment, receipt=""), None),
        (lambda payment: not_paid(payment, code="SFC_NEW"), None),
        (lambda _: b"<html>", None),
    ],
)
async def test_n12_what_does_not_match_changes_nothing(waiting: Waiting, body: object, shortcode: str | None) -> None:
    before = await facts(waiting.counter.shop)
    assert callable(body)

    state = await waiting.counter.receives(body(waiting.payment), waiting.payment, shortcode)

    assert state is CallbackState.QUARANTINED
    assert await facts(waiting.counter.shop) == before
    assert (await waiting.payment_now()).state is PaymentState.SUBMITTED


async def test_n7_an_unknown_path_is_an_orphan(waiting: Waiting) -> None:
    before = await facts(waiting.counter.shop)

    callback_id = await waiting.counter.stores(paid(waiting.payment), "guessed")
    while await drain_callbacks(waiting.counter.shop.database):
        pass

    assert await callback_state(waiting.counter.shop, callback_id) is CallbackState.ORPHAN
    assert await facts(waiting.counter.shop) == before


async def test_another_shops_path_changes_nothing_here_or_there(database: Database, waiting: Waiting) -> None:
    other = await customer_is_asked(await make_shop(database))
    here, there = await facts(waiting.counter.shop), await facts(other.counter.shop)

    state = await waiting.counter.receives_at(paid(waiting.payment), other.counter.daraja.secret_of(other.payment))

    assert state is CallbackState.QUARANTINED
    assert await facts(waiting.counter.shop) == here
    assert await facts(other.counter.shop) == there


async def test_n1_a_late_payment_still_counts(waiting: Waiting) -> None:
    expired = await waiting.counter.deadline_passes(waiting.payment)
    assert expired.state is PaymentState.EXPIRED

    await waiting.counter.receives(paid(waiting.payment), waiting.payment)

    assert (await waiting.sale_now()).state is SaleState.COMPLETED
    assert (await facts(waiting.counter.shop))["charged"] == 1


async def test_n2_n3_money_for_a_cancelled_sale_waits_for_a_person(waiting: Waiting) -> None:
    shop = waiting.counter.shop
    await shop.transact(sales.cancel_sale, waiting.sale.id, Cancellation("left", even_if_paying=True))

    await waiting.counter.receives(paid(waiting.payment), waiting.payment)

    assert (await waiting.sale_now()).state is SaleState.CANCELLED
    now = await facts(shop)
    assert (now["loose"], now["for_sales"], now["charged"], now["tokens"], now["on_hand"]) == (300, 0, 0, 10, 10)


async def test_n3_a_cancel_while_the_customer_is_asked_is_warned_of(waiting: Waiting) -> None:
    with pytest.raises(sales.PaymentStillLive):
        await waiting.counter.shop.transact(sales.cancel_sale, waiting.sale.id, Cancellation("left"))


async def test_n4_two_attempts_that_both_succeed_fill_the_sale_once(waiting: Waiting) -> None:
    await waiting.counter.deadline_passes(waiting.payment)
    second = await waiting.counter.asks(waiting.sale.id)

    await waiting.counter.receives(paid(second), second)
    await waiting.counter.receives(paid(waiting.payment), waiting.payment)

    now = await facts(waiting.counter.shop)
    assert (now["money"], now["for_sales"], now["over"], now["charged"]) == (600, 300, 300, 1)


async def test_n5_cash_stays_and_a_late_prompt_is_an_overpayment(waiting: Waiting) -> None:
    await waiting.counter.shop.transact(sales.take_cash, waiting.sale.id, Decimal("300.00"))

    await waiting.counter.receives(paid(waiting.payment), waiting.payment)

    now = await facts(waiting.counter.shop)
    assert (now["for_sales"], now["over"], now["charged"]) == (0, 300, 1)


async def test_n13_one_receipt_for_two_payments_is_not_believed_twice(waiting: Waiting) -> None:
    await waiting.counter.receives(paid(waiting.payment), waiting.payment)
    sugar = await has_stock(waiting.counter.shop, name="Tea")
    opened = await opens_sale(waiting.counter.shop, (sugar, "2"))
    second = await waiting.counter.asks(opened.sale.id)

    assert (
        await waiting.counter.receives(paid(second, receipt=receipt_of(waiting.payment)), second)
        is CallbackState.QUARANTINED
    )
    assert (await waiting.counter.payment(second.id)).state is PaymentState.SUBMITTED


async def test_a_second_receipt_for_one_payment_is_not_believed(waiting: Waiting) -> None:
    await waiting.counter.receives(paid(waiting.payment), waiting.payment)

    state = await waiting.counter.receives(
        paid(waiting.payment, receipt=f"V{receipt_of(waiting.payment)[1:]}"), waiting.payment
    )

    assert state is CallbackState.QUARANTINED


async def test_n10_n11_success_after_failure_wins_and_failure_after_success_does_not(waiting: Waiting) -> None:
    assert await waiting.counter.receives(not_paid(waiting.payment), waiting.payment) is CallbackState.APPLIED
    assert await waiting.counter.receives(paid(waiting.payment), waiting.payment) is CallbackState.APPLIED
    assert await waiting.counter.receives(not_paid(waiting.payment), waiting.payment) is CallbackState.DUPLICATE
    assert (await waiting.payment_now()).state is PaymentState.SUCCEEDED


async def test_n6_a_lost_answer_is_found_by_the_secret_path(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop, PlayedDaraja(answer=PushUnknown("time-out")))
    payment = await counter.asks(opened.sale.id)
    assert payment.state is PaymentState.UNKNOWN

    state = await counter.receives(paid(payment, checkout="ws_CO_never_seen"), payment)

    assert state is CallbackState.APPLIED


async def test_a_callback_that_comes_before_the_answer_counts(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop)
    payment = await shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, TERMS)
    await counter.submits(payment)
    await counter.receives(paid(payment), payment)
    await counter.submits(payment)

    assert len(counter.daraja.orders) == 1
    assert (await counter.payment(payment.id)).state is PaymentState.SUCCEEDED


async def test_a_refused_push_fails_at_once_and_the_cashier_may_try_again(shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop, PlayedDaraja(answer=PushRefused("500.003.02", "System is busy", "Try again in a minute.")))

    assert (await counter.asks(opened.sale.id)).state is PaymentState.FAILED

    counter.daraja.answer = None
    assert (await counter.asks(opened.sale.id)).state is PaymentState.SUBMITTED


async def test_a_second_failure_says_nothing_new(waiting: Waiting) -> None:
    assert await waiting.counter.receives(not_paid(waiting.payment), waiting.payment) is CallbackState.APPLIED
    assert await waiting.counter.receives(not_paid(waiting.payment, 1037), waiting.payment) is CallbackState.DUPLICATE
    assert (await waiting.payment_now()).result_code == "1032"
