"""What stands in a statement file."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from payme.statement_files.types import Direction, Form, LineKind


@dataclass(frozen=True, slots=True)
class FileLine:
    """A completed movement. ``number`` is the line of the file, from 1; ``phone`` is masked, and may be missing.

    ``linked_receipt`` is, of a reversal, the receipt of the payment that went back.
    """

    number: int
    receipt: str
    direction: Direction
    kind: LineKind
    amount: Decimal
    completed_at: datetime
    by_prompt: bool
    details: str = field(repr=False)
    phone: str = field(repr=False)
    payer_name: str = field(repr=False)
    account_reference: str
    linked_receipt: str


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A row that could not be read, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Preamble:
    """What stands above the columns: whose statement it is, and for which time (the end not included)."""

    shortcode: str | None
    from_at: datetime | None
    to_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement that was read. ``refused`` tells the first of ``refused_count``."""

    form: Form
    digest: bytes
    preamble: Preamble
    lines: tuple[FileLine, ...]
    refused: tuple[RefusedLine, ...]
    refused_count: int
    not_completed: int
    rows: int
