"""A document as text, for screens and for the rolls of thermal printers."""

import textwrap
from collections.abc import Iterator, Sequence

from payme.documents.models import Column, Document, Row, Table
from payme.documents.rules import check_length, plain, share, shown
from payme.documents.types import PRINTED_ROWS_MAX, WIDTH_MAX, WIDTH_MIN, Kind

_GAP = 2
_TEXT_MIN = 10
"""A column of texts narrower than this is not read but spelled: then the rows are stacked."""


def render_text(document: Document, width: int) -> str:
    """Write a document ``width`` characters wide: no line is longer, nothing is left out.

    Where the columns do not fit side by side each row becomes a small list. Raises DocumentTooLong.
    """
    assert WIDTH_MIN <= width <= WIDTH_MAX, f"{width} characters"  # noqa: S101
    check_length(document, PRINTED_ROWS_MAX)
    lines = [line.center(width).rstrip() for text in (document.title, document.shop) for line in _wrap(text, width)]
    lines += [line for text in document.lines for line in _wrap(text, width)]
    for table in document.tables:
        lines.append("-" * width)
        if table.title:
            lines += [*_wrap(table.title, width), "-" * width]
        lines += _table(table, width)
    if document.notes:
        lines.append("-" * width)
        lines += [line for text in document.notes for line in _wrap(text, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _table(table: Table, width: int) -> Iterator[str]:
    widths = _widths(table, width)
    if widths is None:
        yield from _stacked(table, width)
        return
    yield from _beside(tuple(column.title for column in table.columns), table.columns, widths)
    yield "-" * width
    for row in table.rows:
        yield from _beside(_texts(table, row), table.columns, widths)
    if table.totals:
        yield "-" * width
    for row in table.totals:
        yield from _beside(_texts(table, row), table.columns, widths)


def _texts(table: Table, row: Row) -> tuple[str, ...]:
    return tuple(shown(cell, column.kind) for cell, column in zip(row, table.columns, strict=True))


def _widths(table: Table, width: int) -> list[int] | None:
    texts = [tuple(plain(column.title) for column in table.columns)]
    texts += [_texts(table, row) for row in (*table.rows, *table.totals)]
    needs = [max(1, *(len(row[place]) for row in texts)) for place in range(len(table.columns))]
    return share(needs, table.columns, width - _GAP * (len(needs) - 1), _TEXT_MIN)


def _beside(texts: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    cells = [_wrap(text, wide) or [""] for text, wide in zip(texts, widths, strict=True)]
    for number in range(max(len(lines) for lines in cells)):
        parts = [lines[number] if number < len(lines) else "" for lines in cells]
        yield (" " * _GAP).join(
            part.ljust(wide) if column.kind is Kind.TEXT else part.rjust(wide)
            for part, column, wide in zip(parts, columns, widths, strict=True)
        )


def _stacked(table: Table, width: int) -> Iterator[str]:
    for row in table.rows:
        yield from _listed(table, row, width, nameless=("-",))
    if table.totals:
        yield "-" * width
    for row in table.totals:
        yield from _listed(table, row, width, nameless=())


def _listed(table: Table, row: Row, width: int, *, nameless: Sequence[str]) -> Iterator[str]:
    first, *others = _texts(table, row)
    yield from _wrap(first, width) or nameless
    for column, text in zip(table.columns[1:], others, strict=True):
        label = f"  {plain(column.title)}"
        if not text:
            continue
        if len(label) + 1 + len(text) <= width:
            yield f"{label}{text.rjust(width - len(label))}"
            continue
        yield from _wrap(label, width)
        yield from (line.rjust(width) for line in _wrap(text, width - _GAP))


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(plain(text), width, break_on_hyphens=False)
