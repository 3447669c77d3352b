"""What issues take and show."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.http.fields import In, Out, Reason
from payme.issues.models import HistoryEntry, Issue, IssueFigures, SeverityFigures
from payme.issues.rules import find_kind
from payme.issues.types import NOTE_MAX, IssueState, Severity, Step

Resolution = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTE_MAX)]
_MEDIAN = "Seconds, the median; null where there is none."
_SLOW = "Seconds that nine of ten took at the most."


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


class NoteIn(In):
    """What was found out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "Asked the customer; she paid twice"}]})
    note: Resolution


class OwnerIn(In):
    """Who takes care of an issue."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": "019ac0de-0000-7000-8000-000000000021"}]})
    user_id: UUID | None = Field(description="An owner or manager of the shop; null is nobody.")


class SeverityIn(In):
    """How bad an issue is, and why it is not what its kind says."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"severity": "low", "reason": "a test payment of one shilling"}]}
    )
    severity: Severity
    reason: Reason


class IssueOut(Out):
    """An issue."""

    id: UUID
    kind: str = Field(description="What is wrong: `late_money`, `overpayment`, … or the id of a broken invariant.")
    sentence: str = Field(description="The same in a few words.")
    runbook: str | None = Field(description="The page that says what it means and what to do.")
    severity: Severity
    state: IssueState
    subject_id: UUID = Field(description="What it is about: a receipt of money, a payment, a sale, a callback …")
    facts: dict[str, Any]
    resolution: str
    owner_id: UUID | None = Field(description="The member who takes care of it.")
    times_seen: int = Field(description="How often it was seen while it stood open.")
    last_seen_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    closed_by: UUID | None = Field(description="null also where it closed by itself.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, issue: Issue) -> Self:
        """Show an issue."""
        kind = find_kind(issue.kind)
        shown = {name: getattr(issue, name) for name in cls.model_fields if name not in {"sentence", "runbook"}}
        return cls(
            sentence=kind.sentence if kind else issue.kind,
            runbook=f"docs/runbooks/{kind.runbook}.md" if kind else None,
            **shown,
        )


class HistoryEntryOut(Out):
    """One thing that was done with an issue."""

    id: UUID
    step: Step
    actor_id: UUID | None
    actor: str = Field(description="The role of the person, or the part of the system.")
    note: str
    before: str
    after: str
    created_at: datetime

    @classmethod
    def of(cls, entry: HistoryEntry) -> Self:
        """Show an entry."""
        return cls.model_validate(entry, from_attributes=True)


class SeverityFiguresOut(Out):
    """How issues of one severity fared."""

    severity: Severity
    opened: int
    acknowledged: int
    resolved: int
    accepted: int
    settled: int = Field(description="Of the resolved those that closed by themselves.")
    open_now: int
    acknowledge_s: float | None = Field(description=_MEDIAN)
    acknowledge_slow_s: float | None = Field(description=_SLOW)
    close_s: float | None = Field(description=_MEDIAN)
    close_slow_s: float | None = Field(description=_SLOW)

    @classmethod
    def of(cls, figures: SeverityFigures) -> Self:
        """Show figures."""
        return cls.model_validate(figures, from_attributes=True)


class IssueFiguresOut(Out):
    """How the issues of some days fared, the worst first."""

    since: datetime
    severities: list[SeverityFiguresOut]

    @classmethod
    def of(cls, figures: IssueFigures) -> Self:
        """Show figures."""
        return cls(since=figures.since, severities=[SeverityFiguresOut.of(one) for one in figures.severities])
