"""What issues take and show."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.http.fields import In, Out
from payme.issues.models import Issue
from payme.issues.types import IssueState

Resolution = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ResolutionIn(In):
    """How an issue ends."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"outcome": "resolved", "resolution": "Sent KES 300 back to the customer by M-Pesa"}]
        }
    )
    outcome: Literal[IssueState.RESOLVED, IssueState.ACCEPTED] = Field(
        IssueState.RESOLVED, description="`resolved`: it was put right. `accepted`: it is lived with."
    )
    resolution: Resolution = Field(description="What was done, or why it is lived with.")


class IssueOut(Out):
    """An issue."""

    id: UUID
    kind: str = Field(description="What is wrong: `late_money`, `overpayment`, … or the id of a broken invariant.")
    state: IssueState
    subject_id: UUID = Field(description="What it is about: a receipt of money, a payment, a sale, a callback …")
    facts: dict[str, Any]
    resolution: str
    times_seen: int = Field(description="How often it was seen while it stood open.")
    last_seen_at: datetime
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, issue: Issue) -> Self:
        """Show an issue."""
        return cls.model_validate(issue, from_attributes=True)
