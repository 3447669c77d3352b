"""What a shop's own server is told: once a cause, signed, again until it was heard, and never to the wrong place."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from payme import credit, returns, sales, webhooks
from payme.app.assembly import assemble
from payme.app.child import payme_command
from payme.credit import AccountDraft, CreditTerms
from payme.kit.db.transaction import Database, Tx
from payme.kit.errors import Refusal
from payme.kit.seams import Seams
from payme.mpesa import QueryPending
from payme.repayments import repay_in_cash
from payme.sales import Cancellation, Condition, WantedBack
from payme.webhooks import (
    EndpointChange,
    EndpointState,
    EventType,
    Letter,
    MessageState,
)
from payme.webhooks.jobs import forget_ended, keep_sending, send_due
from payme.webhooks.types import WAITS
from tests.live.conftest import until
from tests.support.daraja import PHONE, Counter, not_paid, paid, receipt_of
from tests.support.goods import draft_of, has_stock, has_tokens, opens_sale
from tests.support.people import adds_customer
from tests.support.shops import SECRET_KEYS, make_shop
from tests.support.together import together
from tests.support.web import settings_of
from tests.webhooks.conftest import DAY, TimePasses, Told, register
from tests.webhooks.receiver import Receiver


async def test_a_cash_sale_is_told_signed_and_once(told: Told) -> None:
    sugar = await has_stock(told.shop)
    sold = await opens_sale(told.shop, (sugar, "2"), cash="500.00")

    assert await told.sends() == 3
    assert await told.sends() == 0

    by_type = {one.json["type"]: one for one in told.receiver.received}
    assert set(by_type) == {"sale.opened", "payment.succeeded", "sale.completed"}
    assert by_type["sale.completed"].json["data"] == {
        "business_id": str(told.shop.business_id),
        "sale_id": str(sold.sale.id),
        "number": 1,
        "total": "300.00",
    }
    assert by_type["payment.succeeded"].json["data"]["method"] == "cash"
    for one in told.receiver.received:
        assert one.is_signed_with(told.new.secret)
        assert not one.is_signed_with("whsec_" + "A" * 43 + "=")
        assert one.headers["content-type"] == "application/json"
        assert one.headers["host"] == f"127.0.0.1:{told.receiver.port}"
    assert {message.state for message in await told.messages()} == {MessageState.DELIVERED}


async def test_a_payment_by_mpesa_is_told_from_the_prompt_to_the_money(told: Told, time_passes: TimePasses) -> None:
    await told.shop.transact(
        webhooks.change_endpoint,
        told.endpoint_id,
        EndpointChange(event_types=tuple(kind for kind in EventType if kind.startswith(("payment", "money")))),
    )
    sugar = await has_stock(told.shop)
    counter = Counter(told.shop)
    failing = await counter.asks((await opens_sale(told.shop, (sugar, "1"))).sale.id)
    await counter.receives(not_paid(failing), failing)
    expiring = await counter.asks((await opens_sale(told.shop, (sugar, "1"))).sale.id)
    counter.daraja.query_answer = QueryPending("4999")
    await counter.deadline_passes(expiring)
    opened = await opens_sale(told.shop, (sugar, "1"))
    late = await counter.asks(opened.sale.id)
    await told.shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("left", even_if_paying=True))
    await counter.receives(paid(late), late)
    await time_passes(timedelta(minutes=3))  # the deadline was ahead
    while await told.sends():
        pass

    types = sorted(one.json["type"] for one in told.receiver.received)
    assert types == [
        "money.late", "money.received", "payment.expired", "payment.failed",
        "payment.requested", "payment.requested", "payment.requested", "payment.succeeded",
    ]  # fmt: skip
    [came] = [one.json["data"] for one in told.receiver.received if one.json["type"] == "payment.succeeded"]
    assert (came["payment_id"], came["receipt"], came["amount"]) == (str(late.id), receipt_of(late), "150.00")
    everything = b"".join(one.body for one in told.receiver.received)
    assert PHONE[3:].encode() not in everything  # nobody's telephone; fewer digits stand in an id now and then
    assert b"phone" not in everything


async def test_goods_that_come_back_and_a_void_are_told(told: Told) -> None:
    sugar = await has_stock(told.shop)
    kept, undone = [await opens_sale(told.shop, (sugar, "2"), cash="300.00") for _ in range(2)]
    while await told.sends():
        pass
    told.receiver.received.clear()
    wanted = [WantedBack(1, Decimal(1), Condition.RESTOCK, "wrong one")]
    back = await told.shop.transact(returns.return_goods, kept.sale.id, wanted, None)
    await told.shop.transact(returns.void_sale, undone.sale.id, Cancellation("rung up twice"))

    assert await told.sends() == 2

    by_type = {one.json["type"]: one.json["data"] for one in told.receiver.received}
    shop = {"business_id": str(told.shop.business_id)}
    assert by_type == {
        "sale.returned": shop
        | {
            "sale_id": str(kept.sale.id),
            "number": 1,
            "return_id": str(back.document.id),
            "amount": "150.00",
            "state": "partly_returned",
        },
        "sale.voided": shop
        | {"sale_id": str(undone.sale.id), "number": 2, "cash_returned": "300.00", "mpesa_released": "0.00"},
    }


async def test_a_debt_and_what_is_paid_back_are_told_and_nobody_is_named(told: Told) -> None:
    sugar, customer = await has_stock(told.shop), await adds_customer(told.shop)
    account = await told.shop.transact(credit.open_account, customer.id, AccountDraft(Decimal(1000), 30))
    await register(told.shop, told.receiver.url + "/debts", EventType.DEBT_OPENED, EventType.DEBT_REPAID)
    draft = replace(draft_of((sugar, "2"), cash="100.00", customer=customer.id), credit=CreditTerms())
    sold = await told.shop.transact(sales.open_sale, draft)
    repaid = await told.shop.transact(repay_in_cash, customer.id, Decimal("250.50"))
    while await told.sends():
        pass

    heard = {one.json["type"]: one for one in told.receiver.received if one.path == "/hooks/debts"}
    shop = {"business_id": str(told.shop.business_id), "credit_account_id": str(account.id)}
    assert {kind: one.json["data"] for kind, one in heard.items()} == {
        "debt.opened": shop | {"sale_id": str(sold.sale.id), "amount": "200.00", "balance_due": "200.00"},
        "debt.repaid": shop
        | {
            "credit_payment_id": str(repaid.payment.id),
            "to_customer_credit": "50.50",
            "amount": "200.00",
            "balance_due": "0.00",
        },
    }
    assert customer.name is not None
    assert all(customer.name.encode() not in one.body for one in heard.values())


async def test_a_sale_that_is_not_made_is_not_told(told: Told) -> None:
    sugar = await has_stock(told.shop, quantity="1")
    with pytest.raises(Refusal):
        await opens_sale(told.shop, (sugar, "2"), cash="500.00")

    async def rung_up_and_lost(tx: Tx) -> None:
        await sales.open_sale(tx, draft_of((sugar, "1"), cash="150.00"))
        raise asyncio.InvalidStateError

    with pytest.raises(asyncio.InvalidStateError):
        await told.shop.transact(rung_up_and_lost)
    assert await told.messages() == []


async def test_a_shop_without_endpoints_pays_nothing(database: Database, owner: asyncpg.Connection) -> None:
    shop = await make_shop(database)
    sugar = await has_stock(shop)
    await opens_sale(shop, (sugar, "1"), cash="150.00")

    assert await owner.fetchval("SELECT count(*) FROM webhook_messages WHERE business_id = $1", shop.business_id) == 0
    assert shop.business_id not in {row[0] for row in await owner.fetch("SELECT business_id FROM webhook_businesses")}


async def test_another_shop_is_told_nothing(told: Told, database: Database) -> None:
    other = await make_shop(database)
    sugar = await has_stock(other)
    await opens_sale(other, (sugar, "1"), cash="150.00")

    assert await told.sends() == 0
    assert await send_due(told.office, other.business_id) == 0


@pytest.mark.parametrize("answer", [500, 404, 302, None])
async def test_what_was_not_taken_is_sent_again_with_the_same_id(
    told: Told, time_passes: TimePasses, answer: int | None
) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers = [answer]
    told.receiver.body = b"x" * 2000 + b"\0"

    assert await told.sends() == 1
    assert await told.sends() == 0
    assert (await told.endpoint()).failing_since is not None
    await time_passes(timedelta(seconds=7))
    assert await told.sends() == 1

    first, second = told.receiver.received
    assert first.id == second.id
    assert first.body == second.body
    assert second.is_signed_with(told.new.secret)
    [message] = await told.messages()
    view = await told.shop.transact(webhooks.get_message, told.endpoint_id, message.id)
    assert [one.status for one in view.tries] == [answer, 204]
    assert all(len(one.body) <= 500 for one in view.tries)
    assert bool(view.tries[0].error) == (answer is None)
    assert (await told.endpoint()).failing_since is None


async def test_a_receiver_that_asks_to_be_spared_is_sent_nothing_until_then(
    told: Told, time_passes: TimePasses, owner: asyncpg.Connection
) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers, told.receiver.retry_after = [429], "90"
    assert await told.sends() == 1
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    other = await register(told.shop, f"{told.receiver.url}/other")
    await told.shop.transact(webhooks.send_test, other.endpoint.id)

    await time_passes(timedelta(seconds=80))
    assert await told.sends() == 1  # nobody else is spared
    assert told.receiver.received[-1].path == "/hooks/other"
    held = (await told.endpoint()).held_until
    assert held is not None
    assert timedelta() < held - Seams().clock.now() < timedelta(seconds=11)
    await time_passes(timedelta(seconds=11))
    assert await told.sends() == 2
    assert {message.state for message in await told.messages()} == {MessageState.DELIVERED}


async def test_its_owner_may_go_on_before_the_receiver_wants(told: Told) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers, told.receiver.retry_after = [503], "Fri, 31 Dec 9999 23:59:59 GMT"
    await told.sends()
    [message] = await told.messages()
    assert timedelta(hours=23) < message.due_at - Seams().clock.now() < timedelta(hours=24)

    await told.shop.transact(webhooks.change_endpoint, told.endpoint_id, EndpointChange(state=EndpointState.ACTIVE))
    assert (await told.endpoint()).held_until is None
    await told.shop.transact(webhooks.replay_message, told.endpoint_id, message.id)
    assert await told.sends() == 1


async def test_a_receiver_that_is_slow_counts_as_silent(told: Told) -> None:
    told.office.courier._try_s = 0.3  # noqa: SLF001
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers = [5.0]

    await told.sends()

    [message] = await told.messages()
    view = await told.shop.transact(webhooks.get_message, told.endpoint_id, message.id)
    assert [one.error for one in view.tries] == ["no answer in time"]


async def test_ten_tries_in_three_days_then_it_failed_and_the_endpoint_is_given_up(
    told: Told, time_passes: TimePasses, owner: asyncpg.Connection
) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers = [503] * 20
    waited = timedelta()
    for _ in WAITS:
        assert await told.sends() == 1
        [message] = await told.messages()
        wait = message.due_at - Seams().clock.now()
        waited += wait
        await time_passes(wait + timedelta(seconds=1))
    assert await told.sends() == 1

    [message] = await told.messages()
    assert (message.state, message.tries, len(told.receiver.received)) == (MessageState.FAILED, 10, 10)
    assert timedelta(days=2.4) < waited < timedelta(days=3.9)
    assert (await told.endpoint()).state is (EndpointState.DISABLED if waited > 3 * DAY else EndpointState.ACTIVE)


async def test_eight_workers_send_each_message_once(told: Told) -> None:
    await has_tokens(told.shop, 20)
    sugar = await has_stock(told.shop, quantity="100")
    for _ in range(5):
        await opens_sale(told.shop, (sugar, "1"), cash="150.00")

    while sum(one for one in await together(8, lambda _: told.sends()) if isinstance(one, int)):
        pass

    ids = [one.id for one in told.receiver.received]
    assert len(ids) == len(set(ids)) == 15


async def test_a_worker_that_is_killed_while_it_sends_leaves_the_message_to_the_next(
    told: Told, time_passes: TimePasses, owner_dsn: str, tmp_path: Path
) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers = [30.0]
    environ = {
        **os.environ,
        "PAYME_DATABASE_URL": owner_dsn,
        "PAYME_DATA_DIR": str(tmp_path),
        "PAYME_SECRET_KEYS": SECRET_KEYS,
    }
    worker = await asyncio.create_subprocess_exec(*payme_command("worker"), env=environ)
    try:
        await until(lambda: told.receiver.received)
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    assert await told.sends() == 0  # nobody knows yet that the worker is dead
    await time_passes(timedelta(seconds=61))
    assert await told.sends() == 1

    first, second = told.receiver.received
    assert first.id == second.id
    [message] = await told.messages()
    assert (message.state, message.tries) == (MessageState.DELIVERED, 2)


async def test_a_worker_sends_by_itself_and_stops(told: Told) -> None:
    stop = asyncio.Event()
    sending = asyncio.create_task(keep_sending(told.office, stop))
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    await until(lambda: told.receiver.received)
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers = [1.0]
    await until(lambda: len(told.receiver.received) == 2)
    stop.set()
    async with asyncio.timeout(10):
        await sending

    assert {message.state for message in await told.messages()} == {MessageState.DELIVERED}


async def test_messages_are_sent_again_when_asked(told: Told, time_passes: TimePasses) -> None:
    for answer in (500, 204):
        await told.shop.transact(webhooks.send_test, told.endpoint_id)
        told.receiver.answers = [answer]
        await told.sends()
    failed = (await told.messages(MessageState.WAITING))[0]
    again = await told.shop.transact(webhooks.replay_message, told.endpoint_id, failed.id)
    await told.sends()
    since = failed.created_at - timedelta(minutes=1)

    assert (again.message.state, again.message.tries) == (MessageState.WAITING, 0)
    assert told.receiver.received[-1].id == told.receiver.received[0].id
    assert await told.shop.transact(webhooks.replay_since, told.endpoint_id, since, True) == 0
    assert await told.shop.transact(webhooks.replay_since, told.endpoint_id, since, False) == 2
    assert await told.sends() == 2
    assert len({one.id for one in told.receiver.received}) == 2
    with pytest.raises(webhooks.MessageNotFound):
        await told.shop.transact(webhooks.replay_message, told.endpoint_id, uuid4())
    with pytest.raises(webhooks.MessageNotFound):
        await told.shop.transact(webhooks.get_message, told.endpoint_id, uuid4())


async def test_what_ended_long_ago_is_forgotten(told: Told, time_passes: TimePasses) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    await told.sends()
    await time_passes(29 * DAY)
    await forget_ended(told.shop.database)
    assert len(await told.messages()) == 1
    await time_passes(2 * DAY)
    await forget_ended(told.shop.database)
    assert await told.messages() == []


async def test_every_process_of_the_product_can_send(owner_dsn: str, receiver: Receiver) -> None:
    async with assemble(settings_of({"PAYME_SECRET_KEYS": SECRET_KEYS}), owner_dsn) as assembly:
        letter = Letter(uuid4(), uuid4(), receiver.url, 1, "{}", {"webhook-id": "msg_1"})
        assert (await assembly.office.courier.carry(letter)).status == 204
