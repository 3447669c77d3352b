"""A document as CSV (RFC 4180): its tables, for programs and spreadsheets.

UTF-8 with a byte order mark, because without one Excel reads the names of people as another alphabet; programs read it
with ``utf-8-sig``. Lines end in CR LF. Figures have no thousands separators and days are ISO 8601. What stands above
and below the tables, and totals, are left out: they can be added up, and a program would take them for rows. Several
tables follow each other behind an empty line, each under its title.

A text that a spreadsheet would take for a formula begins with an apostrophe; a figure below zero stays a figure.
"""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Protocol

from payme.documents.models import Document, Table
from payme.documents.rules import check_length, guarded, plain, written
from payme.documents.types import ROWS_MAX

ENCODING = "utf-8-sig"


class _Writer(Protocol):
    def writerow(self, row: Iterable[str], /) -> object: ...

    def writerows(self, rows: Iterable[Iterable[str]], /) -> object: ...


def render_csv(document: Document) -> bytes:
    """Write the tables of a document; raises DocumentTooLong."""
    check_length(document, ROWS_MAX)
    text = StringIO(newline="")
    sheet = csv.writer(text)
    for number, table in enumerate(document.tables):
        if number:
            sheet.writerow(())
        if len(document.tables) > 1:
            sheet.writerow((guarded(plain(table.title)),))
        _write(sheet, table, headed=True)
    return text.getvalue().encode(ENCODING)


def render_csv_part(part: Table, *, first: bool) -> bytes:
    """Write some rows of a table that is longer than any document: the parts, the first headed, join into a file."""
    text = StringIO(newline="")
    _write(csv.writer(text), part, headed=first)
    return text.getvalue().encode(ENCODING if first else "utf-8")


def _write(sheet: "_Writer", table: Table, *, headed: bool) -> None:
    if headed:
        sheet.writerow(guarded(plain(column.title)) for column in table.columns)
    sheet.writerows(
        [written(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows
    )
