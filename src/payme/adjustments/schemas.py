"""What adjustments take and show."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.adjustments.models import Adjustment
from payme.adjustments.types import AdjustmentState
from payme.http.fields import In, MoneyOut, Note, Out, Reason
from payme.statements import Fix

_DIFFERENCE_ID = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"


class AdjustmentIn(In):
    """Which difference shall be put right, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"difference_id": _DIFFERENCE_ID, "reason": "The customer showed the message"}]}
    )
    difference_id: UUID = Field(description="What is done about it stands in the difference, as its fix.")
    reason: Reason


class AdjustmentNoteIn(In):
    """What whoever decides adds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "I saw it in the portal"}]})
    note: Note = ""


class AdjustmentOut(Out):
    """An adjustment."""

    id: UUID
    difference_id: UUID
    fix: Fix
    amount: MoneyOut = Field(
        description="What the statement has more than the books; once approved, what it came to: of fees, all of them."
    )
    reason: str
    state: AdjustmentState
    requested_by: UUID
    decided_by: UUID | None
    note: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, adjustment: Adjustment) -> Self:
        """Show an adjustment."""
        return cls.model_validate(adjustment, from_attributes=True)
