"""Who owes is reminded by day, once a week, in their language, if the shop wants it and they let it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from payme import credit, customers, reminders, repayments, sms
from payme.customers import CustomerErased, CustomerUnknown
from payme.kit.db.transaction import Tx
from payme.reminders import ReminderSettings, RemindersOff, Skipped, queries
from payme.reminders.jobs import remind
from payme.sms import Language, SmsPurpose, SmsState
from tests.reminders.conftest import DAY, TODAY, Lending, on
from tests.sms.conftest import NOON, PRICE
from tests.support.database import in_time
from tests.support.people import new_phone
from tests.support.web import a_client, an_app

HOUR = timedelta(hours=1)


async def test_nobody_is_reminded_until_the_owner_wants_it(lending: Lending) -> None:
    await lending.owes(-3)

    assert await lending.reminds() == 0
    assert await lending.texts() == []
    with pytest.raises(RemindersOff):
        await lending.writing.shop.transact(reminders.remind_now)
    settings = await lending.writing.shop.transact(queries.get_settings)
    assert settings == ReminderSettings(enabled=False, due_soon_days=2, language=Language.ENGLISH)


async def test_who_is_overdue_and_who_is_due_soon_are_told_what_and_when(lending: Lending) -> None:
    late, soon = new_phone(), new_phone()
    late_id = await lending.owes(-3, "2", phone=late)
    await lending.buys(late_id, -10, "5")
    await lending.buys(late_id, 1)
    await lending.owes(2, "3", phone=soon)
    await lending.owes(3)
    await lending.turns()

    assert await lending.reminds() == 2

    first, second = sorted(await lending.texts(), key=lambda message: message[1])
    assert first == (f"+254{soon[1:]}", (
        f"Duka la Njeri: KES 300.00 is due on {on(TODAY + 2 * DAY)}. You can pay at the shop. Thank you. "
        "To stop these messages, tell the shop."
    ))  # fmt: skip
    assert second == (f"+254{late[1:]}", (
        f"Duka la Njeri: KES 700.00 was due on {on(TODAY - 10 * DAY)}. Please pay at the shop. "
        "Thank you. To stop these messages, tell the shop."
    ))  # fmt: skip


@pytest.mark.parametrize(("days", "purpose"), [(-1, SmsPurpose.OVERDUE), (0, SmsPurpose.DUE_SOON)])
async def test_what_is_due_today_is_not_overdue_yet(lending: Lending, days: int, purpose: SmsPurpose) -> None:
    await lending.owes(days)
    await lending.turns()
    await lending.reminds()

    assert (await lending.writing.only()).purpose is purpose


async def test_without_days_ahead_only_the_overdue_are_told(lending: Lending) -> None:
    await lending.owes(1)
    await lending.turns(days=0)

    assert await lending.reminds() == 0


async def test_each_is_written_to_in_their_own_language_else_in_the_shops(lending: Lending) -> None:
    own, shops = await lending.owes(-1), await lending.owes(-1)
    await lending.writing.shop.transact(reminders.set_preference, own, Language.ENGLISH, True)
    await lending.turns(language=Language.SWAHILI)
    await lending.reminds()

    languages = {message.customer_id: message.language for message in await lending.writing.messages()}
    assert languages == {own: Language.ENGLISH, shops: Language.SWAHILI}
    assert any("deni lako" in text for _, text in await lending.texts())


async def test_eight_rounds_at_once_remind_everybody_once(lending: Lending) -> None:
    for _ in range(10):
        await lending.owes(-1)
    await lending.turns()

    shop = lending.writing.shop
    written = await asyncio.gather(*(remind(shop.database, shop.business_id) for _ in range(8)))
    await asyncio.gather(*(lending.writing.sends(at_once=3) for _ in range(8)))

    assert sum(written) == 10
    assert len({phone for phone, _ in await lending.texts()}) == 10
    assert len(lending.writing.network.sent) == 10


async def test_a_week_later_and_not_an_hour_before_the_next_one_comes(lending: Lending) -> None:
    await lending.owes(-1)
    await lending.turns()
    await lending.reminds()
    await lending.texts()

    almost = lending.at(NOON + 7 * DAY - HOUR)
    assert await almost.reminds() == 0
    later = lending.at(NOON + 7 * DAY)
    assert await later.reminds() == 1
    assert len(await later.texts()) == 2


async def test_a_round_at_night_waits_until_eight(lending: Lending) -> None:
    await lending.owes(-1)
    await lending.turns()
    night = lending.at(NOON + 9 * HOUR)

    assert await night.reminds() == 1
    assert await night.texts() == []
    assert len(await lending.at(NOON + 20 * HOUR).texts()) == 1


async def test_who_has_no_number_or_wants_none_or_was_told_is_counted_and_who_is_erased_is_nobody(
    lending: Lending,
) -> None:
    shop = lending.writing.shop
    told = await lending.owes(-1)
    await lending.turns()
    assert await lending.reminds() == 1
    await lending.owes(-1, phone=None)
    wants_none = await lending.owes(-1)
    await shop.transact(reminders.set_preference, wants_none, None, False)
    named = await lending.owes(-2, "2", name="Achieng")
    erased = await lending.owes(-1)
    await shop.transact(customers.erase_customer, erased)

    seen = await shop.transact(reminders.preview, PRICE)

    assert seen.plan.skipped == Skipped(no_phone=1, opted_out=1, reminded_lately=1)
    (reminder,) = seen.plan.reminders
    assert (reminder.customer_id, reminder.name, reminder.amount) == (named, "Achieng", Decimal("200.00"))
    assert (seen.cost, seen.is_whole) == (Decimal("0.8000"), True)
    done = await shop.transact(reminders.remind_now)
    assert (done.queued, done.skipped) == (1, seen.plan.skipped)
    assert {message.customer_id for message in await lending.writing.messages()} == {told, named}


async def test_who_is_overdue_and_due_soon_is_told_of_the_overdue_alone(lending: Lending) -> None:
    both = await lending.owes(-1)
    await lending.buys(both, 1)
    await lending.turns()

    seen = await lending.writing.shop.transact(reminders.preview, PRICE)
    assert [reminder.purpose for reminder in seen.plan.reminders] == [SmsPurpose.OVERDUE]
    await lending.reminds()

    assert (await lending.writing.only()).purpose is SmsPurpose.OVERDUE


async def test_who_paid_is_left_in_peace(lending: Lending) -> None:
    customer_id = await lending.owes(-1)
    await lending.turns()
    pays = repayments.repay_in_cash
    await lending.writing.shop.transact(pays, customer_id, Decimal("100.00"), None, None, role="cashier")

    assert await lending.reminds() == 0


async def test_an_opt_out_while_a_round_writes_is_heeded(lending: Lending) -> None:
    people = [await lending.owes(-1) for _ in range(5)]
    await lending.turns()
    shop = lending.writing.shop

    await asyncio.gather(
        lending.reminds(), *(shop.transact(reminders.set_preference, one, None, False) for one in people)
    )

    assert await lending.texts() == []
    assert {message.state for message in await lending.writing.messages()} <= {SmsState.WITHDRAWN}


async def test_who_is_erased_while_a_round_writes_is_in_no_message(lending: Lending) -> None:
    people = [await lending.owes(1) for _ in range(5)]
    await lending.turns()
    shop = lending.writing.shop

    await asyncio.gather(lending.reminds(), *(shop.transact(customers.erase_customer, one) for one in people))

    assert await lending.texts() == []
    assert {(message.phone, message.text) for message in await lending.writing.messages()} <= {(None, None)}


class Meanwhile:
    """Something else begins just before the round commits, and has half a second to be quicker."""

    def __init__(self, act: Callable[[], Awaitable[object]]) -> None:
        self._act = act
        self.task: asyncio.Future[object] | None = None

    async def point(self, name: str) -> None:
        if name == "before_commit" and self.task is None:
            self.task = asyncio.ensure_future(self._act())
            await asyncio.wait({self.task}, timeout=0.5)


async def test_an_erasure_waits_for_the_round_that_writes_to_the_person(lending: Lending) -> None:
    shop = lending.writing.shop
    customer_id = await lending.owes(-1)
    await lending.turns()
    erasing = Meanwhile(lambda: shop.transact(customers.erase_customer, customer_id))

    assert await remind(in_time(shop.database, NOON, erasing), shop.business_id) == 1
    assert erasing.task is not None
    await erasing.task

    message = await lending.writing.only()
    assert (message.state, message.phone, message.text) == (SmsState.WITHDRAWN, None, None)


async def test_settings_that_stay_as_they_are_are_no_news(lending: Lending) -> None:
    await lending.turns(language=Language.SWAHILI)
    await lending.turns(language=Language.SWAHILI)

    async def told(tx: Tx) -> int:
        return int(
            await tx.value(
                "SELECT count(*) FROM audit_entries WHERE business_id = $1 AND action = 'reminder_settings_changed'",
                tx.business_id,
            )
        )

    assert await lending.writing.shop.transact(told) == 1


async def test_what_a_customer_wants_holds_under_every_name(lending: Lending) -> None:
    shop = lending.writing.shop
    stays, goes = await lending.owes(-1), await lending.owes(40)
    await shop.transact(credit.merge_customers, stays, goes)
    await shop.transact(reminders.set_preference, goes, Language.SWAHILI, False)

    wish = await shop.transact(reminders.get_preference, stays)
    assert (wish.customer_id, wish.language) == (stays, Language.SWAHILI)
    assert wish.opted_out_at == NOON
    again = await lending.at(NOON + DAY).writing.shop.transact(reminders.set_preference, stays, None, False)
    assert again.opted_out_at == NOON
    assert set(await shop.transact(sms.preferences_of, [stays, goes])) == {stays, goes}
    with pytest.raises(CustomerUnknown):
        await shop.transact(reminders.get_preference, shop.business_id)
    await shop.transact(customers.erase_customer, stays)
    with pytest.raises(CustomerErased):
        await shop.transact(reminders.set_preference, stays, None, True)


async def test_more_debtors_than_one_look_takes_are_all_reminded(lending: Lending) -> None:
    shop = lending.writing.shop
    for _ in range(7):
        await lending.owes(-1)
    await lending.turns()

    seen = await shop.transact(reminders.preview, PRICE, 3)

    assert (len(seen.plan.reminders), seen.is_whole) == (3, False)
    assert await remind(shop.database, shop.business_id, at_once=3) == 7


async def test_the_routes_turn_on_look_send_and_let_customers_choose(lending: Lending) -> None:
    shop = lending.writing.shop
    customer_id = await lending.owes(-1)
    at = f"/v1/businesses/{shop.business_id}"
    app = an_app(shop.database)
    async with a_client(app, token=shop.owner.token) as owner:
        off = await owner.get(f"{at}/reminder-settings")
        refused = await owner.post(f"{at}/reminders")
        body = {"enabled": True, "due_soon_days": 2, "language": "sw"}
        turned_on = await owner.put(f"{at}/reminder-settings", json=body)
        seen = await owner.get(f"{at}/reminders/preview")
        sent = await owner.post(f"{at}/reminders")
        again = await owner.post(f"{at}/reminders")
        no = await owner.put(f"{at}/customers/{customer_id}/sms-preference", json={"reminders": False})
        wish = await owner.get(f"{at}/customers/{customer_id}/sms-preference")
        export = await owner.get(f"{at}/customers/{customer_id}/export")
    async with a_client(app, token=shop.person("manager").token) as manager:
        assert (await manager.put(f"{at}/reminder-settings", json=body)).status_code == 403

    assert off.json() == {"enabled": False, "due_soon_days": 2, "language": "en"}
    assert (refused.status_code, refused.json()["code"]) == (409, "reminders_off")
    assert turned_on.json() == body
    (reminder,) = seen.json()["reminders"]
    assert reminder["text"].startswith("Duka la Njeri: deni lako la KES 100.00 lilipaswa")
    assert (reminder["amount"], seen.json()["estimated_cost"]) == ("100.00", "0.8000")
    assert "*" in reminder["phone"]
    assert (sent.status_code, sent.json()["queued"], again.json()["queued"]) == (202, 1, 0)
    assert again.json()["skipped"]["reminded_lately"] == 1
    assert datetime.fromisoformat(no.json()["opted_out_at"]) == datetime.fromisoformat(wish.json()["opted_out_at"])
    assert (wish.json()["reminders"], wish.json()["language"]) == (False, None)
    (held,) = export.json()["messages"]
    assert (held["state"], held["text"]) == ("withdrawn", reminder["text"])
    assert held["phone"].startswith("+254")
    assert export.json()["no_reminders_since"] is not None
