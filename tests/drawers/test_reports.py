"""What a closed drawer and an ended day came to, for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest

from payme import drawers
from payme.documents import render_text
from payme.drawers import DrawerState, Report, Tender
from payme.drawers.errors import DayClosed, DayEmpty, DayNotBegun, DrawersNotClosed, EarlierDayOpen, ReportNotFound
from payme.drawers.rules import document_of
from payme.kit.days import business_day
from payme.kit.db.transaction import Database
from payme.kit.seams import SystemClock
from payme.seals.jobs import seal_business
from tests.support.database import in_time
from tests.support.drawers import counts, opens_drawer
from tests.support.goods import has_stock, opens_sale
from tests.support.seals import desk_of
from tests.support.shops import Shop
from tests.support.together import count, together
from tests.support.web import a_client, an_app

TODAY = business_day(datetime.now(UTC))


class Later(SystemClock):
    """The machine's clock, some days ahead."""

    def __init__(self, days: int) -> None:
        self.days = days

    def now(self) -> datetime:
        return super().now() + timedelta(days=self.days)


def days_later(shop: Shop, days: int) -> Shop:
    """The same shop, so many days later."""
    database = shop.database
    seams = replace(database.seams, clock=Later(days))
    return replace(
        shop,
        database=Database(database._pool, seams, record=database._record, jobs=database._jobs),  # noqa: SLF001
    )


async def day_of_two_tills(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="50")
    front = (await opens_drawer(shop, "1000.00", "Front", role="cashier")).drawer
    back = (await opens_drawer(shop, "500.00", "Back", role="manager")).drawer
    await opens_sale(shop, (sugar, "2"), cash="300.00", role="cashier")
    await opens_sale(shop, (sugar, "1"), cash="150.00", role="manager")
    await counts(shop, front.id, "1300.00")
    await counts(shop, back.id, "640.00")


async def test_reports_are_numbered_without_gaps_and_a_day_adds_them_up(shop: Shop) -> None:
    await day_of_two_tills(shop)

    day = await shop.transact(drawers.close_day, TODAY)

    assert (day.head.number, day.head.drawers, day.head.drawer_id) == (3, 2, None)
    cash, mpesa, account = day.totals
    assert (cash.tender, cash.opening_float, cash.sold, cash.takings) == (Tender.CASH, 1500, 450, 2)
    assert (cash.expected, cash.counted, cash.variance) == (1950, 1940, -10)
    assert (mpesa.expected, account.expected) == (0, 0)
    listed = await shop.transact(drawers.list_reports, TODAY, None, None, 9)
    assert [head.number for head in listed] == [3, 2, 1]


async def test_eight_drawers_closed_at_once_have_eight_numbers(shop: Shop) -> None:
    opened = [(await opens_drawer(shop, "100.00", f"Till {place}")).drawer for place in range(8)]

    await together(8, lambda turn: counts(shop, opened[turn].id, "100.00"))

    listed = await shop.transact(drawers.list_reports, None, None, None, 20)
    assert [head.number for head in listed] == [8, 7, 6, 5, 4, 3, 2, 1]


async def test_a_day_is_closed_once_and_what_opens_then_is_of_the_next(shop: Shop) -> None:
    await day_of_two_tills(shop)

    results = await together(4, lambda _: shop.transact(drawers.close_day, TODAY))

    assert (count(results, Report), count(results, DayClosed)) == (1, 3)
    tomorrow = TODAY + timedelta(days=1)
    evening = (await opens_drawer(shop, "0.00")).drawer
    assert evening.business_day == tomorrow
    closed = (await counts(shop, evening.id, "0.00")).drawer
    assert (closed.z_number, closed.business_day) == (4, tomorrow)
    with pytest.raises(DayNotBegun):
        await shop.transact(drawers.close_day, tomorrow)


async def test_a_drawer_that_was_opened_before_the_day_was_closed_is_reported_on_the_next(
    shop: Shop, owner_dsn: str
) -> None:
    await day_of_two_tills(shop)
    slow = (await opens_drawer(shop, "0.00")).drawer
    owner: Any = await asyncpg.connect(owner_dsn)  # the opening that the closing of the day did not see
    await owner.execute("UPDATE drawers SET business_day = $2 WHERE id = $1", slow.id, TODAY + timedelta(days=1))
    await shop.transact(drawers.close_day, TODAY)
    await owner.execute("UPDATE drawers SET business_day = $2 WHERE id = $1", slow.id, TODAY)
    await owner.close()

    assert (await counts(shop, slow.id, "0.00")).drawer.business_day == TODAY + timedelta(days=1)


