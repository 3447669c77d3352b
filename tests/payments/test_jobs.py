"""The jobs of payments: the push is sent once, and a silent customer is not called a failure."""

from uuid import UUID

import pytest

from payme import payments, sales
from payme.kit.db.transaction import Database, Scope
from payme.kit.errors import Refusal
from payme.mpesa import PushAccepted, QueryPending, QueryResult
from payme.payments import Payment, PaymentState
from payme.sales import Cancellation
from tests.support.daraja import PHONE, TERMS, Counter
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop
from tests.support.together import together


@pytest.fixture
async def counter(database: Database) -> Counter:
    return Counter(await make_shop(database))


async def wanted(counter: Counter) -> Payment:
    sugar = await has_stock(counter.shop)
    opened = await opens_sale(counter.shop, (sugar, "2"))
    return await counter.shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, TERMS)


def sale_of(payment: Payment) -> UUID:
    """The sale that a payment is for."""
    assert payment.sale_id is not None
    return payment.sale_id


async def test_a_push_carries_what_the_customer_should_see(counter: Counter) -> None:
    payment = await wanted(counter)

    await counter.submits(payment)

    [order] = counter.daraja.orders
    assert (order.amount, order.phone, order.account_reference) == (300, PHONE, payment.account_reference)
    assert len(order.account_reference) <= 12
    assert order.callback_url.startswith("http://shop.invalid/callbacks/")
    assert len(counter.daraja.secret_of(payment)) >= 43


async def test_eight_workers_send_one_push(counter: Counter) -> None:
    payment = await wanted(counter)

    await together(8, lambda _: counter.submits(payment))

    assert len(counter.daraja.orders) == 1


async def test_a_push_whose_worker_died_is_never_sent_again(counter: Counter) -> None:
    payment = await wanted(counter)
    scope = Scope.system("payments", counter.shop.business_id)
    await counter.shop.database.transact(scope, payments.begin_submission, payment.id)

    await counter.submits(payment)

    assert counter.daraja.orders == []
    assert (await counter.payment(payment.id)).state is PaymentState.UNKNOWN


async def test_at_the_deadline_a_final_answer_is_a_failure(counter: Counter) -> None:
    payment = await wanted(counter)
    await counter.submits(payment)
    counter.daraja.query_answer = QueryResult("1032", "Request cancelled by user")

    ended = await counter.deadline_passes(payment)

    assert (ended.state, ended.result_code) == (PaymentState.FAILED, "1032")


@pytest.mark.parametrize("answer", [QueryPending("4999"), QueryResult("0", "processed"), QueryResult("77777", "what?")])
async def test_at_the_deadline_anything_else_is_not_known(counter: Counter, answer: QueryPending | QueryResult) -> None:
    payment = await wanted(counter)
    await counter.submits(payment)
    counter.daraja.query_answer = answer

    assert (await counter.deadline_passes(payment)).state is PaymentState.EXPIRED


async def test_a_push_that_was_never_sent_expires_without_a_question(counter: Counter) -> None:
    payment = await wanted(counter)
    counter.daraja.query_answer = QueryResult("1032", "Request cancelled by user")

    assert (await counter.deadline_passes(payment)).state is PaymentState.EXPIRED
    assert (await counter.deadline_passes(payment)).state is PaymentState.EXPIRED


async def test_an_answer_after_the_deadline_keeps_its_ids(counter: Counter) -> None:
    payment = await wanted(counter)
    scope = Scope.system("payments", counter.shop.business_id)
    await counter.shop.database.transact(scope, payments.begin_submission, payment.id)
    await counter.deadline_passes(payment)

    answer = PushAccepted("merchant-9", "ws_CO_late", "Success")
    await counter.shop.database.transact(scope, payments.record_answer, payment.id, answer)

    late = await counter.payment(payment.id)
    assert (late.state, late.checkout_request_id) == (PaymentState.EXPIRED, "ws_CO_late")


async def test_a_sale_that_is_cancelled_before_the_push_asks_nobody(counter: Counter) -> None:
    payment = await wanted(counter)
    cancellation = Cancellation("left", even_if_paying=True)

    await counter.shop.transact(sales.cancel_sale, sale_of(payment), cancellation)
    await counter.submits(payment)

    assert counter.daraja.orders == []
    assert (await counter.payment(payment.id)).state is PaymentState.FAILED


async def test_a_sale_is_cancelled_while_its_push_is_being_claimed(counter: Counter) -> None:
    cancellation = Cancellation("left", even_if_paying=True)
    for _ in range(5):
        payment = await wanted(counter)

        async def act(which: int, payment: Payment = payment) -> None:
            if which:
                await counter.submits(payment)
            else:
                await counter.shop.transact(sales.cancel_sale, sale_of(payment), cancellation)

        assert not any(isinstance(end, Refusal) for end in await together(2, act))
        state = (await counter.payment(payment.id)).state
        assert state in {PaymentState.FAILED, PaymentState.SUBMITTED}
