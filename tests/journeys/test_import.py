"""Bring in another system's catalogue and history, as a person does on the command line."""

import asyncio
import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payme.app.commands.importing import import_app
from payme.kit.db.transaction import Database, Tx
from tests.support.shops import Shop, make_shop

CATALOGUE = """Item Code;Description;Bei ya kuuza;Buying price;Qty
SUG1;Sukari  1 kg;KSh 165.50;142;60
UNG2;Unga 2 kg;1.150,00;900;10
MAZ5;Maziwa 500 ml;60;;12
SUG1;Sukari tena;170;;
;"Mafuta; lita 1";310;;
CHA1;Majani ya chai;-5;;
"""


@dataclass(frozen=True)
class CommandLine:
    """The command line of a shop's own installation."""

    shop: Shop
    dsn: str
    folder: Path

    async def imports(self, what: str, text: str | bytes, *words: str) -> Result:
        file = self.folder / f"{what}.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return await self.runs(what, str(file), "--business", str(self.shop.business_id), *words)

    async def runs(self, *words: str) -> Result:
        environ = {"PAYME_DATABASE_URL": self.dsn, "COLUMNS": "300"}
        return await asyncio.to_thread(CliRunner().invoke, import_app, list(words), env=environ)

    async def value(self, statement: str) -> object:
        async def read(tx: Tx) -> object:
            return await tx.value(statement, tx.business_id)

        return await self.shop.transact(read)


@pytest.fixture
async def line(database: Database, owner_dsn: str, tmp_path: Path) -> CommandLine:
    return CommandLine(await make_shop(database), owner_dsn, tmp_path)


async def test_a_catalogue_comes_in_with_its_opening_stock(line: CommandLine) -> None:
    result = await line.imports("catalogue", CATALOGUE)

    assert result.exit_code == 0, result.output
    assert "name = Description, sku = Item Code, price = Bei ya kuuza" in result.output
    assert "2 products imported, 0 had been imported before." in result.output
    assert "catalogue.csv line 3: price '1.150,00' is not a number" in result.output
    assert "catalogue.csv line 4: 12 are on hand but there is no cost" in result.output
    assert "catalogue.csv line 5: sku SUG1 stands on line 2 already" in result.output
    assert "catalogue.csv line 7: price -5 is negative" in result.output
    price = "SELECT selling_price FROM products WHERE business_id = $1 AND sku = 'SUG1'"
    assert await line.value(price) == Decimal("165.50")
    worth = "SELECT sum(quantity_available * unit_cost) FROM stock_batches WHERE business_id = $1"
    assert await line.value(worth) == Decimal(60 * 142)


async def test_a_second_run_of_a_catalogue_adds_nothing(line: CommandLine) -> None:
    await line.imports("catalogue", CATALOGUE)

    again = await line.imports("catalogue", CATALOGUE.replace("KSh 165.50", "170"))

    assert "0 products imported, 1 had been imported before." in again.output
    assert "line 2: sku SUG1 was imported before with other values; change the product in the shop" in again.output
    assert await line.value("SELECT count(*) FROM products WHERE business_id = $1") == 2
    assert await line.value("SELECT count(*) FROM stock_batches WHERE business_id = $1") == 1


async def test_a_dry_run_of_a_catalogue_changes_nothing(line: CommandLine) -> None:
    result = await line.imports("catalogue", CATALOGUE, "--dry-run")

    assert "2 products would be imported" in result.output
    assert "Mafuta; lita 1" in result.output
    assert await line.value("SELECT count(*) FROM products WHERE business_id = $1") == 0


async def test_refused_rows_are_written_so_that_no_cell_is_a_formula(line: CommandLine) -> None:
    refused = line.folder / "refused.csv"

    await line.imports("catalogue", 'sku,name,price\nA,"=HYPERLINK(""http://x"")",abc\n', "--refused", str(refused))

    with refused.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["file", "line", "reason", "sku", "name", "price"],
            ["catalogue.csv", "2", "price 'abc' is not a number", "A", '\'=HYPERLINK("http://x")', "abc"],
        ]


async def test_a_catalogue_may_be_in_the_letters_of_an_old_windows(line: CommandLine) -> None:
    result = await line.imports("catalogue", "Jina\tBei\nCafé\t250\n".encode("cp1252"))

    assert "cp1252, tab" in result.output
    assert await line.value("SELECT name FROM products WHERE business_id = $1") == "Café"


async def test_a_column_that_is_not_found_can_be_named(line: CommandLine) -> None:
    text = "Jina,Thamani\nSukari,165\n"

    lost = await line.imports("catalogue", text)
    found = await line.imports("catalogue", text, "--map", "price=thamani")

    assert lost.exit_code == 1
    assert "Say which it is: --map price=Column" in lost.output
    assert "1 products imported" in found.output
