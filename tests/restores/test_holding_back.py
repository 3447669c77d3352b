"""What waited to leave when a backup was made stays, and says why; what comes after it leaves as ever."""

from datetime import timedelta

from payme import reminders, restores
from payme.alerts import AlertState, AlertWord
from payme.alerts.services import write_alerts
from payme.refunds import RefundState, approve_refund, withdraw_refund
from payme.restores import HeldBack
from payme.sms import SmsPurpose, SmsState
from tests.alerts.conftest import Telling
from tests.refunds.conftest import Till
from tests.reminders.conftest import DAY, Lending
from tests.sms.conftest import NOON, PRICE
from tests.support.shops import Shop


async def restored(shop: Shop) -> HeldBack:
    """What a restore does, one thing at a time."""
    return await restores.hold_back(shop.database, shop.business_id, at_once=1)


async def test_what_waits_is_withdrawn_and_what_comes_after_it_leaves(lending: Lending) -> None:
    writing = lending.writing
    for _ in range(3):
        await writing.queues()

    assert await restored(writing.shop) == HeldBack(messages=3)
    assert await restored(writing.shop) == HeldBack()
    assert {(text.state, text.code) for text in await writing.messages()} == {(SmsState.WITHDRAWN, "restored")}

    await writing.queues()
    assert await writing.sends() == 1
    assert len(writing.network.sent) == 1


async def test_nobody_is_reminded_in_the_week_after_a_restore_of_what_may_have_been_sent(lending: Lending) -> None:
    await lending.turns()
    await lending.owes(-3)
    await restored(lending.writing.shop)

    assert await lending.reminds() == 0
    shown = await lending.writing.shop.transact(reminders.preview, PRICE)
    assert (shown.plan.reminders, shown.plan.skipped.reminded_lately) == ((), 1)
    almost = lending.at(NOON + 7 * DAY - timedelta(minutes=1))
    await almost.writing.queues(SmsPurpose.OVERDUE, await almost.writing.customer())  # and where one was written
    await almost.writing.sends()
    assert (await almost.writing.messages())[-1].code == "once_a_week"

    then = lending.at(NOON + 7 * DAY)
    assert await then.reminds() == 1
    await then.writing.sends()
    assert len(then.writing.network.sent) == 1


async def test_an_issue_counts_as_told_and_is_told_again_when_nobody_looks_at_it(telling: Telling) -> None:
    await telling.opens()
    await telling.shop.transact(write_alerts)
    await telling.opens("contradiction")

    assert await restored(telling.shop) == HeldBack(alerts=1, issues=1)
    assert await telling.tells() == 0
    [alert] = await telling.alerts()
    assert (alert.state, alert.note) == (AlertState.WITHDRAWN, "restored")

    await telling.later(hours=2).tells()
    assert [one.word for one in (await telling.alerts())[1:]] == [AlertWord.ESCALATED] * 2
    assert len(telling.mail.got) == 2


async def test_people_are_told_to_look_before_they_pay_until_a_refund_has_its_end(till: Till) -> None:
    asked, agreed = await till.asks(await till.is_paid()), await till.agreed(await till.is_paid())
    paying = await till.agreed(await till.is_paid())
    await till.orders_reversal(paying, sends=False)

    assert await restored(till.shop) == HeldBack(reversals=1, refunds=2)
    assert till.reverser.orders == []
    assert await till.state(paying) is RefundState.UNKNOWN
    [attempt] = await till.attempts(paying)
    await till.sends(attempt)  # the job of the order is still there
    assert till.reverser.orders == []
    assert (await till.issues()).count("restored_refund") == 2

    await till.shop.transact(approve_refund, asked.id, "", role="manager")
    assert (await till.issues()).count("restored_refund") == 2
    await till.orders_reversal(agreed)
    assert (await till.issues()).count("restored_refund") == 2
    await till.shop.transact(withdraw_refund, asked.id, "M-PESA says that it was paid", role="manager")
    assert (await till.issues()).count("restored_refund") == 1
    assert await till.shop.disagreements() == []
