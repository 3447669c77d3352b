"""A document as PDF: A4, turned where its columns are too many, the header of a table on each of its pages.

The font is Source Sans (SIL Open Font License), which carries Latin with the accents of all who write it, Greek and
Cyrillic. A sign that it lacks (Arabic, Ethiopic, a smiling face) is printed as ``?``; text, CSV and XLSX have it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from math import ceil
from typing import Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from payme.documents.models import Column, Document, Row, Table
from payme.documents.rules import check_length, plain, share, shown
from payme.documents.types import PRINTED_ROWS_MAX, Kind

_FILES: Final = files("font_source_sans_pro") / "files"
_BODY: Final = TTFont("PayMe", str(_FILES / "SourceSansPro-Regular.ttf"))
_BOLD: Final = TTFont("PayMe-Bold", str(_FILES / "SourceSansPro-Bold.ttf"))
pdfmetrics.registerFont(_BODY)
pdfmetrics.registerFont(_BOLD)

# All lengths are points, a 72nd of an inch.
_SIZE: Final = 9
_TITLE_SIZE: Final = 14
_LINE: Final = 12
_TITLE_LINE: Final = 19
_MARGIN: Final = 42
_GAP: Final = 8
_TEXT_MIN: Final = 60
_CELL_LINES_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a line; ``x`` is its left edge, or its right one."""

    x: int
    text: str
    font: TTFont = _BODY
    size: int = _SIZE
    right: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """What is drawn from one side to the other; ``header`` stands again on top of the page it is pushed to."""

    parts: tuple[_Part, ...]
    height: int = _LINE
    ruled: bool = False
    header: "tuple[_Line, ...]" = ()


def render_pdf(document: Document) -> bytes:
    """Draw a document; raises DocumentTooLong."""
    check_length(document, PRINTED_ROWS_MAX)
    size = A4 if all(_columns(table, int(A4[0])) for table in document.tables) else landscape(A4)
    width, height = (int(length) for length in size)
    pages = list(_pages(_lines(document, width), height - 2 * _MARGIN))
    file = BytesIO()
    # Invariant: the same document is the same file, byte for byte, whenever it is drawn.
    canvas = Canvas(file, pagesize=(width, height), invariant=1, pageCompression=1)
    canvas.setTitle(_printed(document.title, _BODY))
    canvas.setAuthor(_printed(document.shop, _BODY))
    for number, page in enumerate(pages, start=1):
        _draw(canvas, page, width, height)
        canvas.setFont(_BODY.fontName, _SIZE)
        canvas.drawRightString(width - _MARGIN, _MARGIN // 2, f"{number} / {len(pages)}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _lines(document: Document, width: int) -> Iterator[_Line]:
    for text in _wrapped(document.title, _BOLD, _TITLE_SIZE, width - 2 * _MARGIN):
        yield _Line((_Part(_MARGIN, text, _BOLD, _TITLE_SIZE),), _TITLE_LINE)
    yield from _paragraph((document.shop, *document.lines), width)
    for table in document.tables:
        yield _Line(())
        if table.title:
            yield from _paragraph((table.title,), width, _BOLD)
        yield from _table(table, width)
    if document.notes:
        yield _Line(())
        yield from _paragraph(document.notes, width)


def _paragraph(texts: Sequence[str], width: int, font: TTFont = _BODY) -> Iterator[_Line]:
    for text in texts:
        for line in _wrapped(text, font, _SIZE, width - 2 * _MARGIN):
            yield _Line((_Part(_MARGIN, line, font),))


def _table(table: Table, width: int) -> Iterator[_Line]:
    widths = _columns(table, width) or _squeezed(table, width)
    titles = tuple(column.title for column in table.columns)
    header = tuple(_row(titles, table.columns, widths, _BOLD))
    yield from header
    for number, row in enumerate(table.rows):
        yield from _row(_texts(table, row), table.columns, widths, _BODY, header, ruled=not number)
    for number, row in enumerate(table.totals):
        yield from _row(_texts(table, row), table.columns, widths, _BOLD, header, ruled=not number)


def _row(
    texts: Sequence[str],
    columns: Sequence[Column],
    widths: Sequence[int],
    font: TTFont,
    header: tuple[_Line, ...] = (),
    *,
    ruled: bool = False,
) -> Iterator[_Line]:
    cells = [_wrapped(text, font, _SIZE, wide)[:_CELL_LINES_MAX] for text, wide in zip(texts, widths, strict=True)]
    for number in range(max(1, *(len(lines) for lines in cells))):
        parts = []
        left = _MARGIN
        for lines, column, wide in zip(cells, columns, widths, strict=True):
            right = column.kind is not Kind.TEXT
            if number < len(lines):
                parts.append(_Part(left + wide if right else left, lines[number], font, right=right))
            left += wide + _GAP
        yield _Line(tuple(parts), ruled=ruled and not number, header=header)


def _texts(table: Table, row: Row) -> tuple[str, ...]:
    return tuple(shown(cell, column.kind) for cell, column in zip(row, table.columns, strict=True))


def _columns(table: Table, width: int) -> list[int] | None:
    needs = [ceil(_BOLD.stringWidth(_printed(column.title, _BOLD), _SIZE)) for column in table.columns]
    for rows, font in ((table.rows, _BODY), (table.totals, _BOLD)):
        for row in rows:
            for place, text in enumerate(_texts(table, row)):
                needs[place] = max(needs[place], ceil(font.stringWidth(_printed(text, font), _SIZE)))
    return share(needs, table.columns, width - 2 * _MARGIN - _GAP * (len(needs) - 1), _TEXT_MIN)


def _squeezed(table: Table, width: int) -> list[int]:
    """Share the page evenly where even the long side is too short: then figures are wrapped too."""
    return [max((width - 2 * _MARGIN) // len(table.columns) - _GAP, _SIZE)] * len(table.columns)


def _pages(lines: Iterator[_Line], room: int) -> Iterator[list[_Line]]:
    page: list[_Line] = []
    left = room
    for line in lines:
        if line.height > left and page:
            yield page
            page, left = list(line.header), room - sum(above.height for above in line.header)
        page.append(line)
        left -= line.height
    yield page


def _draw(canvas: Canvas, page: Sequence[_Line], width: int, height: int) -> None:
    y = height - _MARGIN
    for line in page:
        if line.ruled:
            canvas.setLineWidth(1)
            canvas.line(_MARGIN, y - 2, width - _MARGIN, y - 2)
        y -= line.height
        for part in line.parts:
            canvas.setFont(part.font.fontName, part.size)
            (canvas.drawRightString if part.right else canvas.drawString)(part.x, y, part.text)


def _printed(text: str, font: TTFont) -> str:
    text = plain(text)
    if text.isascii():
        return text
    return "".join(sign if ord(sign) in font.face.charToGlyph else "?" for sign in text)


def _wrapped(text: str, font: TTFont, size: int, wide: int) -> list[str]:
    """Break a text where it does not fit, between words where that is possible."""
    lines: list[str] = []
    line = ""
    for word in _printed(text, font).split():
        longer = f"{line} {word}" if line else word
        if font.stringWidth(longer, size) <= wide:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while font.stringWidth(line, size) > wide and len(line) > 1:
            fits = _fitting(line, font, size, wide)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


def _fitting(word: str, font: TTFont, size: int, wide: int) -> int:
    fits = 1
    while fits < len(word) and font.stringWidth(word[: fits + 1], size) <= wide:
        fits += 1
    return fits
