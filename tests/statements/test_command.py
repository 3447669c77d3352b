"""A statement is brought on the command line."""

import json
from pathlib import Path

import pytest

from payme.kit.db.transaction import Database
from tests.journeys.test_import import CommandLine
from tests.statements.conftest import Street
from tests.support.by_hand import new_receipt


@pytest.fixture
async def line(street: Street, owner_dsn: str, tmp_path: Path, database: Database) -> CommandLine:
    return CommandLine(street.shop, owner_dsn, tmp_path)


async def test_a_dry_run_keeps_nothing_and_the_import_says_where_it_differs(line: CommandLine, street: Street) -> None:
    await street.paid_by_hand(1)
    street.portal.pays(new_receipt(street.shop), street.at(2), "7", reason="Pay Bill")
    data = street.portal.csv() + b"not a row,,,,,,,,,,,,\r\n"

    tried = await line.imports("statement", data, "--dry-run", "--json")
    brought = await line.imports("statement", data, "--json")
    again = await line.imports("statement", data)

    told = json.loads(tried.stdout)
    assert (tried.exit_code, told["new_lines"], told["refused_rows"][0]["line"]) == (0, 2, 7)
    told = json.loads(brought.stdout)
    assert (brought.exit_code, told["new_lines"], told["differences"], told["differences_found_now"]) == (1, 2, 1, 1)
    assert (again.exit_code, "0 lines new, 2 were known" in again.stdout) == (1, True)
    assert "differ in 1 places, 0 of them new" in again.stdout
    assert "line 7: 'NOT A ROW' is no receipt number" in again.stdout


async def test_a_statement_that_agrees_ends_well_and_another_file_is_refused(line: CommandLine, street: Street) -> None:
    await street.paid_by_hand(1)

    assert (await line.imports("statement", street.portal.csv())).exit_code == 0
    refused = await line.imports("statement", b"hello")
    missing = await line.runs("statement", "nowhere.csv", "--business", str(street.shop.business_id))

    assert "cannot be read as an M-PESA statement" in str(refused.exception)
    assert "cannot be read" in str(missing.exception)
