"""Facts of adjustments; the subject is the adjustment."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class AdjustmentRequested(Event):
    """Somebody asked that a difference between a statement and the books be put right."""

    difference_id: UUID
    fix: str
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class AdjustmentMoved(Event):
    """An adjustment was agreed to, rejected or withdrawn; ``amount`` is what it came to."""

    before: str
    after: str
    difference_id: UUID
    fix: str
    amount: Decimal
    note: str
