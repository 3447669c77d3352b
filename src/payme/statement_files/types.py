"""Words and limits of statement files."""

from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """In which form the portal gave the statement out."""

    CSV = "csv"
    XLSX = "xlsx"


class Direction(StrEnum):
    """Whether money came to the shortcode or left it."""

    IN = "in"
    OUT = "out"


class LineKind(StrEnum):
    """What a line is about."""

    PAYMENT = "payment"
    FEE = "fee"
    REVERSAL = "reversal"
    OTHER = "other"


class Column(StrEnum):
    """A column that is looked for by its title."""

    RECEIPT = "receipt"
    COMPLETED = "completed"
    DETAILS = "details"
    STATUS = "status"
    PAID_IN = "paid_in"
    WITHDRAWN = "withdrawn"
    REASON = "reason"
    PARTY = "party"
    LINKED = "linked"
    ACCOUNT = "account"


FILE_BYTES_MAX: Final = 32 * 1024 * 1024
ROWS_MAX: Final = 200_000
LINES_MAX: Final = 2 * ROWS_MAX
"""Of a text, with those that are empty or that a quoted cell goes over."""
UNPACKED_BYTES_MAX: Final = 256 * 1024 * 1024
"""Of a workbook, which is a zip: all its parts together, as its table of contents tells them."""
PARTS_MAX: Final = 500
ELEMENTS_MAX: Final = 10_000_000
"""XML elements of a workbook; 200,000 rows of the portal have 5,000,000."""
ROW_ELEMENTS_MAX: Final = 2_000
"""XML elements of one row or one shared text, which are held in memory together."""
OTHER_ELEMENTS_MAX: Final = 20_000
"""XML elements outside of rows and shared texts, which are all held in memory: styles, merged cells, properties."""
TAG_BYTES_MAX: Final = 1024 * 1024
"""How long one tag may be, with its attributes."""
COLUMNS_MAX: Final = 64
CELL_MAX: Final = 1_000
"""Characters of a cell; the portal's longest have about 150."""
EMPTY_ROWS_MAX: Final = 1_000
"""Rows without a word after which nothing more is looked for in a workbook."""
PREAMBLE_MAX: Final = 100
"""Rows above the titles of the columns."""
REFUSED_TOLD_MAX: Final = 1_000
"""Refused rows that are told one by one; all are counted."""
QUOTED_LINES_MAX: Final = 10
"""Lines that one quoted cell may go over before its quote is taken for a mistake."""
DETAILS_MAX: Final = 300
PHONE_MAX: Final = 100
NAME_MAX: Final = 120
REFERENCE_MAX: Final = 40
