"""Words of documents."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

ROWS_MAX: Final = 20_000
"""Rows of one document, over all its tables: what still fits a spreadsheet, a minute and a hand."""
PRINTED_ROWS_MAX: Final = 2_000
"""Rows of a document on paper (PDF and text): some forty pages."""
WIDTH_MIN: Final = 24
WIDTH_MAX: Final = 200
ROLL: Final = 32
"""Characters of a 58 mm roll."""
PAGE: Final = 80
"""Characters of a page and of most screens."""

Cell = str | int | Decimal | date | None
"""What stands in one place of a table; None is an empty place."""


class Kind(StrEnum):
    """What a column holds, and so how it is written and on which side."""

    TEXT = "text"
    MONEY = "money"  # KES, two places
    QUANTITY = "quantity"  # up to three places
    INTEGER = "integer"
    DATE = "date"


class Format(StrEnum):
    """In which form an answer is wanted."""

    JSON = "json"
    TEXT = "text"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


CELLS: Final[dict[Kind, type]] = {
    Kind.TEXT: str,
    Kind.MONEY: Decimal,
    Kind.QUANTITY: Decimal,
    Kind.INTEGER: int,
    Kind.DATE: date,
}
"""What a cell of a kind is in Python."""
