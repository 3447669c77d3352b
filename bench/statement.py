"""How long a statement of 100,000 lines takes, from the file to its differences, and the same file once more.

    .venv/bin/python bench/statement.py [--json] [--lines 100000] [--differences 100] [--xlsx]

A third of the lines are fees under their payments' receipts; all payments but ``--differences`` are in the books. The
books are written by SQL, past the services. The aim is 60 s for the first time. Exit code 1 where other differences
are found than were made, or where lines are kept twice.
"""

import argparse
import asyncio
import csv
import io
import json
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter

import asyncpg
from openpyxl import Workbook
from product import free_port, own_installation
from stage import StagedShop, acting_in, stage, vacuum

from payme.app.assembly import assemble
from payme.app.ground import prepare
from payme.app.settings import Settings
from payme.daraja import EAT
from payme.kit.db.transaction import Database
from payme.payment_configs import ConfigDraft, Environment, SecretField, ShortcodeKind, Strongbox, add_config
from payme.statement_files import read_statement
from payme.statements import Imported, import_statement

SHORTCODE = "654321"
AIM_S = 60
TITLES = (
    "Receipt No.", "Completion Time", "Initiation Time", "Details", "Transaction Status", "Paid In", "Withdrawn",
    "Balance", "Balance Confirmed", "Reason Type", "Other Party Info", "Linked Transaction ID", "A/C No.",
)  # fmt: skip
_BOOKS = """
    INSERT INTO money_in (business_id, id, shortcode, receipt, amount, paid_at, source, created_at)
    SELECT $1, uuidv7(), $2, receipt, 300, at, 'confirmation', at
      FROM unnest($3::text[], $4::timestamptz[]) AS paid (receipt, at)
"""


def rows_of(lines: int, begin: datetime) -> list[tuple[str, datetime, bool]]:
    """Return receipt, instant and whether it is a fee, oldest first: two payments, of which the second costs a fee."""
    rows = []
    for number in range(lines):
        paid = number - 1 if number % 3 == 2 else number  # noqa: PLR2004
        rows.append((f"UB{paid:08d}", begin + timedelta(seconds=paid // 4), number % 3 == 2))  # noqa: PLR2004
    return rows


def cells_of(receipt: str, at: datetime, *, is_fee: bool) -> list[str]:
    """Write one row as the portal does."""
    stamp = f"{at.astimezone(EAT):%d-%m-%Y %H:%M:%S}"
    if is_fee:
        change, words, party = ["", "-5.00"], "Pay Bill Charge", ""
    else:
        change, words, party = ["300.00", ""], "Pay Bill Online", "2547****678 - JANE DOE"
    details = f"{words} from {party} Acc. HSE12" if party else words
    tail = [f"{1_000_000:,.2f}", "true", words, party, "", "" if is_fee else "HSE12"]
    return [receipt, stamp, stamp, details, "Completed", *change, *tail]


def file_of(rows: list[tuple[str, datetime, bool]], *, as_workbook: bool) -> bytes:
    """Write the file, newest first."""
    lines = [cells_of(receipt, at, is_fee=is_fee) for receipt, at, is_fee in reversed(rows)]
    if as_workbook:
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for line in (["Short Code:", SHORTCODE], [], list(TITLES), *lines):
            sheet.append(line)
        packed = io.BytesIO()
        book.save(packed)
        return packed.getvalue()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([["Short Code:", SHORTCODE], [], TITLES, *lines])
    return text.getvalue().encode()


async def import_timed(database: Database, shop: StagedShop, data: bytes) -> tuple[Imported, float, float]:
    """Bring the file; returns what became of it, and the seconds of reading and of all the rest."""
    began = perf_counter()
    file = read_statement(data)
    read = perf_counter()

    async def run(work, *args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        return await database.transact(acting_in(shop), work, *args)

    done = await import_statement(run, file, "bench", None)
    return done, read - began, perf_counter() - read


async def measure(settings: Settings, app_dsn: str, owner_dsn: str, wanted: argparse.Namespace) -> dict[str, object]:
    """Make a shop with its books, write the file, and bring it twice."""
    async with assemble(settings, app_dsn) as assembly:
        database = assembly.database
        [shop] = await stage(database, 1)
        named = (SecretField.CONSUMER_KEY, SecretField.CONSUMER_SECRET, SecretField.PASSKEY)
        secrets = dict.fromkeys(named, "a secret")
        draft = ConfigDraft(Environment.SIMULATOR, ShortcodeKind.PAYBILL, SHORTCODE, None, None, None, secrets)
        box: Strongbox = assembly.desk.accounts.strongbox
        await database.transact(acting_in(shop), add_config, draft, box)
        rows = rows_of(wanted.lines, datetime.now(UTC) + timedelta(minutes=1))
        payments = [(receipt, at) for receipt, at, is_fee in rows if not is_fee][wanted.differences :]
        connection = await asyncpg.connect(owner_dsn)
        receipts, times = [receipt for receipt, _ in payments], [at for _, at in payments]
        await connection.execute(_BOOKS, shop.business_id, SHORTCODE, receipts, times)
        await connection.close()
        await vacuum(owner_dsn)
        data = file_of(rows, as_workbook=wanted.xlsx)
        first, read_s, kept_s = await import_timed(database, shop, data)
        second, again_read_s, again_s = await import_timed(database, shop, data)
    found = [one.compared.open if one.compared else 0 for one in (first, second)]
    fees = sum(is_fee for _, _, is_fee in rows)
    return {
        "lines": wanted.lines,
        "form": "xlsx" if wanted.xlsx else "csv",
        "file_mb": round(len(data) / 1e6, 1),
        "read_s": round(read_s, 2),
        "import_s": round(kept_s, 2),
        "total_s": round(read_s + kept_s, 2),
        "again_s": round(again_read_s + again_s, 2),
        "differences": found[0],
        "as_made": found == [wanted.differences + fees] * 2
        and (second.imported.new_lines, first.imported.new_lines) == (0, wanted.lines),
        "within_aim": read_s + kept_s <= AIM_S,
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="How long a statement takes.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--differences", type=int, default=100, help="payments that the books do not have")
    parser.add_argument("--xlsx", action="store_true", help="bring a workbook instead of a CSV")
    wanted = parser.parse_args()
    port = str(free_port())
    with own_installation(PAYME_SIMULATOR_PORT=port) as (settings, ground, _), asyncio.Runner() as runner:
        runner.run(prepare(ground))
        figures = runner.run(measure(settings, ground.app_dsn, ground.owner_dsn, wanted))
    if wanted.json:
        print(json.dumps(figures))
    else:
        for label, value in figures.items():
            print(f"{label.replace('_', ' '):14} {value}")
    sys.exit(0 if figures["as_made"] and figures["within_aim"] else 1)


if __name__ == "__main__":
    main()
