"""What a replay reads and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

Value = Decimal | str
"""A figure, or a state."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one audit entry says."""

    sequence: int
    transaction_id: int
    action: str
    subject_id: UUID
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """A figure or a state that a table holds: of what, which part, how much."""

    subject_id: UUID
    part: str
    figure: Decimal | None
    state: str | None

    @property
    def value(self) -> Value:
        """Return whichever it is."""
        return self.figure if self.figure is not None else self.state or ""


@dataclass(frozen=True, slots=True)
class Difference:
    """The table holds one thing and the audit gives another."""

    book: str
    subject_id: UUID
    part: str
    held: str
    told: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the replay of one business came to."""

    business_id: UUID
    entries: int
    figures: int
    differences: tuple[Difference, ...]
