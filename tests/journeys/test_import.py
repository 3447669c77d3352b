"""Bring in another system's catalogue and history, as a person does on the command line."""

import asyncio
import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from payme import customers, drawers
from payme.app.commands.importing import import_app
from payme.customers import CustomerDraft
from payme.drawers import DrawerMode, DrawerRules, Tender
from payme.kit.db.transaction import Database, Tx
from payme.reports.jobs import keep_ended_days
from payme.reports.queries import sales_by_day
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
    assert "Say which it is: --map price=Column" in str(lost.exception)
    assert "1 product imported" in found.output


JANUARY = """Receipt No,Date,Time,Item,Qty,Bei
17,31/01/2026,18:05,Sukari,2,165
17,31/01/2026,18:05,Unga,1.5,"KES 1,150.00"
18,01/02/2026,01:30,sukari,3,170
19,01/02/2026,09:00,Sukari,0,170
C20,01/02/2026,10:00,Sukari,-1,170
21,01/02/2026,11:00,Maziwa,1,0
22,jana,08:00,Maziwa,1,60
23,01/02/2026,12:00,Maziwa
"""
TOKENS = "SELECT balance_tokens FROM wallets WHERE business_id = $1"
SALES = "SELECT count(*) FROM sales WHERE business_id = $1"


async def test_a_history_is_traded_at_its_own_instants(line: CommandLine) -> None:
    result = await line.imports("sales", JANUARY, "--add-products", "--deliver")

    assert result.exit_code == 0, result.output
    assert "2 sales imported, 0 had been imported before." in result.output
    assert "line 5: quantity 0 is not above 0" in result.output
    assert "line 6: invoice C20 is a return; returns cannot be imported yet" in result.output
    assert "line 7: a price of 0 is not a sale" in result.output
    assert "line 8: date 'jana 08:00' is not understood" in result.output
    assert "line 9: the row has 4 cells, the header 6" in result.output
    days = "SELECT array_agg(business_day::text || ' ' || total ORDER BY number) FROM sales WHERE business_id = $1"
    assert await line.value(days) == ["2026-01-31 2055.00", "2026-02-01 510.00"]
    opened = "SELECT min(opened_at AT TIME ZONE 'Africa/Nairobi')::text FROM sales WHERE business_id = $1"
    assert await line.value(opened) == "2026-01-31 18:05:00"


async def test_a_second_run_of_a_history_sells_nothing_and_no_run_costs_a_token(line: CommandLine) -> None:
    before = await line.value(TOKENS)
    await line.imports("sales", JANUARY, "--add-products", "--deliver")

    again = await line.imports("sales", JANUARY, "--add-products", "--deliver")

    assert "0 sales imported, 2 had been imported before." in again.output
    assert await line.value(SALES) == 2
    assert await line.value(TOKENS) == before
    granted = (
        "SELECT sum(change_tokens) FROM wallet_transactions WHERE business_id = $1 AND reason = 'imported history'"
    )
    assert await line.value(granted) == 2


async def test_goods_that_were_never_delivered_are_not_sold(line: CommandLine) -> None:
    await line.imports("catalogue", "Jina,Bei,Qty,Cost\nSukari,165,4,140\nUnga,1150,9,900\n")

    looked = await line.imports("sales", JANUARY, "--dry-run")
    result = await line.imports("sales", JANUARY)

    assert "1 sale would be imported" in looked.output
    assert "1 sale imported" in result.output
    assert "line 4: invoice 18: there was not enough in stock (left: 2 of name sukari)" in looked.output
    assert "line 4: invoice 18: there was not enough in stock (left: 2 of name sukari)" in result.output
    assert await line.value("SELECT sum(quantity_available) FROM stock_batches WHERE business_id = $1") == Decimal(
        "9.5"
    )


async def test_products_that_the_shop_lacks_are_not_made_up(line: CommandLine) -> None:
    result = await line.imports("sales", JANUARY, "--deliver")

    assert "line 2: invoice 17: the shop has no product name sukari, name unga" in result.output
    assert await line.value(SALES) == 0


async def test_an_invoice_that_changed_since_it_was_imported_is_told(line: CommandLine) -> None:
    await line.imports("sales", JANUARY, "--add-products", "--deliver")

    again = await line.imports("sales", JANUARY.replace("sukari,3", "sukari,4"), "--add-products", "--deliver")

    assert "line 4: invoice 18: it was imported before with other lines; correct it in the shop" in again.output
    assert await line.value(SALES) == 2


