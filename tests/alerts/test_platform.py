"""Who runs the server is told what is wrong with all of it: daily until it is over, also where the worker died."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from payme.alerts import NotTaken, Part, Taken, beat
from payme.alerts.jobs import AlertDesk, keep_watch, watch_once
from payme.alerts.models import Look
from payme.alerts.rules import told_again_at, troubles_of
from payme.kit.db.transaction import Scope
from tests.alerts.conftest import NOON, Telling
from tests.support.database import in_time
from tests.support.together import together

MINUTE = timedelta(minutes=1)
OPERATOR = "operator@server.example"


@pytest.fixture
async def desk(telling: Telling, owner_dsn: str) -> AsyncIterator[AlertDesk]:
    """The desk of a server whose worker said at noon that it works; nothing else is known of it."""
    connection = await asyncpg.connect(owner_dsn)
    for table in ("platform_beats", "platform_alerts", "callbacks", "reconciliation_rounds", "audit_places"):
        await connection.execute(f"TRUNCATE {table}")
    desk = replace(telling.desk, operator=OPERATOR)
    await desk.database.transact(Scope.system("test"), beat, Part.WORKER)
    yield desk
    await connection.execute("TRUNCATE platform_beats, platform_alerts")
    await connection.close()


def at(desk: AlertDesk, after: timedelta) -> AlertDesk:
    return replace(desk, database=in_time(desk.database, NOON + after))


async def test_the_operator_is_told_once_that_the_worker_is_silent_and_again_after_a_day(
    desk: AlertDesk, telling: Telling
) -> None:
    assert await watch_once(at(desk, 5 * MINUTE)) == 0
    assert await watch_once(at(desk, 6 * MINUTE)) == 1
    assert await watch_once(at(desk, 7 * MINUTE)) == 0
    assert await watch_once(at(desk, timedelta(hours=24))) == 0
    assert await watch_once(at(desk, timedelta(hours=25))) == 1

    assert telling.mail.recipients == [[OPERATOR]] * 2
    assert "worker_silent" in str(telling.mail.got[0]["Subject"])
    assert "since 23.11.2026 12:00" in telling.mail.got[0].get_content()


async def test_a_worker_that_works_again_is_over_and_its_next_silence_is_news(
    desk: AlertDesk, telling: Telling
) -> None:
    await watch_once(at(desk, 6 * MINUTE))
    assert await watch_once(at(desk, 7 * MINUTE), beating=Part.WORKER) == 0
    assert await watch_once(at(desk, 13 * MINUTE)) == 1
    assert len(set(telling.mail.ids)) == 2


async def test_a_rule_of_the_whole_database_that_does_not_hold_is_told(
    desk: AlertDesk, telling: Telling, owner_dsn: str
) -> None:
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute(
        "INSERT INTO reconciliation_rounds (began_at, platform, updated_at) VALUES (now(), $1, now())",
        json.dumps({"TN3": 1, "A3": 0}),
    )
    await connection.close()

    assert await watch_once(desk) == 1
    assert "TN3 does not hold" in str(telling.mail.got[0]["Subject"])


async def test_a_place_that_takes_no_heads_of_the_audit_is_told_while_it_is_tried(
    desk: AlertDesk, telling: Telling, owner_dsn: str
) -> None:
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute(
        """INSERT INTO audit_places (place, due_at, tries, failing_since, note)
           VALUES ('store', $1, 9, $2, $3), ('given up', $2, 9, $2, 'nobody tries'), ('well', $1, 0, NULL, '')""",
        NOON,
        NOON - timedelta(hours=7),
        "it answers 403 AccessDenied" + "!" * 170,
    )
    try:
        assert await watch_once(at(desk, MINUTE)) == 1
    finally:
        await connection.execute("DELETE FROM audit_places WHERE place = ANY('{store,given up,well}')")
        await connection.close()

    subject = str(telling.mail.got[0]["Subject"])
    assert "anchors_failing" in subject
    assert "store (it answers 403 AccessDenied" in telling.mail.got[0].get_content()
    assert "given up" not in telling.mail.got[0].get_content()


async def test_many_processes_that_watch_tell_once(desk: AlertDesk, telling: Telling) -> None:
    results = await together(6, lambda _: watch_once(at(desk, 6 * MINUTE)))

    assert sum(result for result in results if isinstance(result, int)) == 1
    assert len(telling.mail.got) == 1


async def test_a_mail_that_was_not_taken_goes_again(desk: AlertDesk, telling: Telling) -> None:
    telling.mail.trouble = {".": "451 later"}
    await watch_once(at(desk, 6 * MINUTE))
    telling.mail.trouble = {}
    assert await watch_once(at(desk, 6 * MINUTE + timedelta(seconds=9))) == 0
    assert await watch_once(at(desk, 6 * MINUTE + timedelta(seconds=10))) == 1
    assert await watch_once(at(desk, 60 * MINUTE)) == 0
    assert len(set(telling.mail.ids)) == 1


async def test_without_an_operator_it_stands_in_the_log(desk: AlertDesk, telling: Telling) -> None:
    assert await watch_once(replace(at(desk, 6 * MINUTE), operator=None)) == 1
    assert await watch_once(replace(at(desk, 7 * MINUTE), operator=None)) == 0
    assert telling.mail.got == []


async def test_the_watch_goes_on_until_it_is_stopped(desk: AlertDesk, telling: Telling) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(keep_watch(at(desk, 6 * MINUTE), stop))
    async with asyncio.timeout(30):
        while not telling.mail.got:  # noqa: ASYNC110  the wait is for another task
            await asyncio.sleep(0.02)
    stop.set()
    await running


def look(**known: Any) -> Look:
    return replace(Look(None, None, None, {}, None, None), **known)


def test_what_was_never_there_is_not_missed() -> None:
    assert troubles_of(look(), NOON) == []
    assert troubles_of(look(worker_at=NOON, backup_at=NOON, callback_at=NOON, anchors_failing_since=NOON), NOON) == []


@pytest.mark.parametrize(
    ("known", "what"),
    [
        ({"worker_at": NOON - 6 * MINUTE}, "worker_silent"),
        ({"callback_at": NOON - 6 * MINUTE}, "callbacks_waiting"),
        ({"backup_at": NOON - timedelta(hours=27)}, "backup_old"),
        ({"broken": {"TN1": 2, "TN2": 0}}, "broken_TN1"),
        ({"anchors_failing_since": NOON - timedelta(hours=7), "anchors_failing": "store (503)"}, "anchors_failing"),
    ],
)
def test_each_trouble_has_its_name(known: dict[str, Any], what: str) -> None:
    assert [trouble.what for trouble in troubles_of(look(**known), NOON)] == [what]


def test_the_operator_is_never_given_up() -> None:
    assert told_again_at(Taken(), 1, NOON) == (True, NOON + timedelta(days=1), "")
    assert told_again_at(NotTaken("away"), 99, NOON) == (False, NOON + timedelta(hours=6), "away")
