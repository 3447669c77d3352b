"""What a replay reads and what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from payme.issues import NewIssue
from payme.seals import Verdict

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
class Standing:
    """An open issue of the audit; ``seal`` is the number of the seal, or of the anchor, that it is about."""

    kind: str
    subject_id: UUID
    seal: int | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the audit of a business was found to be by night, and by which anchors."""

    began_at: datetime
    found: Sequence[NewIssue]
    verdict: Verdict
    anchored: frozenset[int]
    is_replayed: bool
    """Whether the books were compared to the end."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the replay of one business came to."""

    business_id: UUID
    entries: int
    figures: int
    differences: tuple[Difference, ...]