async def test_rows_without_an_invoice_number_are_sales_of_their_own_and_come_in_once(line: CommandLine) -> None:
    text = "date,product,qty,price\n2026-03-01 10:00,Sukari,1,165\n2026-03-01 10:00,Sukari,1,165\n"

    await line.imports("sales", text, "--add-products", "--deliver")
    again = await line.imports("sales", text, "--add-products", "--deliver")

    assert "0 sales imported, 2 had been imported before." in again.output
    assert await line.value(SALES) == 2


async def test_an_import_into_a_shop_without_tokens_ends_without_tokens(line: CommandLine) -> None:
    day = "".join(f"{number},2026-03-01 10:{number}:00,Sukari,1,165\n" for number in range(10, 40))
    tokens = await line.value(TOKENS)
    assert tokens == 10
    result = await line.imports("sales", f"invoice,date,product,qty,price\n{day}", "--add-products", "--deliver")

    assert "30 sales imported" in result.output
    assert await line.value(TOKENS) == 10


BUYERS = """Receipt No,Date,Item,Qty,Bei,Customer ID,Customer name,Phone
1,2026-01-05 08:00,Sukari,1,165,13126.0,Wanjiku Kamau,
2,2026-01-05 09:00,Sukari,2,165,13126,,0712 345 678
3,2026-01-05 10:00,Sukari,1,165,,,
4,2026-01-05 11:00,Sukari,1,165,Walk-in customer,,
5,2026-01-05 12:00,Sukari,1,165,77,,12
6,2026-01-05 13:00,Sukari,1,165,,Otieno,0722 000 111
7,2026-01-05 14:00,Sukari,1,165,+254722000111,,
8,2026-01-05 15:00,Sukari,1,165,1,,
8,2026-01-05 15:00,Sukari,1,165,2,,
"""
NAMED = """
SELECT array_agg(sale.note || ' ' || coalesce(customer.name, '-') ORDER BY sale.number)
  FROM sales AS sale LEFT JOIN customers AS customer ON customer.id = sale.customer_id
 WHERE sale.business_id = $1
"""
CUSTOMERS = """
SELECT array_agg(name || ' ' || coalesce(phone, '-') || ' ' || tags::text || ' ' || note ORDER BY name)
  FROM customers WHERE business_id = $1
"""


async def test_whoever_bought_becomes_a_customer_once_and_sales_name_them(line: CommandLine) -> None:
    result = await line.imports("sales", BUYERS, "--add-products", "--deliver")
    again = await line.imports(
        "sales", f"{BUYERS}9,2026-01-06 08:00,Sukari,1,165,13126,,\n", "--add-products", "--deliver"
    )

    assert "customer_name = Customer name, phone = Phone, customer = Customer ID" in result.output
    assert "7 sales imported" in result.output
    assert "3 customers added, 0 had been customers before." in result.output
    assert "line 9: invoice 8: it names several customers; leave them out with --map customer=" in result.output
    assert "0 customers added, 1 had been customers before." in again.output
    assert await line.value(NAMED) == [
        "Imported: 1 Wanjiku Kamau",
        "Imported: 2 Wanjiku Kamau",
        "Imported: 3 -",
        "Imported: 4 -",
        "Imported: 5 Customer 77",
        "Imported: 6 Otieno",
        "Imported: 7 Otieno",
        "Imported: 9 Wanjiku Kamau",
    ]
    assert await line.value(CUSTOMERS) == [
        "Customer 77 - {77} Telephone as imported: 12",
        "Otieno +254722000111 {} ",
        "Wanjiku Kamau +254712345678 {13126} ",
    ]
    since = "SELECT min(created_at AT TIME ZONE 'Africa/Nairobi')::text FROM customers WHERE business_id = $1"
    assert await line.value(since) == "2026-01-05 08:00:00"


async def test_a_buyer_whose_number_the_shop_knows_is_that_customer(line: CommandLine) -> None:
    known = await line.shop.transact(customers.add_customer, CustomerDraft("Mama Njeri", "0712345678"))
    double = await line.shop.transact(customers.add_customer, CustomerDraft("Njeri", "0722000111"))
    await line.shop.transact(customers.merge_customers, known.id, double.id)

    looked = await line.imports("sales", BUYERS, "--add-products", "--deliver", "--dry-run")
    result = await line.imports("sales", BUYERS, "--add-products", "--deliver")

    assert "1 customer would be added, 2 had been customers before." in looked.output
    assert "1 customer added, 2 had been customers before." in result.output
    assert await line.value(NAMED) == [
        *(f"Imported: {number} Mama Njeri" for number in (1, 2)),
        *(f"Imported: {number} -" for number in (3, 4)),
        "Imported: 5 Customer 77",
        *(f"Imported: {number} Mama Njeri" for number in (6, 7)),
    ]


