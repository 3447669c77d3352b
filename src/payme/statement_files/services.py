"""From the bytes of a statement to its lines. Works beside the event loop: 100,000 lines take some seconds."""

import csv
import hashlib
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import IO, Final
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from payme.statement_files import rules
from payme.statement_files.errors import StatementUnreadable
from payme.statement_files.models import FileLine, Preamble, RefusedLine, StatementFile
from payme.statement_files.types import (
    COLUMNS_MAX,
    ELEMENTS_MAX,
    EMPTY_ROWS_MAX,
    FILE_BYTES_MAX,
    LINES_MAX,
    OTHER_ELEMENTS_MAX,
    PARTS_MAX,
    PREAMBLE_MAX,
    QUOTED_LINES_MAX,
    REFUSED_TOLD_MAX,
    ROW_ELEMENTS_MAX,
    ROWS_MAX,
    TAG_BYTES_MAX,
    UNPACKED_BYTES_MAX,
    Column,
    Form,
)

Row = tuple[int, Sequence[str]]
"""The number of a line, from 1, and its cells."""
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_LINE: Final = re.compile(r"\r\n|\r|\n")
_DELIMITERS: Final = ",;\t|"
_CHUNK: Final = 64 * 1024
_ROWS: Final = {"worksheet": "row", "sst": "si"}
"""What the library reads one at a time: rows of a sheet, texts that cells share; by the root of their part."""
_MICRO: Final = Decimal("0.000001")
_BROKEN_WORKBOOK: Final = (
    BadZipFile,
    zlib.error,
    SyntaxError,  # of XML
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,  # encrypted
    EOFError,
    OSError,
)
"""What the library raises where a workbook is not what it says; it has no error of its own for that."""


def read_statement(data: bytes) -> StatementFile:
    """Read a statement, CSV or XLSX, whichever it is; rows that cannot be read are listed and stop no other.

    Raises StatementUnreadable where it is too large, is neither, or has no row of titles.
    """
    if len(data) > FILE_BYTES_MAX:
        raise StatementUnreadable(f"it has more than {FILE_BYTES_MAX >> 20} MB")
    if data.startswith(_OLD_EXCEL):
        raise StatementUnreadable("it is a workbook of old Excel (.xls), or one with a password")
    form = Form.XLSX if data.startswith(_ZIP) else Form.CSV
    read = _Reading()
    read.take(_workbook_rows(data) if form is Form.XLSX else _text_rows(_decoded(data), read))
    return read.finished(form, hashlib.sha256(data).digest())


class _Reading:
    """What was read so far."""

    def __init__(self) -> None:
        self._above: list[Sequence[str]] = []
        self._places: Mapping[Column, int] | None = None
        self._lines: list[FileLine] = []
        self._refused: list[RefusedLine] = []
        self._refused_count = 0
        self._not_completed = 0
        self._rows = 0

    def take(self, rows: Iterable[Row]) -> None:
        """Take rows from the first on; raises StatementUnreadable."""
        for number, cells in rows:
            if self._places is not None:
                self._row(number, cells, self._places)
                continue
            self._places = rules.columns_of(cells)
            if self._places is None:
                self._above.append(cells[:COLUMNS_MAX])
                if len(self._above) > PREAMBLE_MAX:
                    break

    def refuse(self, number: int, reason: str) -> None:
        """List a row that cannot be read."""
        self._refused_count += 1
        if len(self._refused) < REFUSED_TOLD_MAX:
            self._refused.append(RefusedLine(number, reason))

    def _row(self, number: int, cells: Sequence[str], places: Mapping[Column, int]) -> None:
        if rules.is_no_movement(cells, places):
            return
        self._rows += 1
        if self._rows > ROWS_MAX:
            raise _too_many_rows()
        try:
            line = rules.line_of(number, cells, places)
        except rules.Unclear as unclear:
            self.refuse(number, str(unclear))
            return
        if line is None:
            self._not_completed += 1
        else:
            self._lines.append(line)

    def finished(self, form: Form, digest: bytes) -> StatementFile:
        """Return what was read; raises StatementUnreadable where no titles were found."""
        if self._places is None:
            raise StatementUnreadable('it has no row of titles with "Receipt No.", "Completion Time" and "Paid In"')
        return StatementFile(
            form=form,
            digest=digest,
            preamble=rules.preamble_of(self._above) if self._above else Preamble(None, None, None),
            lines=tuple(self._lines),
            refused=tuple(self._refused),
            refused_count=self._refused_count,
            not_completed=self._not_completed,
            rows=self._rows,
        )


