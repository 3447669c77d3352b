"""Words of reports about statements."""

from enum import StrEnum
from typing import Final

PERIOD_MAX_DAYS: Final = 366


class Standing(StrEnum):
    """Why statement and books may hold other sums without a difference that anybody must put right."""

    ADJUSTED = "adjusted"
    """An adjusting entry says it."""
    CANCELLED = "cancelled"
    """It was reversed before anybody booked it."""
    BEFORE_BOOKS = "before_books"
    """It was paid before the shop collected with us."""
    TIMING = "timing"
    """Statement and books agree on it, and tell it on the two sides of the period's edge."""
    OTHER_TILL = "other_till"
    """It is in the books here and on the statement of another of the shop's numbers."""
    NOT_COVERED = "not_covered"
    """It is in the books, and no statement that covers its time was brought."""
