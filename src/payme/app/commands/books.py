"""``payme migrate`` and ``payme verify``: bring the database up to date, and ask whether the books agree."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from payme.app.assembly import assemble
from payme.app.ground import Ground, ground_of, prepare
from payme.app.settings import Settings
from payme.kit.db.transaction import Database
from payme.reconciliation import VerifyReport, verify_changes
from payme.reconciliation import verify as verify_books

Result = TypeVar("Result")
TELL_EVERY = 100
"""After how many businesses a verification says how far it is."""


@contextmanager
def opened_ground(settings: Settings) -> Iterator[Ground]:
    """Open the database for one command; one of our own that nobody runs is started, prepared and stopped again."""
    with ground_of(settings) as ground:
        if ground.embedded is not None and ground.embedded.owned:
            asyncio.run(prepare(ground))
        yield ground


def in_database(work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Let one command do its work in the database, and return what came of it."""
    settings = Settings.from_environ(os.environ)

    async def run(dsn: str) -> Result:
        async with assemble(settings, dsn) as assembly:
            return await work(assembly.database)

    with opened_ground(settings) as ground:
        return asyncio.run(run(ground.app_dsn))


def migrate() -> None:
    """Bring the database up to date; safe to run at any time, and from several machines at once.

    Example: PAYME_DATABASE_URL=postgresql://owner@db/payme payme migrate
    """
    settings = Settings.from_environ(os.environ)
    console = Console()
    with ground_of(settings) as ground:
        ran = asyncio.run(prepare(ground, on_progress=lambda name: console.print(name, highlight=False)))
    console.print(f"{len(ran)} migrations applied." if ran else "Nothing to do: the database is up to date.")


def verify(
    *,
    business: Annotated[
        list[UUID] | None, typer.Option(help="Only this business; may be given several times.", metavar="ID")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full/--changes", help="Ask everything, or only what changed since the last run.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask every invariant of the books; exit 1 and the rows found where one is broken.

    Example: payme verify --json
    """
    settings = Settings.from_environ(os.environ)
    with opened_ground(settings) as ground:
        report = asyncio.run(_verify(settings, ground, business or None, full=full))
    if as_json:
        typer.echo(json.dumps(report_facts(report), indent=2))
    else:
        _print_report(Console(), report)
    if not report.is_clean:
        raise typer.Exit(1)


async def _verify(settings: Settings, ground: Ground, business_ids: list[UUID] | None, *, full: bool) -> VerifyReport:
    console = Console(stderr=True)

    def tell(number: int) -> None:
        if number % TELL_EVERY == 0:
            console.print(f"{number} businesses …", highlight=False)

    async with assemble(settings, ground.app_dsn) as assembly:
        ask = verify_books if full else verify_changes
        return await ask(assembly.database, business_ids=business_ids, on_business=tell)


def report_facts(report: VerifyReport) -> dict[str, object]:
    """Return the report as JSON tells it."""
    return {
        "clean": report.is_clean,
        "businesses": report.businesses,
        "seconds": round(report.seconds, 3),
        "violations": [
            {
                "invariant": found.invariant,
                "business_id": str(found.business_id) if found.business_id else None,
                "subject": str(found.subject),
                "detail": found.detail,
            }
            for found in report.violations
        ],
        "checks": [
            {
                "invariant": check.invariant,
                "sentence": check.sentence,
                "violations": check.violations,
                "seconds": round(check.seconds, 4),
            }
            for check in report.checks
        ],
    }


def _print_report(console: Console, report: VerifyReport) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("", "Invariant", "What holds", "Found", "Time"):
        table.add_column(name, justify="right" if name in {"Found", "Time"} else "left")
    for check in report.checks:
        mark = "[red]✗[/]" if check.violations else "[green]✓[/]"
        table.add_row(
            mark, check.invariant, check.sentence, str(check.violations or ""), f"{check.seconds * 1000:.1f} ms"
        )
    console.print(table, highlight=False)
    for found in report.violations:
        console.print(
            f"{found.invariant}  business {found.business_id or '-'}  {found.subject}: {found.detail}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    verdict = "every book agrees" if report.is_clean else f"{len(report.violations)} rows break an invariant"
    console.print(
        f"{len(report.checks)} invariants, {report.businesses} businesses, {report.seconds:.2f} s: {verdict}.",
        highlight=False,
    )
