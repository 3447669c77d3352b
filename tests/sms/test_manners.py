"""Nobody is written to at night, twice a week, or against their will, whoever is quicker."""

import asyncio
import io
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from payme import customers, sms
from payme.sms import Console, Language, Outbox, SmsPurpose, SmsState, queries
from payme.sms.models import NotReached, SmsOrder, Taken
from tests.sms.conftest import NOON, Writing
from tests.support.people import adds_customer, new_phone

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


def nairobi(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00")


async def wants(writing: Writing, customer_id: UUID, *, reminders: bool) -> None:
    await writing.shop.transact(sms.set_preference, [customer_id], customer_id, None, reminders)


@pytest.mark.parametrize("quiet", ["2026-11-23T20:00:00", "2026-11-23T23:30:00", "2026-11-24T07:59:59"])
async def test_at_night_a_reminder_waits_until_eight(writing: Writing, quiet: str) -> None:
    night = writing.at(nairobi(quiet))
    await night.queues(SmsPurpose.OVERDUE, await writing.customer())

    assert (await night.only()).due_at == nairobi("2026-11-24T08:00:00")
    assert await night.sends() == 0
    assert await writing.at(nairobi("2026-11-24T07:59:59")).sends() == 0
    assert await writing.at(nairobi("2026-11-24T08:00:00")).sends() == 1


async def test_a_reminder_that_was_due_by_day_and_found_at_night_waits_too(writing: Writing) -> None:
    await writing.at(nairobi("2026-11-23T19:59:59")).queues(SmsPurpose.OVERDUE, await writing.customer())

    night = writing.at(nairobi("2026-11-23T20:00:00"))
    assert await night.sends() == 0
    message = await night.only()
    assert (message.state, message.due_at, message.tries) == (SmsState.QUEUED, nairobi("2026-11-24T08:00:00"), 0)
    assert writing.network.asked == []


async def test_a_second_before_eight_in_the_evening_a_reminder_leaves(writing: Writing) -> None:
    evening = writing.at(nairobi("2026-11-23T19:59:59"))
    await evening.queues(SmsPurpose.DUE_SOON, await writing.customer())

    assert await evening.sends() == 1


async def test_a_receipt_leaves_at_night_and_to_whom_wants_no_reminders(writing: Writing) -> None:
    customer_id = await writing.customer()
    await wants(writing, customer_id, reminders=False)
    night = writing.at(nairobi("2026-11-23T22:00:00"))
    await night.queues(SmsPurpose.RECEIPT, customer_id)

    assert await night.sends() == 1


async def test_within_a_week_the_second_reminder_is_withdrawn_as_it_leaves(writing: Writing) -> None:
    customer_id = await writing.customer()
    await writing.queues(SmsPurpose.DUE_SOON, customer_id)
    await writing.sends()
    almost, later = writing.at(NOON + WEEK - SECOND), writing.at(NOON + WEEK)

    await almost.queues(SmsPurpose.OVERDUE, customer_id)
    assert await almost.sends() == 0
    assert [message.code for message in await almost.messages()] == ["", "once_a_week"]
    await later.queues(SmsPurpose.OVERDUE, customer_id)
    assert await later.sends() == 1

    states = [message.state for message in await later.messages()]
    assert states == [SmsState.SENT, SmsState.WITHDRAWN, SmsState.SENT]


async def test_the_week_is_a_customers_own_and_receipts_do_not_count(writing: Writing) -> None:
    one, other = await writing.customer(), await writing.customer()
    await writing.queues(SmsPurpose.RECEIPT, one)
    await writing.queues(SmsPurpose.OVERDUE, other)
    await writing.sends()

    await writing.queues(SmsPurpose.OVERDUE, one)

    assert await writing.sends() == 1
    reminded = await writing.shop.transact(sms.reminded_since, [one, other, uuid4()], NOON - SECOND)
    assert reminded == {one, other}
    assert await writing.shop.transact(sms.reminded_since, [one], NOON) == set()


async def test_an_opt_out_takes_back_what_waits_and_what_comes_after_it(writing: Writing) -> None:
    customer_id = await writing.customer()
    await writing.queues(SmsPurpose.OVERDUE, customer_id)
    await wants(writing, customer_id, reminders=False)
    later = writing.at(NOON + SECOND)
    await later.queues(SmsPurpose.OVERDUE, customer_id)

    assert await later.sends() == 0

    messages = await later.messages()
    assert [(message.state, message.code) for message in messages] == [(SmsState.WITHDRAWN, "opted_out")] * 2
    await wants(writing, customer_id, reminders=True)
    await writing.at(NOON + 2 * SECOND).queues(SmsPurpose.OVERDUE, customer_id)
    assert await writing.at(NOON + 2 * SECOND).sends() == 1


@pytest.mark.parametrize("round_", range(5))
async def test_an_opt_out_and_the_worker_at_one_moment_agree(writing: Writing, round_: int) -> None:
    people = [await writing.customer() for _ in range(6)]
    for customer_id in people:
        await writing.queues(SmsPurpose.OVERDUE, customer_id)

    await asyncio.gather(
        writing.sends(at_once=6), *(wants(writing, customer_id, reminders=False) for customer_id in people)
    )

    while await writing.sends():
        pass
    messages = await writing.messages()
    sent = [message for message in messages if message.state is SmsState.SENT]
    assert len(writing.network.sent) == len(sent)
    assert {message.state for message in messages} <= {SmsState.SENT, SmsState.WITHDRAWN}
    assert len(messages) == 6


async def test_no_opt_out_that_was_answered_is_followed_by_a_reminder(writing: Writing) -> None:
    customer_id = await writing.customer()
    workers = [asyncio.create_task(writing.sends()) for _ in range(4)]
    await wants(writing, customer_id, reminders=False)
    await writing.queues(SmsPurpose.OVERDUE, customer_id)
    await asyncio.gather(*workers, *(writing.sends() for _ in range(4)))

    assert writing.network.sent == []


async def test_who_was_merged_is_not_reminded_where_either_wanted_none(writing: Writing) -> None:
    stays, goes = await writing.customer(), await writing.customer()
    await writing.queues(SmsPurpose.OVERDUE, goes)
    await writing.shop.transact(sms.set_preference, [stays], stays, Language.SWAHILI, False)
    await writing.shop.transact(customers.merge_customers, stays, goes)

    assert await writing.sends() == 0
    assert (await writing.only()).state is SmsState.WITHDRAWN
    wishes = await writing.shop.transact(sms.preferences_of, [stays, goes])
    assert {wish.language for wish in wishes.values()} == {Language.SWAHILI}
    assert all(wish.opted_out_at is not None for wish in wishes.values())


async def test_who_is_erased_is_sent_nothing_and_what_was_sent_keeps_its_cost_alone(writing: Writing) -> None:
    phone = new_phone()
    customer = await adds_customer(writing.shop, phone=phone)
    assert customer.phone is not None
    draft = sms.SmsDraft(SmsPurpose.RECEIPT, Language.ENGLISH, customer.phone, "to a number alone")
    await writing.shop.transact(sms.queue_message, draft, writing.desk.terms.keys)
    await writing.sends()
    later = writing.at(NOON + SECOND)
    await later.queues(SmsPurpose.OVERDUE, customer.id)
    await later.shop.transact(customers.erase_customer, customer.id)

    assert await later.sends() == 0

    sent, withdrawn = await later.messages()
    assert (sent.phone, sent.text, sent.cost) == (None, None, Decimal("0.8000"))
    assert (withdrawn.phone, withdrawn.text, withdrawn.state) == (None, None, SmsState.WITHDRAWN)


async def test_who_is_erased_while_a_message_leaves_is_in_no_row_afterwards(writing: Writing) -> None:
    customer_id = await writing.customer()
    await writing.queues(SmsPurpose.OVERDUE, customer_id)
    writing.network.answers.append(0.3)

    sending = asyncio.create_task(writing.sends())
    while (await writing.only()).state is SmsState.QUEUED:  # noqa: ASYNC110  the books tell, nobody calls
        await asyncio.sleep(0.01)
    await writing.shop.transact(customers.erase_customer, customer_id)
    await sending

    message = await writing.only()
    assert (message.state, message.phone, message.text) == (SmsState.SENT, None, None)


async def test_costs_are_added_up_by_purpose_in_the_shops_days(writing: Writing) -> None:
    for when in ("2026-10-31T23:59:59", "2026-11-01T00:00:00", "2026-11-30T19:00:00", "2026-12-01T00:00:00"):
        at = writing.at(nairobi(when))
        await at.queues()
        await at.sends()
    writing.network.answers.append(405)
    await writing.queues()
    await writing.sends()
    writing.network.answers.append("no JSON")
    await writing.queues(SmsPurpose.OVERDUE, await writing.customer())
    await writing.sends()

    costs = await writing.shop.transact(queries.add_up_costs, None, nairobi("2026-11-30T00:00:00").date())

    overdue, receipts = costs.purposes
    assert (overdue.messages, overdue.cost, overdue.estimated) == (1, Decimal("0.8000"), Decimal("0.8000"))
    assert (receipts.messages, receipts.cost, receipts.estimated) == (2, Decimal("1.6000"), 0)


async def test_the_console_and_the_file_carry_without_a_network(tmp_path: Path) -> None:
    order = SmsOrder(uuid4(), "+254712345678", "Habari")
    out = io.StringIO()

    assert await Console(out).carry(order) == Taken("", Decimal("0.0000"))
    assert out.getvalue() == "SMS to +254712345678: Habari\n"
    place = tmp_path / "sms.jsonl"
    outbox = Outbox(place, lambda: NOON, bytes_max=10)
    for _ in range(2):
        assert isinstance(await outbox.carry(order), Taken)
    assert len(place.read_text(encoding="utf-8").splitlines()) == 1
    assert len(place.with_suffix(".old").read_text(encoding="utf-8").splitlines()) == 1
    nowhere = Outbox(place / "not a directory" / "sms.jsonl", lambda: NOON)
    assert isinstance(await nowhere.carry(order), NotReached)
    for carrier in (Console(), outbox):
        await carrier.aclose()


async def test_the_language_of_a_shop_is_english_until_it_chooses(writing: Writing) -> None:
    assert await writing.shop.transact(sms.get_language) is Language.ENGLISH
    await writing.shop.transact(sms.set_language, Language.SWAHILI)
    assert await writing.shop.transact(sms.get_language) is Language.SWAHILI


async def test_reminders_are_withdrawn_for_another_reason(writing: Writing) -> None:
    customer_id = await writing.customer()
    await writing.queues(SmsPurpose.OVERDUE, customer_id)

    assert await writing.shop.transact(sms.withdraw_reminders, [customer_id], "paid") == 1
    assert await writing.shop.transact(sms.withdraw_reminders, [customer_id], "paid") == 0
    assert (await writing.only()).code == "paid"
