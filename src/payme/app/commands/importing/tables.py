"""Read another system's file: its encoding, its delimiter, its header and its rows with their line numbers."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from payme.app.advice import Advice

FILE_BYTES_MAX = 256 * 1024 * 1024
ROWS_MAX = 1_000_000
_DELIMITERS = ",;\t|"


class FileUnusable(Advice):
    """The file cannot be read as a table; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in a file; ``line`` is the line it begins on, the first line is 1."""

    file: str
    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was read."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """Read a CSV file in UTF-8 (with or without a byte order mark) or Windows-1252.

    Raises FileUnusable where it is missing, empty, too large or not a table.
    """
    text, encoding = _decoded(path)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header: tuple[str, ...] = ()
    rows: list[Row] = []
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = tuple(cell.strip() for cell in cells)
                continue
            if len(rows) == ROWS_MAX:
                raise FileUnusable(f"{path} has more than {ROWS_MAX:,} rows. Split it into several files.")
            rows.append(Row(path.name, line, tuple(cells)))
    except csv.Error as error:
        raise FileUnusable(f"{path}, line {reader.line_num}: {error}. Export it again as CSV.") from error
    if not header:
        raise FileUnusable(f"{path} is empty. Its first row must name the columns.")
    return Table(path, encoding, delimiter, header, tuple(rows))


def _decoded(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise FileUnusable(f"{path} is larger than {FILE_BYTES_MAX >> 20} MB. Split it into several files.")
        data = path.read_bytes()
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {error.strerror}.") from error
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise FileUnusable(f"{path} is neither UTF-8 nor Windows-1252 text. Save it as CSV UTF-8.")


def _delimiter(text: str) -> str:
    """Choose the delimiter that gives the first line the most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter), [])))
