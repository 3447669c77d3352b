"""What callbacks takes and shows."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.callbacks.models import Callback
from payme.callbacks.types import CallbackState
from payme.http.fields import In, Out, Reason


class RejectionIn(In):
    """Why a quarantined callback is to have no effect."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Not in the M-PESA statement: a forgery"}]})
    reason: Reason


class CallbackOut(Out):
    """One HTTP body that Daraja, or somebody, sent us."""

    id: UUID
    state: CallbackState
    reason: str = Field(description="Why it is where it is: `other_amount`, `receipt_reuse`, …")
    attempts: int = Field(description="How often it was tried.")
    payment_id: UUID | None
    address: str = Field(description="Where it came from.")
    outside: bool = Field(description="Whether that is none of the addresses that Safaricom is known to call from.")
    received_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, callback: Callback) -> Self:
        """Show a callback without what it says."""
        return cls.model_validate(callback, from_attributes=True)


class CallbackDetailOut(CallbackOut):
    """A callback and what it says, for whoever decides about it."""

    said: str = Field(description="Its body, as it came.")

    @classmethod
    def of(cls, callback: Callback) -> Self:
        """Show a callback whole."""
        shown = CallbackOut.of(callback).model_dump()
        return cls(**shown, said=callback.body.decode(errors="replace").replace("\0", " "))
