"""A period of the statement against the books: every shilling between them has a name, and the rest is nothing."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import httpx
import pytest

from payme import payment_configs
from payme.adjustments import approve_adjustment, request_adjustment
from payme.kit.days import business_day
from payme.kit.db.transaction import Database
from payme.statement_reports import Reconciliation, ReconciliationPeriodWrong, reconcile, rules
from payme.statement_reports.models import Sum
from payme.statements import Fix, MoneyNotBookable, Reason, StatementNotOurs
from tests.statements.conftest import Street
from tests.statements.portal import Portal
from tests.support.by_hand import Safaricom, new_receipt, notice, registers
from tests.support.daraja import Counter
from tests.support.expenses import adjusts_what_moved, records
from tests.support.shops import BOX, make_shop, paybill_draft
from tests.support.web import a_client, an_app


def days_of(street: Street) -> tuple[date, date]:
    """Days that hold whatever the street does."""
    today = business_day(street.opened_at)
    return today - timedelta(1), today + timedelta(1)


async def told(street: Street, days: tuple[date, date] | None = None) -> Reconciliation:
    return await street.shop.transact(reconcile, street.portal.shortcode, *(days or days_of(street)))


def parts_of(found: Reconciliation) -> dict[str, tuple[int, Decimal]]:
    return {part.name: (part.count, part.amount) for part in found.parts}


async def all_kinds(street: Street) -> None:
    """Let everything differ that can."""
    await street.paid_by_hand(10, "100")
    await street.paid_by_hand(400, "200")
    payment = await street.asks()
    street.portal.pays(new_receipt(street.shop), street.at(11), "300", account=payment.account_reference or "")
    street.portal.pays(unknown := new_receipt(street.shop), street.at(12), "7", reason="Pay Bill")
    street.portal.pays(unknown, street.at(13), "8", reason="Pay Bill")
    for came, booked in (("90", "100"), ("120", "100")):
        receipt = new_receipt(street.shop)
        await street.books(receipt, booked, street.at(14))
        street.portal.pays(receipt, street.at(14), came)
    await street.books(new_receipt(street.shop), "55", street.at(100))  # ours only
    await street.books(new_receipt(street.shop), "66", street.at(900))  # not covered
    back = new_receipt(street.shop)
    street.portal.pays(back, street.at(15), "40", reason="Pay Bill")
    street.portal.reverses(new_receipt(street.shop), street.at(16), "40", back)  # before it was booked
    gone = await street.paid_by_hand(17, "30")
    street.portal.reverses(new_receipt(street.shop), street.at(18), "30", gone)
    street.portal.takes_fee(gone, street.at(17), "0.55")
    street.portal.pays(new_receipt(street.shop), street.at(-300), "999")  # before the books
    late = new_receipt(street.shop)
    await street.books(late, "21", street.at(-3 * 24 * 60))  # told three days ago, says the callback
    street.portal.pays(late, street.at(19), "21")


async def test_every_shilling_between_statement_and_books_has_a_name(street: Street) -> None:
    await all_kinds(street)
    await street.brings()

    found = await told(street)

    assert found.rest == Decimal("0.00")
    assert not found.agrees
    assert parts_of(found) == {
        "missing_callback": (1, Decimal(300)),
        "unknown": (1, Decimal(7)),
        "duplicate_receipt": (1, Decimal(8)),
        "short": (1, Decimal(-10)),
        "over": (1, Decimal(20)),
        "ours_only": (1, Decimal(-55)),
        "cancelled": (1, Decimal(40)),
        "before_books": (1, Decimal(999)),
        "timing": (1, Decimal(21)),
        "not_covered": (1, Decimal(-66)),
    }
    sums = found.sums
    assert sums.paid_in.amount - sums.booked.amount == sum(part.amount for part in found.parts)
    assert (sums.given_back.amount, sums.refunded.amount) == (Decimal(70), Decimal(0))
    assert (sums.fees.amount, sums.fees_booked.amount) == (Decimal("0.55"), Decimal(0))
    assert {one.reason for one in found.differences} >= {Reason.REVERSED, Reason.FEE}


async def test_what_was_adjusted_is_explained_and_no_difference(street: Street) -> None:
    await all_kinds(street)
    await street.brings()
    for difference in await street.differences():
        if difference.fix in {Fix.BOOK_MONEY, Fix.WRITE_ENTRY}:
            asked = await street.shop.transact(request_adjustment, difference.id, "seen", role="manager")
            await street.shop.transact(approve_adjustment, asked.id, "")

    found = await told(street)

    assert found.rest == Decimal("0.00")
    assert {one.reason for one in found.differences} == {Reason.REVERSED, Reason.FEE}
    assert parts_of(found)["adjusted"] == (4, Decimal(-10 + 20 + 8 - 55))


async def test_what_the_portal_moved_has_sums_of_its_own(street: Street) -> None:
    await street.paid_by_hand(1)
    first, second = new_receipt(street.shop), new_receipt(street.shop)
    street.portal.pays_out(first, street.at(2), "100")
    street.portal.pays_out(second, street.at(3), "45.50")
    await street.brings()
    await adjusts_what_moved(street.shop, at_most=1)
    await records(street.shop, "100.00", receipt=first)

    half = await told(street)
    await records(street.shop, "45.50", receipt=second)
    whole = await told(street)

    assert (half.rest, half.parts, whole.rest, whole.parts) == (Decimal(0), (), Decimal(0), ())
    assert [one.reason for one in half.differences] == [Reason.MOVED]
    assert not half.agrees
    assert whole.agrees
    assert (half.sums.others, half.sums.others_booked) == (Sum(2, Decimal("-145.50")), Sum(1, Decimal("-100.00")))
    assert whole.sums.others == whole.sums.others_booked
    printed = rules.document_of(whole).tables[0].rows
    assert ("Other movements, per our books", 2, Decimal("-145.50")) in printed


async def test_a_day_that_agrees(street: Street) -> None:
    await street.paid_by_hand(1)
    await street.brings()

    found = await told(street)

    assert found.agrees
    assert (found.rest, found.parts, found.differences) == (Decimal(0), (), ())
    assert (found.sums.paid_in.amount, found.sums.booked.amount) == (Decimal(300), Decimal(300))
    [covered] = found.covered
    assert covered.start == street.at(1)


async def test_the_other_tills_money_is_named_on_both_sides(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.books(receipt, "40", street.at(1))
    config = await street.shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    other = Portal(config.shortcode)
    other.pays(receipt, street.at(2), "40", reason="Pay Bill")
    await street.brings(other)

    here = await told(street)
    there = await street.shop.transact(reconcile, config.shortcode, *days_of(street))

    assert (parts_of(here), here.rest) == ({"other_till": (1, Decimal(-40))}, Decimal(0))
    assert (parts_of(there), there.rest) == ({"wrong_till": (1, Decimal(40))}, Decimal(0))


async def anything_happens(street: Street, elsewhere: Safaricom, luck: Random) -> None:
    """Something that can happen to money happens to one receipt: it comes, is booked, twice, goes back, costs a fee."""
    receipt, amount = new_receipt(street.shop), luck.choice(["10", "20", "300"])
    at = street.at(luck.randrange(-200, 3_000))
    if luck.random() < 0.8:
        street.portal.pays(receipt, at, amount, reason=luck.choice(["Pay Bill", "Pay Bill Online"]))
    if luck.random() < 0.8:
        booked = amount if luck.random() < 0.8 else "20"
        await street.books(receipt, booked, at + timedelta(minutes=luck.choice([0, 0, 0, 1_500])))
    elif luck.random() < 0.3:
        await elsewhere.confirms(notice(receipt, amount))
    if luck.random() < 0.2:
        street.portal.pays(receipt, at + timedelta(minutes=luck.choice([1, 1_500])), luck.choice(["10", "20"]))
    if luck.random() < 0.2:
        street.portal.reverses(new_receipt(street.shop), at + timedelta(minutes=5), amount, receipt)
    if luck.random() < 0.3:
        street.portal.takes_fee(receipt, at, "1.10")


async def puts_some_right(street: Street, luck: Random) -> None:
    for difference in await street.differences():
        still = {one.id for one in await street.differences()}
        if difference.id in still and difference.fix is not Fix.RECORD_REFUND and luck.random() < 0.5:
            asked = await street.shop.transact(request_adjustment, difference.id, "seen", role="manager")
            try:
                await street.shop.transact(approve_adjustment, asked.id, "")
            except MoneyNotBookable:  # its receipt was booked with another line of the statement
                continue


@pytest.mark.parametrize("seed", range(6))
async def test_the_rest_is_nothing_whatever_happened(street: Street, database: Database, seed: int) -> None:
    """Each period adds up to the cent, before and after people put right what they will."""
    luck = Random(seed)
    elsewhere = await registers(await make_shop(database))
    for _ in range(40):
        await anything_happens(street, elsewhere, luck)
    await street.brings()
    today = business_day(street.opened_at)
    days = [today + timedelta(day) for day in range(-1, 4)]
    periods = [(first, last) for first in days for last in days if first <= last]

    for _ in range(2):
        for period in periods:
            found = await told(street, period)
            assert found.rest == Decimal("0.00"), (period, parts_of(found))
            reversed_ones = [one for one in found.differences if one.reason is Reason.REVERSED]
            assert len(reversed_ones) <= found.sums.given_back.count - found.sums.refunded.count
        await puts_some_right(street, luck)
        await street.brings()


async def test_without_days_it_is_this_month_of_the_number_that_collects(street: Street) -> None:
    await street.paid_by_hand(1)
    await street.brings()
    later = street.opened_at + timedelta(days=40)

    found = await street.shop.transact(reconcile, None, None, None)
    month = rules.days_of(None, None, later)

    assert (found.shortcode, found.first_day.day) == (street.portal.shortcode, 1)
    assert month == (business_day(later).replace(day=1), business_day(later))


async def test_a_wrong_period_or_shortcode_is_refused(street: Street) -> None:
    day = date(2026, 1, 1)
    for last in (day - timedelta(1), day + timedelta(366)):
        with pytest.raises(ReconciliationPeriodWrong):
            await told(street, (day, last))
    with pytest.raises(StatementNotOurs):
        await street.shop.transact(reconcile, "99999", day, day)


# Over HTTP


async def sends(client: httpx.AsyncClient, street: Street, data: bytes) -> httpx.Response:
    path = f"/v1/businesses/{street.shop.business_id}/statement-imports"
    return await client.post(path, params={"name": "september.csv"}, content=data, headers={"Content-Type": "text/csv"})


async def test_a_statement_is_brought_and_reconciled_over_http(street: Street, database: Database) -> None:
    await all_kinds(street)
    bad = street.portal.csv() + b"not a row,,,,,,,,,,,,\r\n"
    base = f"/v1/businesses/{street.shop.business_id}"
    first, last = days_of(street)
    async with a_client(an_app(database), token=street.shop.person("manager").token) as client:
        brought = await sends(client, street, bad)
        differences = await client.get(f"{base}/statement-differences", params={"reason": "unknown", "state": "open"})
        asked = {"shortcode": street.portal.shortcode, "from_day": str(first), "to_day": str(last)}
        as_json = await client.get(f"{base}/statement-reconciliation", params=asked)
        as_csv = await client.get(f"{base}/statement-reconciliation", params={**asked, "format": "csv"})
        again = await sends(client, street, bad)

    assert brought.status_code == 201, brought.text
    body = brought.json()
    assert (body["statement"]["file_name"], body["statement"]["refused"]) == ("september.csv", 1)
    assert [row["line"] for row in body["refused_lines"]] == [len(street.portal.rows) + 5]
    assert again.json()["statement"]["new_lines"] == 0
    [unknown] = differences.json()["items"]
    assert (unknown["fix"], unknown["amount"], unknown["state"]) == ("book_money", "7.00", "open")
    assert (as_json.json()["rest"], as_json.json()["agrees"]) == ("0.00", False)
    rows = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert ["Rest", "0", "0.00"] in rows
    assert ["Explained: unknown", "1", "7.00"] in rows


async def test_a_large_file_is_for_those_who_may(street: Street, database: Database) -> None:
    large = street.portal.csv() + b" " * 3_000_000
    shop = street.shop
    app = an_app(database)
    answers = []
    for person in (shop.person("manager"), shop.person("cashier"), (await make_shop(database)).owner):
        async with a_client(app, token=person.token) as client:
            answers.append((await sends(client, street, large)).status_code)
    async with a_client(app, token=shop.owner.token) as client:
        too_large = await sends(client, street, b" " * (33 * 1024 * 1024))

    assert answers == [201, 403, 404]
    assert (too_large.status_code, too_large.json()["code"]) == (413, "body_too_large")


async def test_what_is_no_statement_is_refused_over_http(street: Street, database: Database) -> None:
    async with a_client(an_app(database), token=street.shop.owner.token) as client:
        answer = await sends(client, street, b"hello")

    assert (answer.status_code, answer.json()["code"]) == (422, "statement_unreadable")


async def test_a_shop_without_a_paybill_is_told_before_its_file_is_read(street: Street, database: Database) -> None:
    bare = await make_shop(database, paybill=False)
    async with a_client(an_app(database), token=bare.owner.token) as client:
        answer = await sends(client, replace(street, counter=Counter(bare)), b"hello")

    assert (answer.status_code, answer.json()["code"]) == (409, "statement_of_unknown_shortcode")
