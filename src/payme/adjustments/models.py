"""Rows of adjustments."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.adjustments.types import AdjustmentState
from payme.statements import Fix


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A wish to put a difference right; once approved, ``amount`` is what it came to."""

    id: UUID
    difference_id: UUID
    fix: Fix
    amount: Decimal
    reason: str
    state: AdjustmentState
    requested_by: UUID
    decided_by: UUID | None
    note: str
    created_at: datetime
    updated_at: datetime
