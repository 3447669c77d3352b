"""A document as a workbook of Excel (Office Open XML): a sheet for each table, cells that are figures, days or texts.

No cell is ever a formula: texts are written as texts, whatever they begin with.
"""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from payme.documents.models import Document, Row, Table
from payme.documents.rules import check_length, plain
from payme.documents.types import ROWS_MAX, Cell, Kind

CELL_MAX = 32_767
"""Characters of a cell, as UTF-16 counts them; more is cut, since Excel calls such a file broken."""
_SHEET_NAME_MAX = 31
_FORMATS = {
    Kind.TEXT: "@",
    Kind.MONEY: "#,##0.00",
    Kind.QUANTITY: "#,##0.###",
    Kind.INTEGER: "#,##0",
    Kind.DATE: "dd.mm.yyyy",
}
_COLUMN_WIDTHS = {Kind.TEXT: 28, Kind.MONEY: 15, Kind.QUANTITY: 12, Kind.INTEGER: 10, Kind.DATE: 12}
_EXCEL_BEGINS = date(1900, 3, 1)  # before, Excel counts a 29 February that never was
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def render_xlsx(document: Document) -> bytes:
    """Write a document as a workbook; raises DocumentTooLong."""
    check_length(document, ROWS_MAX)
    file = BytesIO()
    book = Workbook(file, _OPTIONS)
    book.set_properties({"title": _cut(document.title), "company": _cut(document.shop)})
    names: set[str] = set()
    for table in document.tables or (None,):
        sheet = _Sheet(book, _sheet_name(table.title if table and table.title else document.title, names))
        sheet.heading(document)
        if table is not None:
            sheet.table(table)
        sheet.notes(document)
    book.close()
    return file.getvalue()


class _Sheet:
    """One sheet, written from the top."""

    def __init__(self, book: Workbook, name: str) -> None:
        self._sheet = book.add_worksheet(name)
        self._bold = book.add_format({"bold": True})
        self._plain = book.add_format({})
        self._cells = {kind: book.add_format({"num_format": shape}) for kind, shape in _FORMATS.items()}
        self._totals = {
            kind: book.add_format({"num_format": shape, "bold": True, "top": 1}) for kind, shape in _FORMATS.items()
        }
        self._row = 0

    def heading(self, document: Document) -> None:
        for number, line in enumerate(document.heading()):
            self._text(0, line, self._plain if number else self._bold)
            self._row += 1
        self._row += 1

    def table(self, table: Table) -> None:
        if table.title:
            self._text(0, table.title, self._bold)
            self._row += 1
        for place, column in enumerate(table.columns):
            self._sheet.set_column(place, place, _COLUMN_WIDTHS[column.kind])
            self._text(place, column.title, self._bold)
        self._row += 1
        self._sheet.freeze_panes(self._row, 0)
        for row in table.rows:
            self._write(table, row, self._cells)
        for row in table.totals:
            self._write(table, row, self._totals)

    def notes(self, document: Document) -> None:
        for line in document.notes:
            self._row += 1
            self._text(0, line, self._plain)

    def _write(self, table: Table, row: Row, formats: dict[Kind, Any]) -> None:
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            self._cell(place, cell, formats[column.kind])
        self._row += 1

    def _cell(self, place: int, cell: Cell, shape: Any) -> None:  # noqa: ANN401  a format of the library
        match cell:
            case None:
                self._sheet.write_blank(self._row, place, None, shape)
            case str():
                self._text(place, cell, shape)
            case Decimal() | int():
                self._sheet.write_number(self._row, place, cell, shape)
            case date() if cell >= _EXCEL_BEGINS:
                self._sheet.write_datetime(self._row, place, cell, shape)
            case date():
                self._text(place, cell.isoformat(), shape)

    def _text(self, place: int, text: str, shape: Any) -> None:  # noqa: ANN401
        self._sheet.write_string(self._row, place, _cut(text), shape)


def _cut(text: str) -> str:
    return plain(text).encode("utf-16-le")[: CELL_MAX * 2].decode("utf-16-le", "ignore")


def _sheet_name(title: str, taken: set[str]) -> str:
    """Name a sheet as Excel allows: 31 characters, none that means something in a formula, each name once."""
    bare = re.sub(r"[^\w .()-]", " ", plain(title)).strip() or "Table"
    name, number = _short(bare, ""), 1
    while name.casefold() in taken or name.casefold() == "history":
        number += 1
        name = _short(bare, f" ({number})")
    taken.add(name.casefold())
    return name


def _short(name: str, ending: str) -> str:
    room = (_SHEET_NAME_MAX - len(ending)) * 2
    return name.encode("utf-16-le")[:room].decode("utf-16-le", "ignore").strip() + ending