async def test_two_of_a_file_with_one_number_are_one_customer(line: CommandLine) -> None:
    text = (
        "invoice,date,product,qty,price,customer,phone\n"
        "1,2026-03-01 10:00,Sukari,1,165,A7,0712345678\n"
        "2,2026-03-01 11:00,Sukari,1,165,B8,712345678\n"
    )

    result = await line.imports("sales", text, "--add-products", "--deliver")

    assert "1 customer added, 1 had been customers before." in result.output
    assert await line.value(NAMED) == ["Imported: 1 A7", "Imported: 2 A7"]


async def test_a_buyer_who_was_forgotten_stays_forgotten(line: CommandLine) -> None:
    await line.imports("sales", BUYERS, "--add-products", "--deliver")
    wanjiku = await line.value("SELECT id FROM customers WHERE business_id = $1 AND name = 'Wanjiku Kamau'")
    assert isinstance(wanjiku, UUID)
    await line.shop.transact(customers.erase_customer, wanjiku)

    again = await line.imports("sales", BUYERS.replace("1,2026", "21,2026"), "--add-products", "--deliver")

    assert "1 sale imported, 6 had been imported before." in again.output
    assert "0 customers added, 1 had been customers before." in again.output
    assert await line.value(NAMED) == [
        *(f"Imported: {number} -" for number in (1, 2, 3, 4)),
        "Imported: 5 Customer 77",
        *(f"Imported: {number} Otieno" for number in (6, 7)),
        "Imported: 21 -",
    ]
    assert await line.value("SELECT count(*) FROM customers WHERE business_id = $1") == 3


async def test_customers_are_previewed_and_can_be_left_out(line: CommandLine) -> None:
    looked = await line.imports("sales", BUYERS, "--add-products", "--deliver", "--dry-run")
    leave_out = ("--map", "customer=", "--map", "customer_name=", "--map", "phone=")
    result = await line.imports("sales", BUYERS, "--add-products", "--deliver", *leave_out)

    assert "3 customers would be added" in looked.output
    assert "Wanjiku Kamau" in looked.output
    assert "8 sales imported" in result.output
    assert await line.value("SELECT count(*) FROM customers WHERE business_id = $1") == 0


async def test_a_row_with_a_name_too_long_to_keep_is_told(line: CommandLine) -> None:
    text = f"invoice,date,product,qty,price,customer\n1,2026-03-01 10:00,Sukari,1,165,{'M' * 65}\n"

    result = await line.imports("sales", text, "--add-products", "--deliver")

    assert "line 2: customer is longer than 64 characters" in result.output


@pytest.mark.parametrize("mode", list(DrawerMode))
async def test_money_of_the_past_goes_into_no_drawer_of_today(line: CommandLine, mode: DrawerMode) -> None:
    agreed = DrawerRules(mode, Decimal(2), Decimal(0), Decimal(2), Decimal(0))
    await line.shop.transact(drawers.change_rules, agreed)

    first = await line.imports("sales", JANUARY, "--add-products", "--deliver")
    opened = await line.shop.transact(drawers.open_drawer, "Till 1", Decimal(2000), role="cashier")
    more = JANUARY.replace("\n17,", "\n117,").replace("\n18,", "\n118,")
    second = await line.imports("sales", more, "--add-products", "--deliver")

    assert "2 sales imported" in first.output
    assert "2 sales imported" in second.output
    view = await line.shop.transact(drawers.get_view, opened.drawer.id)
    assert [total.expected for total in view.totals if total.tender is Tender.CASH] == [Decimal(2000)]
    assert await line.value("SELECT count(*) FROM drawers WHERE business_id = $1") == 1
    assert await line.shop.disagreements() == []


async def test_reports_of_days_that_were_kept_added_up_tell_what_was_imported_since(line: CommandLine) -> None:
    await line.imports("sales", JANUARY, "--add-products", "--deliver")
    assert await keep_ended_days(line.shop.database, line.shop.business_id) > 0

    more = JANUARY.replace("\n17,", "\n117,").replace("\n18,", "\n118,")
    result = await line.imports("sales", more, "--add-products", "--deliver")

    assert "2 sales imported" in result.output
    report = await line.shop.transact(sales_by_day, date(2026, 1, 31), date(2026, 2, 1))
    assert [(day.sales, day.revenue) for day in report.figures] == [(2, Decimal(4110)), (2, Decimal(1020))]
    assert await line.shop.disagreements() == []
