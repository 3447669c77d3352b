"""A statement is brought: each line is kept once, however often and however many bring it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from payme.kit.db.transaction import Database, Tx
from payme.statement_files import read_statement
from payme.statements import (
    Imported,
    ImportState,
    StatementNotOurs,
    StatementOfUnknownShortcode,
    import_statement,
    list_imports,
)
from tests.statements.portal import Portal
from tests.support.by_hand import new_receipt
from tests.support.shops import Shop, make_shop
from tests.support.together import together


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


def a_portal(shop: Shop) -> Portal:
    assert shop.paybill is not None
    return Portal(shop.paybill.shortcode)


def soon(seconds: int = 0) -> datetime:
    """An instant after the shop was opened."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=60 + seconds)


async def brings(shop: Shop, data: bytes, shortcode: str | None = None) -> Imported:
    return await import_statement(shop.transact, read_statement(data), "statement.csv", shortcode)


async def kept(shop: Shop) -> int:
    async def count(tx: Tx) -> int:
        return int(await tx.value("SELECT count(*) FROM statement_lines WHERE business_id = $1", tx.business_id))

    return await shop.transact(count)


async def test_a_payment_and_its_fee_with_one_receipt_are_two_lines(shop: Shop) -> None:
    portal, receipt = a_portal(shop), new_receipt(shop)
    portal.pays(receipt, soon(), "3000")
    portal.takes_fee(receipt, soon(), "25")

    brought = await brings(shop, portal.csv())

    assert (brought.imported.new_lines, brought.imported.known_lines, brought.imported.refused) == (2, 0, 0)
    assert await kept(shop) == 2


async def test_the_same_file_again_in_either_form_adds_nothing(shop: Shop) -> None:
    portal = a_portal(shop)
    for number in range(3):
        portal.pays(new_receipt(shop), soon(number), "300.50")
    await brings(shop, portal.csv())

    for data in (portal.csv(), portal.csv(dates="%Y-%m-%d %H:%M:%S", withdrawn_sign=1, end="\n"), portal.xlsx()):
        again = await brings(shop, data)
        assert (again.imported.new_lines, again.imported.known_lines) == (0, 3)

    assert await kept(shop) == 3


async def test_periods_that_overlap_add_what_is_new(shop: Shop) -> None:
    portal = a_portal(shop)
    for number in range(4):
        portal.pays(new_receipt(shop), soon(number), "300")
    await brings(shop, replace(portal, rows=portal.rows[:3]).csv())

    second = await brings(shop, replace(portal, rows=portal.rows[1:]).csv())

    assert (second.imported.new_lines, second.imported.known_lines) == (1, 2)
    assert await kept(shop) == 4


async def test_one_line_twice_in_a_file_is_one_line(shop: Shop) -> None:
    portal = a_portal(shop)
    portal.pays(new_receipt(shop), soon(), "300")
    portal.rows *= 3

    brought = await brings(shop, portal.csv())

    assert (brought.imported.new_lines, brought.imported.known_lines) == (1, 2)


async def test_many_bring_overlapping_files_at_once(shop: Shop) -> None:
    portal = a_portal(shop)
    for number in range(60):
        portal.pays(new_receipt(shop), soon(number), "300")

    async def one(number: int) -> Imported:
        rows = portal.rows[number * 5 :] if number % 2 else portal.rows[: 60 - number * 5][::-1]
        return await brings(shop, replace(portal, rows=rows).csv())

    brought = await together(8, one)

    assert all(isinstance(one, Imported) for one in brought)
    assert sum(one.imported.new_lines for one in brought if isinstance(one, Imported)) == 60
    assert await kept(shop) == 60


async def test_an_import_that_broke_off_is_brought_again(shop: Shop) -> None:
    portal = a_portal(shop)
    portal.pays(new_receipt(shop), soon(), "300")

    def breaks_off(_: int) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await import_statement(shop.transact, read_statement(portal.csv()), "statement.csv", None, breaks_off)
    again = await brings(shop, portal.csv())

    assert (again.imported.new_lines, again.imported.known_lines) == (0, 1)
    states = [one.state for one in await shop.transact(list_imports, None, 10)]
    assert states == [ImportState.DONE, ImportState.READING]


async def test_a_statement_of_another_shop_is_not_taken(shop: Shop, database: Database) -> None:
    theirs = a_portal(await make_shop(database))
    theirs.pays(new_receipt(shop), soon(), "300")

    with pytest.raises(StatementNotOurs):
        await brings(shop, theirs.csv())

    assert await kept(shop) == 0


async def test_a_file_that_names_no_shortcode_is_of_the_only_one_or_of_the_one_that_is_said(shop: Shop) -> None:
    portal = a_portal(shop)
    portal.pays(new_receipt(shop), soon(), "300")
    bare = portal.csv().split(b"\r\n", 3)[3]

    assert (await brings(shop, bare)).imported.shortcode == portal.shortcode
    assert (await brings(shop, bare, portal.shortcode)).imported.new_lines == 0
    with pytest.raises(StatementNotOurs):
        await brings(shop, bare, "99999")


async def test_a_shop_without_a_paybill_has_no_statement(database: Database) -> None:
    bare = await make_shop(database, paybill=False)
    portal = Portal("600000")

    with pytest.raises(StatementOfUnknownShortcode):
        await brings(bare, portal.csv().split(b"\r\n", 3)[3])


async def test_a_statement_without_a_line_is_brought_and_covers_nothing(shop: Shop) -> None:
    brought = await brings(shop, a_portal(shop).csv())

    assert (brought.imported.state, brought.imported.rows, brought.compared) == (ImportState.DONE, 0, None)