def _too_many_rows() -> StatementUnreadable:
    return StatementUnreadable(f"it has more than {ROWS_MAX:,} rows; export a shorter period")


# CSV


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StatementUnreadable("its letters are neither UTF-8 nor Windows-1252")


def _text_rows(text: str, read: _Reading) -> Iterator[Row]:
    """Split a text into rows; a quote that is never closed costs its own line and no other."""
    lines = _LINE.split(text, LINES_MAX)
    if len(lines) > LINES_MAX:
        raise _too_many_rows()
    delimiter = _delimiter(lines)
    place = 0
    while place < len(lines):
        joined, end = lines[place], place + 1
        while joined.count('"') % 2 and end < min(place + QUOTED_LINES_MAX, len(lines)):
            joined += "\n" + lines[end]
            end += 1
        number, place = place + 1, end
        if joined.count('"') % 2:
            place = number
            read.refuse(number, "a quote is never closed")
            continue
        try:
            yield number, next(csv.reader(_LINE.split(joined.rstrip("\n")), delimiter=delimiter), ())
        except csv.Error as error:
            read.refuse(number, str(error))


def _delimiter(lines: Sequence[str]) -> str:
    """Choose the delimiter that makes titles of one of the first lines."""
    for line in lines[:PREAMBLE_MAX]:
        for delimiter in _DELIMITERS:
            if rules.columns_of([cell.strip(' "') for cell in line.split(delimiter)]) is not None:
                return delimiter
    return _DELIMITERS[0]


# XLSX


def _workbook_rows(data: bytes) -> Iterator[Row]:
    """Give the rows of a workbook's first sheet that has any; raises StatementUnreadable."""
    try:
        _check_parts(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles, which nobody looks at
            book = load_workbook(BytesIO(data), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            rows = sheet.iter_rows(max_col=COLUMNS_MAX, values_only=True)
            empty = 0
            for number, cells in enumerate(rows, start=1):
                empty = 0 if any(cell is not None for cell in cells) else empty + 1
                if empty > EMPTY_ROWS_MAX:
                    break
                yield number, [_text(cell) for cell in cells]
    except _BROKEN_WORKBOOK as error:
        raise StatementUnreadable(f"the workbook is broken ({type(error).__name__})") from error


def _check_parts(data: bytes) -> None:
    """Refuse a workbook that would unpack to more than any statement has, or to something that eats memory.

    The library holds a row, and all that is outside of rows, as a tree, a hundred times as large as its bytes in the
    zip: without this 300 KB could take all of a server.
    """
    with ZipFile(BytesIO(data)) as packed:
        parts = packed.infolist()
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
            raise StatementUnreadable("the workbook would unpack to more than a statement has")
        seen = _Elements()
        for part in parts:
            with packed.open(part) as file:
                seen.read(file)


class _Elements:
    """Counts the elements of a workbook's parts; raises StatementUnreadable where no statement has so many."""

    def __init__(self) -> None:
        self._all = self._others = self._in_row = self._depth = 0
        self._row: str | None = None
        self._row_depth: int | None = None

    def read(self, part: IO[bytes]) -> None:
        """Count those of a part, up to where it is no XML any more; the library reads no further either."""
        self._depth, self._row_depth = 0, None
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        fed = 0
        with suppress(expat.ExpatError):
            while chunk := part.read(_CHUNK):
                parser.Parse(chunk)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > TAG_BYTES_MAX:
                    raise _too_much()

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        name = name.rpartition(":")[2]
        self._depth += 1
        self._all += 1
        if self._depth == 1:
            self._row = _ROWS.get(name)
        if self._row_depth is not None:
            self._in_row += 1
        elif name == self._row:
            self._row_depth, self._in_row = self._depth, 1
        else:
            self._others += 1
        if self._all > ELEMENTS_MAX or self._in_row > ROW_ELEMENTS_MAX or self._others > OTHER_ELEMENTS_MAX:
            raise _too_much()

    def _end(self, _: str) -> None:
        if self._depth == self._row_depth:
            self._row_depth = None
        self._depth -= 1

    def _doctype(self, *_: object) -> None:
        raise _too_much()


def _too_much() -> StatementUnreadable:
    return StatementUnreadable("the workbook holds more than a statement has")


def _text(cell: object) -> str:
    """Write a cell as the CSV has it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, float):  # a spreadsheet keeps money as binary fractions
        return f"{Decimal(repr(cell)).quantize(_MICRO):f}"
    return str(cell)
