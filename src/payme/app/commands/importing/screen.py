"""What a person sees of an import."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid
from rich.text import Text

from payme.app.commands.importing.columns import Found
from payme.app.commands.importing.refused import RefusedRow, Tally
from payme.app.commands.importing.tables import Table

REFUSED_SHOWN_MAX = 20
ROWS_SHOWN = 5
_DELIMITER = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class Screen:
    """Results on the standard output, progress on the standard error."""

    def __init__(self, console: Console, aside: Console) -> None:
        """Write results to ``console`` and progress ``aside``."""
        self._console = console
        self._aside = aside

    def say(self, text: str) -> None:
        """Say one line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show_file(self, table: Table, found: Found) -> None:
        """Say how a file was understood."""
        kind = f"{table.encoding}, {_DELIMITER[table.delimiter]}"
        self.say(f"{table.path.name}: {len(table.rows):,} rows ({kind})")
        self.say("  columns: " + ", ".join(f"{name} = {header}" for name, header in found.described()))

    def show_rows(self, titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show the first things as they would be imported."""
        grid = Grid(title=f"The first {min(ROWS_SHOWN, len(rows))} of {len(rows):,}", title_justify="left")
        for title in titles:
            grid.add_column(title)
        for row in rows[:ROWS_SHOWN]:
            grid.add_row(*(Text(str(cell)) for cell in row))
        self._console.print(grid)

    def show_tally(self, tally: Tally, one: str, *, dry_run: bool) -> None:
        """Say what became of it, and list what was refused."""
        would = "would be " if dry_run else ""
        things = one if tally.imported == 1 else f"{one}s"
        self.say(f"{tally.imported:,} {things} {would}imported, {tally.known:,} had been imported before.")
        if tally.customers or tally.customers_known:
            added = "1 customer" if tally.customers == 1 else f"{tally.customers:,} customers"
            self.say(f"{added} {would}added, {tally.customers_known:,} had been customers before.")
        if not tally.refused:
            self.say("No row was refused.")
            return
        self.say(f"{len(tally.refused):,} rows {would}refused:")
        for kind, count in tally.kinds():
            self.say(f"  {count:,} {kind.replace('_', ' ')}")
        for row in tally.refused[:REFUSED_SHOWN_MAX]:
            self.say(f"  {_where(row)}: {row.reason}")
        if len(tally.refused) > REFUSED_SHOWN_MAX:
            rest = len(tally.refused) - REFUSED_SHOWN_MAX
            self.say(f"  … and {rest:,} more; --refused FILE.csv writes all of them.")

    @contextmanager
    def progress(self, doing: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar; the function given moves it on by one."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        with Progress(*columns, console=self._aside) as bar:
            task = bar.add_task(doing, total=total)
            yield lambda: bar.advance(task)


def _where(one: RefusedRow) -> str:
    return f"{one.row.file} line {one.row.line}"
