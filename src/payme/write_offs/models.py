"""Rows of write-offs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.write_offs.types import WriteOffState


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A wish to give up what is outstanding of a debt; once approved, ``amount`` is what was given up."""

    id: UUID
    sale_id: UUID
    amount: Decimal
    reason: str
    state: WriteOffState
    requested_by: UUID
    decided_by: UUID | None
    note: str
    created_at: datetime
    updated_at: datetime
