"""What alerts take and show."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.alerts.models import Alert, AlertSettings
from payme.alerts.types import AN_HOUR, AN_HOUR_MAX, PEOPLE_MAX, AlertState, AlertWord, Channel
from payme.http.fields import In, Out
from payme.issues import Severity

_Address = Annotated[str, StringConstraints(min_length=3, max_length=254)]
_Number = Annotated[str, StringConstraints(min_length=7, max_length=20)]
Addresses = Annotated[list[_Address], Field(max_length=PEOPLE_MAX)]
Numbers = Annotated[list[_Number], Field(max_length=PEOPLE_MAX)]


class AlertSettingsIn(In):
    """Who is told of issues, and of which."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"email_at_least": "medium", "emails": [], "sms_at_least": "critical", "phones": ["0712345678"]}
            ]
        }
    )
    email_at_least: Severity | None = Field(description="The least that is told by e-mail; null is nothing.")
    emails: Addresses = Field(default_factory=list, description="Without any the owners' own addresses.")
    sms_at_least: Severity | None = Field(None, description="The least that is told by SMS; null is nothing.")
    phones: Numbers = Field(default_factory=list)
    sms_at_night: bool = Field(default=False, description="Whether what is critical may ring between 20:00 and 08:00.")
    an_hour: Annotated[
        int,
        Field(ge=1, le=AN_HOUR_MAX, description="Alerts an hour by each way; more wait, and are told together."),
    ] = AN_HOUR

    def to_settings(self) -> AlertSettings:
        """Return what the service takes."""
        return AlertSettings(
            self.email_at_least, self.emails, self.sms_at_least, self.phones, self.sms_at_night, self.an_hour
        )


class AlertSettingsOut(Out):
    """Who is told of issues, and of which."""

    email_at_least: Severity | None
    emails: list[str]
    sms_at_least: Severity | None
    phones: list[str]
    sms_at_night: bool
    an_hour: int

    @classmethod
    def of(cls, settings: AlertSettings) -> Self:
        """Show settings."""
        return cls.model_validate(settings, from_attributes=True)


class AlertOut(Out):
    """What people were told, or are to be told."""

    id: UUID
    channel: Channel
    word: AlertWord = Field(description="`opened`, or `escalated`: nobody acknowledged it in its time.")
    kind: str
    severity: Severity
    state: AlertState = Field(description="`handed_over` alerts stand among the SMS, which say what became of them.")
    issues: int = Field(description="Of how many issues it tells.")
    tries: int
    due_at: datetime
    left_at: datetime | None
    ended_at: datetime | None
    note: str
    created_at: datetime

    @classmethod
    def of(cls, alert: Alert) -> Self:
        """Show an alert."""
        return cls.model_validate(alert, from_attributes=True)
