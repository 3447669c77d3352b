"""Facts of statements."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class StatementImported(Event):
    """A statement was brought and kept; the subject is the import."""

    shortcode: str
    file_sha256: str
    rows: int
    new_lines: int
    known_lines: int
    refused: int


@dataclass(frozen=True)
class StatementCompared(Event):
    """A statement was held against the books, and differences were found or are gone; the subject is the config."""

    shortcode: str
    open: int
    found: int
    settled: int


@dataclass(frozen=True)
class FeesBooked(Event):
    """What M-PESA took was booked, line by line; the subject is the adjustment."""

    shortcode: str
    lines: int
    amount: Decimal


@dataclass(frozen=True)
class EntryWritten(Event):
    """An adjusting entry was written; the subject is the adjustment."""

    difference_id: UUID
    receipt: str
    amount: Decimal