async def test_days_are_closed_in_order_when_all_their_drawers_are(shop: Shop) -> None:
    tomorrow = days_later(shop, 1)
    with pytest.raises(DayEmpty):
        await shop.transact(drawers.close_day, TODAY)
    waits = (await opens_drawer(shop, "100.00")).drawer
    with pytest.raises(DrawersNotClosed) as refused:
        await shop.transact(drawers.close_day, TODAY)
    assert refused.value.drawer_ids == [waits.id]
    await counts(shop, waits.id, "100.00")
    later = (await opens_drawer(tomorrow, "100.00")).drawer
    await counts(tomorrow, later.id, "100.00")

    with pytest.raises(EarlierDayOpen):
        await tomorrow.transact(drawers.close_day, TODAY + timedelta(days=1))
    numbers = [
        (await tomorrow.transact(drawers.close_day, TODAY + timedelta(days=day))).head.number for day in range(2)
    ]
    assert numbers == [3, 4]


async def test_a_report_fits_a_roll_and_says_what_differs(shop: Shop) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="50")
    drawer = (await opens_drawer(shop, "1000.00", role="manager")).drawer
    await opens_sale(shop, (sugar, "2"), cash="300.00", role="manager")

    so_far = await shop.transact(drawers.get_drawer_report, drawer.id)
    assert so_far.head.number is None
    assert "Not closed yet" in render_text(document_of(so_far), 80)
    await counts(shop, drawer.id, "1000.00", role="manager")
    await shop.transact(drawers.approve_count, drawer.id, "three hundred were stolen")

    text = render_text(document_of(await shop.transact(drawers.get_drawer_report, drawer.id)), 32)
    assert max(map(len, text.splitlines())) <= 32
    for line in ("Z report 1", "Till 1", "Expected", "1,300.00", "Difference", "-300.00", "Approved: three hundred"):
        assert line in text
    day = await shop.transact(drawers.close_day, TODAY)
    assert "Drawers: 1" in render_text(document_of(day), 32)


async def test_a_report_names_the_seal_over_the_audit_of_that_moment(shop: Shop) -> None:
    drawer = (await opens_drawer(shop, "0.00", role="manager")).drawer
    before = await shop.transact(drawers.get_drawer_report, drawer.id)
    await seal_business(desk_of(shop.database), shop.business_id)
    await counts(shop, drawer.id, "0.00", role="manager")
    report = await shop.transact(drawers.get_drawer_report, drawer.id)
    later = replace(shop, database=in_time(shop.database, report.head.created_at + timedelta(minutes=1)))
    await seal_business(desk_of(later.database), shop.business_id)

    assert (before.seal, report.seal and report.seal.number) == (None, 1)
    assert await later.transact(drawers.get_drawer_report, drawer.id) == report
    assert report.seal is not None
    text = render_text(document_of(report), 32)
    assert f"Audit seal 1 {report.seal.digest.hex()[:12]}" in text
    assert "Audit seal" not in render_text(document_of(before), 32)


async def test_reports_over_http(shop: Shop) -> None:
    await day_of_two_tills(shop)
    app = an_app(shop.database)
    place = f"/v1/businesses/{shop.business_id}"
    async with a_client(app, token=shop.person("manager").token) as manager:
        closed = await manager.post(
            f"{place}/z-reports",
            json={"business_day": TODAY.isoformat()},
            headers={"Idempotency-Key": "the day is closed"},
        )
        report = closed.json()
        assert (closed.status_code, report["number"], report["totals"][0]["variance"]) == (201, 3, "-10.00")
        listed: httpx.Response = await manager.get(f"{place}/z-reports", params={"limit": 2})
        rest = await manager.get(f"{place}/z-reports", params={"cursor": listed.json()["next_cursor"]})
        assert [one["number"] for one in listed.json()["items"] + rest.json()["items"]] == [3, 2, 1]
        pdf = await manager.get(f"{place}/z-reports/{report['id']}", params={"format": "pdf"})
        assert pdf.content.startswith(b"%PDF")
        roll = await manager.get(f"{place}/z-reports/{report['id']}", params={"format": "text", "width": 32})
        assert "Z report 3" in roll.text
        late = await manager.get(f"{place}/money-after-closing", params={"business_day": TODAY.isoformat()})
        assert late.json()["items"] == []
    async with a_client(app, token=shop.person("cashier").token) as cashier:
        assert (await cashier.get(f"{place}/z-reports")).status_code == 403


async def test_there_is_no_such_report(shop: Shop) -> None:
    with pytest.raises(ReportNotFound):
        await shop.transact(drawers.get_report, shop.business_id)


async def test_nobody_changes_a_report_or_adds_to_a_closed_drawer(shop: Shop, app_pool: Any) -> None:
    drawer = (await opens_drawer(shop, "100.00")).drawer
    closed = await counts(shop, drawer.id, "100.00")
    assert closed.drawer.state is DrawerState.CLOSED

    async def tries(statement: str) -> None:
        await shop.transact(lambda tx: tx.records(statement, tx.business_id))

    for statement in (
        "UPDATE z_reports SET number = 9 WHERE business_id = $1 RETURNING id",
        "UPDATE z_report_lines SET sold = 9 WHERE business_id = $1 RETURNING tender",
        "DELETE FROM drawer_movements WHERE business_id = $1 RETURNING id",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tries(statement)
    assert (await shop.transact(drawers.get_drawer_report, drawer.id)).totals[0].counted == Decimal(100)
