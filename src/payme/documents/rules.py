"""How cells are written, for people and for programs."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from payme.documents.errors import DocumentTooLong
from payme.documents.models import Column, Document
from payme.documents.types import Cell, Kind
from payme.kit.money import GRAM, ZERO, round_half_up
from payme.kit.texts import printable

_NAME_MAX = 100
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""What begins a formula in one spreadsheet or another, the wide forms of East Asia too."""


def plain(text: str) -> str:
    """Return a text that every form can carry: one line, composed letters, nothing that cannot be printed."""
    return printable(unicodedata.normalize("NFC", text))


def shown(cell: Cell, kind: Kind) -> str:
    """Write a cell for people: ``-1,234.50``, ``0.25``, ``31.12.2026``."""
    match cell:
        case None:
            return ""
        case str():
            return plain(cell)
        case Decimal() if kind is Kind.MONEY:
            return f"{_money(cell):,}"
        case Decimal():
            return f"{_bare(cell):,f}"
        case int():
            return f"{cell:,}"
        case _:
            return f"{cell:%d.%m.}{cell.year:04}"


def written(cell: Cell, kind: Kind) -> str:
    """Write a cell for programs: ``-1234.50``, ``0.25``, ``2026-12-31``; a text can never be taken for a formula."""
    match cell:
        case None:
            return ""
        case str():
            return guarded(plain(cell))
        case Decimal() if kind is Kind.MONEY:
            return f"{_money(cell)}"
        case Decimal():
            return f"{_bare(cell):f}"
        case int():
            return f"{cell}"
        case _:
            return cell.isoformat()


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula, also behind spaces."""
    return f"'{text}" if text.lstrip()[:1] in _FORMULA and text.strip() else text


def file_name(document: Document, ending: str) -> str:
    """Name a file so that every system takes the name: small letters, digits and hyphens."""
    folded = unicodedata.normalize("NFKD", document.name).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", folded)[:_NAME_MAX].strip("-")
    return f"{name or 'document'}.{ending}"


def check_length(document: Document, rows_max: int) -> None:
    """Refuse what has more rows than its form carries; raises DocumentTooLong."""
    if document.rows > rows_max:
        raise DocumentTooLong(rows=document.rows, rows_max=rows_max)


def share(needs: Sequence[int], columns: Sequence[Column], room: int, least: int) -> list[int] | None:
    """Share the width of a line: figures get what they need, texts what is left, the short ones first.

    None where a text would get less than ``least`` and needs more: the columns do not fit side by side.
    """
    widths = list(needs)
    texts = sorted((place for place, column in enumerate(columns) if column.kind is Kind.TEXT), key=needs.__getitem__)
    left = room - sum(need for need, column in zip(needs, columns, strict=True) if column.kind is not Kind.TEXT)
    for number, place in enumerate(texts):
        widths[place] = min(needs[place], left // (len(texts) - number))
        if widths[place] < min(needs[place], least):
            return None
        left -= widths[place]
    return widths if left >= 0 else None


def _money(amount: Decimal) -> Decimal:
    return round_half_up(amount) + ZERO  # so that nothing is never less than nothing


def _bare(quantity: Decimal) -> Decimal:
    whole = quantity.quantize(GRAM)
    return whole.normalize() if whole else abs(whole.normalize())
