"""A shop that was lost and restored: money that moved meanwhile comes back from the list and from the statement."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from os import environ
from pathlib import Path

import pytest

from payme import reconciliation, statements
from payme.app.assembly import record
from payme.app.backups import fill_database, write_backup
from payme.app.restoring import bring_up, scratch_database
from payme.kit.db.binaries import find_binaries
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import open_pool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from payme.statement_files import read_statement
from tests.receipts.conftest import Market
from tests.support.shops import BOX


@dataclass
class Lost:
    """A shop, and the same shop as its backup has it."""

    market: Market
    restored: Market
    before: list[str]
    after: list[str]
    """Receipts of money that came before and after the backup."""


@pytest.fixture
async def lost(market: Market, owner_dsn: str, tmp_path: Path) -> AsyncIterator[Lost]:
    before = [await market.dials(100), await market.dials(300, str(market.sale.number))]
    assert await market.pulls() == 2
    tools, ring = find_binaries(tmp_path, environ), BOX.keys()
    made = write_backup(owner_dsn, tools, ring, tmp_path)
    after = [await market.dials(250), await market.dials(70), await market.dials(1)]
    assert await market.pulls(after_s=400) == 3
    async with scratch_database(owner_dsn) as dsn:
        fill_database(made.place, ring, dsn, tools)
        await bring_up(dsn)
        pool = await open_pool(dsn)
        try:
            database = Database(pool, Seams(), record=record, jobs=PgQueuerJobs())
            shop = replace(market.shop, database=database)
            restored = replace(market, shop=shop, desk=replace(market.desk, database=database))
            yield Lost(market, restored, before, after)
        finally:
            await pool.close()


async def truth(market: Market) -> Decimal:
    """What customers truly paid to the shop, as Daraja's side knows it."""
    answer = await market.daraja.get("/simulator/payments", params={"shortcode": market.shortcode})
    return sum((Decimal(one["amount"]) for one in answer.json()["payments"]), Decimal())


async def booked(market: Market) -> Decimal:
    return sum((amount for _, amount in await market.books()), Decimal())


async def test_what_was_paid_after_the_backup_comes_back_by_the_list(lost: Lost) -> None:
    assert await booked(lost.restored) == 400

    assert await lost.restored.pulls(after_s=800) == len(lost.after)

    assert await booked(lost.restored) == await truth(lost.market) == 721
    checked = await reconciliation.verify(lost.restored.shop.database, business_ids=[lost.market.shop.business_id])
    assert [one for one in checked.violations if one.invariant != "P8"] == []


async def test_what_the_list_does_not_reach_is_named_by_the_statement(lost: Lost) -> None:
    written = (await lost.market.daraja.get(f"/simulator/statements/{lost.market.shortcode}.csv")).content
    shop = lost.restored.shop

    await statements.import_statement(shop.transact, read_statement(written), "statement.csv", None)

    missing = await shop.transact(statements.list_differences, None, None, statements.DifferenceState.OPEN, None, 50)
    assert {(one.receipt, one.reason) for one in missing if one.reason is not statements.Reason.FEE} == {
        (receipt, statements.Reason.UNKNOWN) for receipt in lost.after
    }
    await lost.restored.pulls(after_s=800)
    imported = await statements.import_statement(shop.transact, read_statement(written), "statement.csv", None)
    assert imported.compared is not None
    left = await shop.transact(statements.list_differences, None, None, statements.DifferenceState.OPEN, None, 50)
    assert [one for one in left if one.reason is not statements.Reason.FEE] == []
    assert await booked(lost.restored) == await truth(lost.market)
