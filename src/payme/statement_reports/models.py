"""What a report about a statement tells."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from payme.statement_reports.types import Standing
from payme.statements import Finding, Span


@dataclass(frozen=True, slots=True)
class Sum:
    """So many movements, and what they come to."""

    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """What was added up of a period, statement and books each by itself.

    ``given_back`` are reversals on the statement, ``refunded`` those of them that the books have; ``fees`` what M-PESA
    took, ``fees_booked`` what of it is booked; ``others`` what else moved, below nothing where it left,
    ``others_booked`` what of it the books have: entries, expenses and refunds that name its receipts.
    """

    paid_in: Sum
    booked: Sum
    given_back: Sum
    refunded: Sum
    fees: Sum
    fees_booked: Sum
    others: Sum
    others_booked: Sum


@dataclass(frozen=True, slots=True)
class Part:
    """What of the statement's excess over the books, or of the books' over the statement, stands for one reason."""

    name: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A statement and the books of a period, and everything between them.

    ``rest`` is what nothing explains: the statement less the books less every part. It is 0.00, or a bug.
    """

    shop: str
    shortcode: str
    first_day: date
    last_day: date
    covered: tuple[Span, ...]
    sums: Sums
    parts: tuple[Part, ...]
    rest: Decimal
    differences: tuple[Finding, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing is left to put right."""
        return not self.differences and not self.rest


@dataclass(frozen=True, slots=True)
class Excess:
    """What a standing comes to on the side of lines or of money."""

    standing: Standing
    count: int
    amount: Decimal
