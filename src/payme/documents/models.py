"""A document: what is to be read, without a word of how it is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain

from payme.documents.types import CELLS, Cell, Kind

Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what stands above it, and what it holds."""

    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. ``totals`` are rows of the same columns that stand below, and are no data of their own."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        """Hold every row against the columns: a wrong one is a mistake of whoever made the table."""
        assert self.columns, "a table has columns"  # noqa: S101
        for row in chain(self.rows, self.totals):
            assert len(row) == len(self.columns), f"a row of {len(row)} under {len(self.columns)} columns"  # noqa: S101
            for cell, column in zip(row, self.columns, strict=True):
                assert _fits(cell, column.kind), f"{cell!r} under {column.title}, which is {column.kind}"  # noqa: S101


@dataclass(frozen=True, slots=True)
class Document:
    """A receipt, report or statement, ready for any form.

    ``name`` becomes the name of the file. ``lines`` stand between the shop and the tables (the period, who asked, what
    a counter showed), ``notes`` below them.
    """

    name: str
    title: str
    shop: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows all tables have."""
        return sum(len(table.rows) + len(table.totals) for table in self.tables)

    def heading(self) -> Iterator[str]:
        """Return what stands above the tables."""
        return chain((self.title, self.shop), self.lines)


def _fits(cell: Cell, kind: Kind) -> bool:
    if cell is None:
        return True
    # bool is an int and an instant is a date only to Python.
    if not isinstance(cell, CELLS[kind]) or isinstance(cell, bool | datetime):
        return False
    return not isinstance(cell, Decimal) or cell.is_finite()
