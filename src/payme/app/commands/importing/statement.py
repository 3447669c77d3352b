"""``payme import statement``."""

import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, TypeVar, TypeVarTuple
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from payme import identity, payment_configs, statements
from payme.app.advice import Advice
from payme.app.commands.importing.opening import with_books
from payme.app.settings import Settings
from payme.kit.db.transaction import Database, Scope, Tx
from payme.statement_files import FILE_BYTES_MAX, StatementFile, StatementUnreadable, read_statement
from payme.statements import Imported

REFUSED_SHOWN_MAX: Final = 20
CONFIGS_MAX: Final = 1_000
Result = TypeVar("Result")
Args = TypeVarTuple("Args")


def statement(
    file: Annotated[Path, typer.Argument(help="A statement of the M-PESA organisation portal, CSV or Excel.")],
    *,
    business: Annotated[UUID, typer.Option("--business", help="The id of the shop whose statement it is.")],
    shortcode: Annotated[
        str | None, typer.Option("--shortcode", help="The paybill or till, where the file does not say it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what the file holds and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Keep an M-PESA statement and hold it against the books; a second time, or one that overlaps, adds nothing twice.

    Exit 1 where statement and books differ. Example: payme import statement 600000.csv --business 019a… --dry-run
    """
    aside = Console(stderr=True)
    read = _read(file)

    async def work(database: Database) -> dict[str, object]:
        scope = Scope.system("import", business)

        async def run(command: Callable[[Tx, *Args], Awaitable[Result]], *args: *Args) -> Result:
            return await database.transact(scope, command, *args)

        await run(identity.get_business)
        if dry_run:
            known = await run(_known, read, shortcode)
            return _of_file(read) | {"new_lines": len(read.lines) - known, "known_lines": known}
        with _bar(aside, len(read.lines)) as advance:
            return _of_file(read) | _of_books(
                await statements.import_statement(run, read, file.name, shortcode, advance)
            )

    told = with_books(Settings.from_environ(os.environ), work)
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        _show(Console(), file.name, told, dry_run=dry_run)
    if told.get("differences"):
        raise typer.Exit(1)


def _read(file: Path) -> StatementFile:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise Advice(f"{file} is larger than {FILE_BYTES_MAX >> 20} MB. Export a shorter period.")
        return read_statement(file.read_bytes())
    except OSError as error:
        raise Advice(f"{file} cannot be read: {error.strerror}.") from error
    except StatementUnreadable as error:
        raise Advice(f"{file} cannot be read as an M-PESA statement: {error.why}. {error.advice}") from error


async def _known(tx: Tx, read: StatementFile, shortcode: str | None) -> int:
    configs = await payment_configs.list_configs(tx, None, CONFIGS_MAX)
    config = statements.config_of(configs, read.preamble.shortcode or shortcode)
    return await statements.count_known(tx, config.shortcode, read.lines)


@contextmanager
def _bar(aside: Console, total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=aside) as bar:
        task = bar.add_task("Lines", total=total)
        yield lambda lines: bar.advance(task, lines)


def _of_file(read: StatementFile) -> dict[str, object]:
    return {
        "form": read.form.value,
        "shortcode": read.preamble.shortcode,
        "rows": read.rows,
        "lines": len(read.lines),
        "not_completed": read.not_completed,
        "refused": read.refused_count,
        "refused_rows": [{"line": row.number, "reason": row.reason} for row in read.refused],
    }


def _of_books(done: Imported) -> dict[str, object]:
    imported, compared = done.imported, done.compared
    return {
        "import_id": str(imported.id),
        "shortcode": imported.shortcode,
        "covers_from": imported.covers_from.isoformat() if imported.covers_from else None,
        "covers_to": imported.covers_to.isoformat() if imported.covers_to else None,
        "new_lines": imported.new_lines,
        "known_lines": imported.known_lines,
        "differences": compared.open if compared else 0,
        "differences_found_now": compared.found if compared else 0,
        "differences_settled_now": compared.settled if compared else 0,
    }


def _show(console: Console, name: str, told: dict[str, object], *, dry_run: bool) -> None:
    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    would = "would be " if dry_run else ""
    say(f"{name}: {told['rows']:,} rows of {told['shortcode'] or 'a shortcode that the file does not name'}")
    say(
        f"{told['new_lines']:,} lines {would}new, {told['known_lines']:,} were known, "
        f"{told['not_completed']:,} moved nothing."
    )
    refused = told["refused_rows"]
    assert isinstance(refused, list)  # noqa: S101
    if refused:
        say(f"{told['refused']:,} rows were refused:")
    for row in refused[:REFUSED_SHOWN_MAX]:
        say(f"  line {row['line']}: {row['reason']}")
    if len(refused) > REFUSED_SHOWN_MAX:
        say(f"  … and {len(refused) - REFUSED_SHOWN_MAX:,} more; --json lists them.")
    if not dry_run:
        say(
            f"Statement and books differ in {told['differences']:,} places, "
            f"{told['differences_found_now']:,} of them new."
        )
