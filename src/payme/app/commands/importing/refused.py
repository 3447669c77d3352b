"""Rows that were refused, with the reason: for the screen and for a file."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from payme.app.commands.importing.tables import Row

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not imported; ``kind`` counts rows refused for the same thing."""

    row: Row
    reason: str
    kind: str


@dataclass(slots=True)
class Tally:
    """What became of what was read: ``known`` had been imported before."""

    imported: int = 0
    known: int = 0
    customers: int = 0
    """Customers that were added; ``customers_known`` had been customers before."""
    customers_known: int = 0
    refused: list[RefusedRow] = field(default_factory=list)

    def kinds(self) -> list[tuple[str, int]]:
        """Count the refused rows by kind, the most first."""
        return Counter(one.kind for one in self.refused).most_common()


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_refused(path: Path, header: Sequence[str], refused: Sequence[RefusedRow]) -> None:
    """Write every refused row with file, line and reason, so that it can be mended and imported again.

    Raises OSError.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([guarded(cell) for cell in ("file", "line", "reason", *header)])
        for one in refused:
            writer.writerow([guarded(cell) for cell in (one.row.file, str(one.row.line), one.reason, *one.row.cells)])
