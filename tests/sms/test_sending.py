"""A message leaves once, whatever happens to the worker or the network, and what it cost is known."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from payme import sms
from payme.kit.db.transaction import Scope
from payme.sms import AfricasTalking, AfricasTalkingAccount, SmsPurpose, SmsState
from payme.sms import services as sms_services
from payme.sms.jobs import SmsDesk, keep_sending, send_due
from tests.sms.conftest import NOON, Writing
from tests.support.africastalking import API_KEY, STATUS, USERNAME
from tests.support.database import in_time

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def test_a_message_leaves_once_and_its_cost_is_what_the_network_said(writing: Writing) -> None:
    await writing.queues(text="Duka: asante.")

    assert await writing.sends() == 1
    assert await writing.sends() == 0

    (asked,) = writing.network.asked
    assert asked.path == "/version1/messaging"
    assert asked.headers["apikey"] == API_KEY
    assert asked.form == {
        "username": USERNAME, "to": "+254712345678", "message": "Duka: asante.", "bulkSMSMode": "1",
    }  # fmt: skip
    message = await writing.only()
    assert (message.state, message.cost, message.cost_is_estimated) == (SmsState.SENT, Decimal("0.8000"), False)
    assert (message.provider, message.provider_id, message.text) == ("africastalking", "ATXid_1", "Duka: asante.")


async def test_eight_workers_at_once_send_each_message_once(writing: Writing) -> None:
    for _ in range(20):
        await writing.queues()

    while sum(await asyncio.gather(*(writing.sends(at_once=3) for _ in range(8)))):
        pass

    assert len(writing.network.sent) == 20
    assert {message.state for message in await writing.messages()} == {SmsState.SENT}


class DiesAt:
    """A worker that dies when the network has answered."""

    async def point(self, name: str) -> None:
        if name == "sms_carried":
            raise asyncio.CancelledError


async def test_a_worker_killed_between_sending_and_recording_leaves_it_unknown_and_nobody_sends_it_again(
    writing: Writing,
) -> None:
    await writing.queues()
    dying = in_time(writing.desk.database, NOON, DiesAt())

    with pytest.raises(asyncio.CancelledError):
        await send_due(SmsDesk(dying, writing.desk.carrier, writing.desk.terms), writing.shop.business_id)

    assert (await writing.only()).state is SmsState.SENDING
    assert await writing.at(NOON + 59 * SECOND).sends() == 0
    assert (await writing.only()).state is SmsState.SENDING
    assert await writing.at(NOON + 60 * SECOND).sends() == 0
    assert await writing.at(NOON + 600 * MINUTE).sends() == 0
    message = await writing.only()
    assert (message.state, message.note) == (SmsState.UNKNOWN, "the worker died while it was sending")
    assert (message.cost, message.cost_is_estimated) == (Decimal("0.8000"), True)
    assert len(writing.network.sent) == 1


@pytest.mark.parametrize(
    "trouble", ["hang up", 1.5, ("http", 500), ("http", 503), ("http", 408), 500, 501, "no JSON", "endless " * 20_000]
)
async def test_a_lost_answer_is_unknown_and_never_sent_again(
    writing: Writing, trouble: float | str | tuple[str, int]
) -> None:
    writing.network.answers.append(trouble)
    await writing.queues()

    assert await writing.sends() == 1
    assert await writing.at(NOON + 600 * MINUTE).sends() == 0

    message = await writing.only()
    assert (message.state, message.cost, message.cost_is_estimated) == (SmsState.UNKNOWN, Decimal("0.8000"), True)
    assert len(writing.network.asked) == 1


@pytest.mark.parametrize("code", [code for code in STATUS if 400 <= code < 500 or code == 502])
async def test_what_the_network_refuses_failed_and_cost_nothing(writing: Writing, code: int) -> None:
    writing.network.answers.append(code)
    await writing.queues()

    await writing.sends()

    message = await writing.only()
    assert (message.state, message.code, message.note) == (SmsState.FAILED, str(code), STATUS[code])
    assert message.cost == 0
    assert writing.network.sent == []


async def test_a_wrong_key_fails_and_a_sender_that_is_not_ours_too(writing: Writing) -> None:
    account = AfricasTalkingAccount(writing.network.url, USERNAME, "another key", "DUKA")
    wrong = SmsDesk(writing.desk.database, AfricasTalking(account), writing.desk.terms)
    await writing.queues()
    await send_due(wrong, writing.shop.business_id)
    await wrong.carrier.aclose()
    writing.network.answers.append('{"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}')
    later = writing.at(NOON + SECOND)
    await later.queues()
    await later.sends()

    first, second = await writing.messages()
    assert (first.state, first.code) == (SmsState.FAILED, "401")
    assert (second.state, second.code, second.note) == (SmsState.FAILED, "none", "InvalidSenderId")
    assert writing.network.asked[0].form["from"] == "DUKA"


async def test_where_nobody_was_reached_it_is_tried_again_and_then_given_up(writing: Writing) -> None:
    nobody = AfricasTalking(AfricasTalkingAccount("http://127.0.0.1:9", USERNAME, API_KEY, None), try_s=1.0)
    desk = SmsDesk(writing.desk.database, nobody, writing.desk.terms)
    away = Writing(writing.shop, writing.network, desk)
    await away.queues()

    assert await away.sends() == 1
    message = await away.only()
    assert (message.state, message.code, message.tries) == (SmsState.QUEUED, "not_reached", 1)
    assert message.due_at == NOON + 30 * SECOND
    later = NOON
    for wait in (30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE):
        later += wait
        assert await away.at(later - SECOND).sends() == 0
        assert await away.at(later).sends() == 1
    message = await away.only()
    assert (message.state, message.code, message.tries, message.cost) == (SmsState.FAILED, "not_reached", 5, 0)
    await nobody.aclose()


async def test_who_is_asked_to_slow_down_waits_and_sends_then(writing: Writing) -> None:
    writing.network.answers.append(("http", 429))
    await writing.queues()

    await writing.sends()
    assert (await writing.only()).state is SmsState.QUEUED
    await writing.at(NOON + 30 * SECOND).sends()

    assert (await writing.only()).state is SmsState.SENT
    assert len(writing.network.sent) == 1


async def test_a_secret_in_a_text_is_never_kept_readable(writing: Writing, owner_dsn: str) -> None:
    message = await writing.queues(text="See http://shop.test/r/verysecretword now", secret="verysecretword")
    assert message is not None
    assert message.text == "See http://shop.test/r/… now"

    await writing.sends()

    assert writing.network.sent == [("+254712345678", "See http://shop.test/r/verysecretword now")]
    assert (await writing.only()).text == "See http://shop.test/r/… now"


async def test_a_worker_goes_round_until_it_is_told_to_stop(writing: Writing) -> None:
    await writing.queues()
    stop = asyncio.Event()
    worker = asyncio.create_task(keep_sending(writing.desk, stop))

    async with asyncio.timeout(20):
        while (await writing.only()).state is not SmsState.SENT:  # noqa: ASYNC110  the books tell, nobody calls
            await asyncio.sleep(0.02)
        stop.set()
        await worker

    assert (await writing.only()).tries == 1


async def test_an_answer_that_comes_after_the_lease_is_still_believed(writing: Writing) -> None:
    await writing.queues()
    scope = Scope.system("test", writing.shop.business_id)
    (order,) = await writing.desk.database.transact(scope, sms_services.take_due, writing.desk.terms, 5)
    assert await writing.at(NOON + 61 * SECOND).sends() == 0
    assert (await writing.only()).state is SmsState.UNKNOWN

    outcome = await writing.desk.carrier.carry(order)
    record = sms_services.record_outcome
    state = await writing.desk.database.transact(scope, record, order.message_id, outcome, writing.desk.terms.price)

    assert state is SmsState.SENT
    again = await writing.desk.database.transact(scope, record, order.message_id, outcome, writing.desk.terms.price)
    assert again is SmsState.SENT
    assert (await writing.only()).cost_is_estimated is False


async def test_the_books_of_another_shop_know_nothing_of_it(writing: Writing) -> None:
    message = await writing.queues()
    assert message is not None
    other = Scope.system("test", uuid4())

    with pytest.raises(sms.SmsNotFound):
        await writing.desk.database.transact(other, sms.get_message, message.id)


async def test_a_reminder_is_one_at_a_time(writing: Writing) -> None:
    customer_id = await writing.customer()

    queued = await asyncio.gather(*(writing.queues(SmsPurpose.OVERDUE, customer_id) for _ in range(8)))

    assert sum(message is not None for message in queued) == 1
