"""What write-offs take and show."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.http.fields import In, MoneyOut, Note, Out, Reason
from payme.write_offs.models import WriteOff
from payme.write_offs.types import WriteOffState

_SALE_ID = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"


class WriteOffIn(In):
    """Which debt shall be given up, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sale_id": _SALE_ID, "reason": "Moved away"}]})
    sale_id: UUID = Field(description="The sale that left the debt.")
    reason: Reason


class WriteOffNoteIn(In):
    """What whoever decides adds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "Nobody answers the phone"}]})
    note: Note = ""


class WriteOffOut(Out):
    """A write-off."""

    id: UUID
    sale_id: UUID
    amount: MoneyOut = Field(description="What is outstanding; once approved, what was given up.")
    reason: str
    state: WriteOffState
    requested_by: UUID
    decided_by: UUID | None
    note: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, write_off: WriteOff) -> Self:
        """Show a write-off."""
        return cls.model_validate(write_off, from_attributes=True)
