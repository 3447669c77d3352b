"""People are told of an issue once, of many together, and a worker that dies at any place loses nothing."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from payme import issues, sms, webhooks
from payme.alerts import AlertState, AlertWord, Channel
from payme.alerts.jobs import keep_telling, tell_due
from payme.alerts.services import write_alerts
from payme.issues import Severity
from payme.kit.db.transaction import Tx
from payme.sms import SmsPurpose
from payme.webhooks import EndpointDraft, EventType
from tests.alerts.conftest import NOON, Telling
from tests.support.database import in_time
from tests.support.issues import an_issue
from tests.support.shops import BOX, make_shop
from tests.support.together import together

NIGHT = datetime.fromisoformat("2026-11-23T23:00:00+03:00")


async def test_the_owner_is_written_to_of_late_money_once(telling: Telling) -> None:
    await an_issue(telling.shop)

    assert await telling.tells() == 2
    assert await telling.tells() == 0

    [mail] = telling.mail.got
    assert telling.mail.recipients == [[telling.shop.person("owner").email]]
    assert str(mail["Subject"]).endswith(": money came and nobody said what it is for")
    assert str(mail["Subject"]).startswith("[high] ")
    body = mail.get_content()
    assert "Kind: late_money" in body
    assert "docs/runbooks/money-without-a-purpose.md" in body
    [alert] = await telling.alerts()
    assert (alert.state, alert.channel, alert.word, alert.issues, alert.tries) == (
        AlertState.SENT, Channel.EMAIL, AlertWord.OPENED, 1, 1,
    )  # fmt: skip
    assert str(mail["Message-ID"]) == f"<{alert.id}@shop.example>"


async def test_what_is_less_bad_than_chosen_is_told_to_nobody(telling: Telling) -> None:
    await telling.opens("over_credit_limit")
    assert await telling.tells() == 1
    assert await telling.alerts() == []

    await telling.chooses(email_at_least=Severity.LOW)
    await telling.opens("over_credit_limit")
    await telling.tells()
    assert len(telling.mail.got) == 1


async def test_many_issues_of_one_kind_become_one_mail_with_their_number(telling: Telling) -> None:
    await telling.opens(subjects=3)
    await telling.tells()
    await telling.opens(subjects=20)
    assert await telling.later(minutes=1).tells() == 20
    await telling.later(minutes=2).opens(subjects=17)
    assert await telling.later(minutes=2).tells() == 17
    await telling.later(minutes=9).tells()
    assert len(telling.mail.got) == 1

    await telling.later(minutes=10).tells()

    assert ["3 times" in str(mail["Subject"]) for mail in telling.mail.got] == [True, False]
    assert "(37 times)" in str(telling.mail.got[1]["Subject"])
    assert "Others are in the list of issues." in telling.mail.got[1].get_content()
    assert [alert.issues for alert in await telling.alerts()] == [3, 37]


async def test_an_alert_that_grows_is_as_severe_as_its_worst_issue(telling: Telling) -> None:
    await telling.opens("late_money")
    await telling.tells()
    for severity in (Severity.HIGH, Severity.CRITICAL, Severity.HIGH):
        [issue_id] = await telling.opens("late_money")
        await telling.shop.transact(issues.change_severity, issue_id, severity, "so it is")
        await telling.tells()

    assert sorted((alert.issues, alert.severity) for alert in await telling.alerts()) == [
        (1, Severity.HIGH), (3, Severity.CRITICAL),
    ]  # fmt: skip


async def test_a_kind_that_nobody_wrote_down_is_told_by_its_name(telling: Telling) -> None:
    await telling.chooses(sms_at_least=Severity.LOW, phones=["0712345678"])
    await telling.opens("never_heard_of")
    await telling.tells()

    [mail] = telling.mail.got
    assert "never_heard_of" in str(mail["Subject"])
    assert "What to do" not in mail.get_content()
    assert "never_heard_of" in ((await telling.texts())[0].text or "")


async def test_issues_of_other_kinds_do_not_wait_for_each_other(telling: Telling) -> None:
    await telling.opens("late_money")
    await telling.opens("W1")
    await telling.tells()

    assert sorted(alert.kind for alert in await telling.alerts()) == ["W1", "late_money"]
    assert len(telling.mail.got) == 2


async def test_an_hour_has_room_for_so_many_and_the_worst_leave_first(telling: Telling) -> None:
    await telling.chooses(an_hour=2)
    for kind in ("over_credit_limit", "late_money", "overpayment", "dead_callback"):
        await telling.opens(kind)
    await telling.tells()

    left = [str(mail["Subject"]).split("]")[0] for mail in telling.mail.got]
    assert left == ["[high", "[high"]
    waiting = [alert for alert in await telling.alerts() if alert.state is AlertState.WAITING]
    assert {alert.note for alert in waiting} == {"the hour is full"}
    assert await telling.later(minutes=30).tells() == 0
    await telling.later(minutes=61).tells()
    assert len(telling.mail.got) == 4


async def test_what_nobody_looks_at_in_its_time_is_told_once_more(telling: Telling) -> None:
    [critical] = await telling.opens("W1")
    [high] = await telling.opens("late_money")
    await telling.tells()
    assert await telling.later(minutes=14).tells() == 0
    await telling.shop.transact(issues.acknowledge, high)

    await telling.later(minutes=15).tells()
    await telling.later(hours=3).tells()

    words = [(alert.kind, alert.word) for alert in await telling.alerts()]
    assert sorted(words) == [
        ("W1", AlertWord.ESCALATED), ("W1", AlertWord.OPENED), ("late_money", AlertWord.OPENED),
    ]  # fmt: skip
    assert "nobody has looked yet" in str(telling.mail.got[-1]["Subject"])
    assert critical


async def test_a_medium_issue_that_escalates_counts_as_high(telling: Telling) -> None:
    await telling.opens("overpayment")
    await telling.tells()
    assert telling.mail.got == []  # owners are written to from high on

    await telling.later(hours=24).tells()

    [mail] = telling.mail.got
    assert str(mail["Subject"]).startswith("[high]")


async def test_what_was_closed_before_its_time_is_told_to_nobody(telling: Telling) -> None:
    await telling.opens()
    await telling.tells()
    [second] = await telling.opens()
    await telling.tells()
    await telling.closes(second)

    await telling.later(minutes=10).tells()

    assert len(telling.mail.got) == 1
    ends = {(alert.state, alert.note) for alert in await telling.alerts()}
    assert ends == {(AlertState.SENT, ""), (AlertState.WITHDRAWN, "everything was closed")}


async def test_eight_workers_at_once_tell_each_issue_once(telling: Telling) -> None:
    for kind in ("late_money", "W1", "dead_callback", "S1", "P8"):
        await telling.opens(kind, subjects=4)

    for _ in range(3):
        await together(8, lambda _: telling.tells())

    assert len(telling.mail.got) == len(set(telling.mail.ids)) == 5
    assert [alert.issues for alert in await telling.alerts()] == [4] * 5


async def test_workers_that_each_have_an_issue_of_one_kind_write_one_alert(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payme.alerts.services.AT_ONCE", 1)
    await telling.opens(subjects=16)

    for _ in range(4):
        results = await together(8, lambda _: telling.shop.transact(write_alerts))
        assert [result for result in results if not isinstance(result, int)] == []

    assert [alert.issues for alert in await telling.alerts()] == [16]


class Dies:
    """A worker that dies at one place."""

    def __init__(self, place: str) -> None:
        self.place = place

    async def point(self, name: str) -> None:
        if name == self.place:
            raise asyncio.CancelledError


@pytest.mark.parametrize("place", ["before_commit", "after_commit", "alert_sent"])
async def test_a_worker_killed_anywhere_leaves_the_alert_to_the_next_under_the_same_id(
    telling: Telling, place: str
) -> None:
    await telling.opens()
    dying = replace(telling.desk, database=in_time(telling.desk.database, NOON, Dies(place)))

    for _ in range(1 if place == "alert_sent" else 3):
        with pytest.raises(asyncio.CancelledError):
            await tell_due(dying, telling.shop.business_id)
    await telling.later(seconds=1).tells()
    await telling.later(seconds=61).tells()

    [alert] = await telling.alerts()
    assert (alert.state, alert.issues) == (AlertState.SENT, 1)
    assert set(telling.mail.ids) == {f"<{alert.id}@shop.example>"}
    assert len(telling.mail.got) == (2 if place == "alert_sent" else 1)


async def test_systems_are_told_that_an_issue_opened_and_how_it_ended(telling: Telling) -> None:
    draft = EndpointDraft("https://books.example/payme", "", (EventType.ISSUE_OPENED, EventType.ISSUE_RESOLVED))
    endpoint = (await telling.shop.transact(webhooks.register_endpoint, draft, BOX.keys)).endpoint
    [issue_id] = await telling.opens()
    await telling.tells()
    await telling.closes(issue_id)
    await telling.tells()
    [unheard] = await telling.opens("W1")
    await telling.closes(unheard)
    await telling.tells()

    messages = await telling.shop.transact(webhooks.list_messages, endpoint.id, None, None, 10)
    told = [(message.type, str(issue_id) in message.payload) for message in messages]
    assert sorted(told) == [
        ("issue.opened", False), ("issue.opened", True), ("issue.resolved", False), ("issue.resolved", True),
    ]  # fmt: skip
    assert any('"state":"resolved"' in message.payload for message in messages)
    assert [alert.kind for alert in await telling.alerts()] == ["late_money"]  # what ended unheard rings nowhere


async def test_numbers_are_written_to_by_day_and_of_critical_things_at_night(telling: Telling) -> None:
    await telling.chooses(
        email_at_least=None, sms_at_least=Severity.HIGH, phones=["0712345678", "+254712345678"], sms_at_night=True
    )
    late = telling.at(NIGHT)
    await late.opens("W1")
    await late.opens("late_money")
    await late.tells()

    texts = {text.purpose: text for text in await telling.texts()}
    assert set(texts) == {SmsPurpose.URGENT_ALERT, SmsPurpose.ALERT}
    assert texts[SmsPurpose.URGENT_ALERT].due_at == NIGHT
    assert texts[SmsPurpose.ALERT].due_at == datetime.fromisoformat("2026-11-24T08:00:00+03:00")
    assert texts[SmsPurpose.ALERT].phone == "+254712345678"
    assert texts[SmsPurpose.URGENT_ALERT].text is not None
    assert "the books do not agree" in (texts[SmsPurpose.URGENT_ALERT].text or "")
    assert {alert.state for alert in await telling.alerts(Channel.SMS)} == {AlertState.HANDED_OVER}


async def test_nothing_rings_at_night_where_the_shop_does_not_want_it(telling: Telling) -> None:
    await telling.chooses(email_at_least=None, sms_at_least=Severity.CRITICAL, phones=["0712345678"])
    await telling.shop.transact(sms.set_language, sms.Language.SWAHILI)
    late = telling.at(NIGHT)
    await late.opens("W1", subjects=2)
    await late.tells()

    [text] = await telling.texts()
    assert text.purpose is SmsPurpose.ALERT
    assert text.text is not None
    assert "hesabu hazilingani (mara 2)" in text.text


async def test_where_there_is_nobody_to_tell_the_alert_says_so(telling: Telling) -> None:
    async def forget(tx: Tx) -> None:
        tx.write("UPDATE alert_settings SET phones = '{}', sms_at_least = NULL WHERE business_id = $1", tx.business_id)
        tx.write("UPDATE members SET removed_at = $2 WHERE business_id = $1", tx.business_id, tx.now)

    await telling.chooses(sms_at_least=Severity.LOW, phones=["0712345678"])
    await telling.opens()
    assert await telling.shop.transact(write_alerts) == 1
    await telling.shop.transact(forget)

    await telling.tells()

    told = [(alert.channel, alert.state, alert.note) for alert in await telling.alerts()]
    assert sorted(told) == [
        (Channel.EMAIL, AlertState.WITHDRAWN, "nobody to tell"),
        (Channel.SMS, AlertState.WITHDRAWN, "nobody to tell"),
    ]


async def test_a_shop_is_told_of_its_own_issues_only(telling: Telling) -> None:
    other = await make_shop(telling.shop.database)
    await an_issue(other)

    assert await telling.tells() == 0
    assert await telling.alerts() == []


async def test_the_worker_visits_until_it_is_stopped(telling: Telling) -> None:
    await telling.opens()
    stop = asyncio.Event()
    running = asyncio.create_task(keep_telling(telling.desk, stop))
    async with asyncio.timeout(60):
        while not telling.mail.got:  # noqa: ASYNC110  the wait is for another task
            await asyncio.sleep(0.05)
    stop.set()
    await running
