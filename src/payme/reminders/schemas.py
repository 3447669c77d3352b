"""What reminders take and show."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.http.fields import In, MoneyOut, Out, PhoneOut
from payme.reminders.models import Preview, Reminder, ReminderSettings, Round
from payme.reminders.types import DUE_SOON_DAYS_MAX
from payme.sms import CostOut, Language, SmsPreference, SmsPurpose


class ReminderSettingsIn(In):
    """Whether and how customers are reminded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True, "due_soon_days": 2, "language": "sw"}]})
    enabled: bool
    due_soon_days: Annotated[
        int, Field(ge=0, le=DUE_SOON_DAYS_MAX, description="How many days before its day; 0 is only when overdue.")
    ]
    language: Language = Field(description="For customers who chose none; receipts by SMS follow it, too.")

    def to_settings(self) -> ReminderSettings:
        """Return what the service takes."""
        return ReminderSettings(self.enabled, self.due_soon_days, self.language)


class ReminderSettingsOut(Out):
    """Whether and how customers are reminded."""

    enabled: bool
    due_soon_days: int
    language: Language

    @classmethod
    def of(cls, settings: ReminderSettings) -> Self:
        """Show settings."""
        return cls.model_validate(settings, from_attributes=True)


class ReminderOut(Out):
    """What one customer would be told."""

    customer_id: UUID
    name: str
    phone: PhoneOut
    purpose: SmsPurpose
    language: Language
    amount: MoneyOut
    day: date = Field(description="The first day that something of the amount was, or is, due.")
    text: str
    segments: int

    @classmethod
    def of(cls, reminder: Reminder) -> Self:
        """Show a reminder."""
        return cls.model_validate(reminder, from_attributes=True)


class SkippedOut(Out):
    """How many who owe are not reminded."""

    no_phone: int
    opted_out: int
    reminded_lately: int = Field(description="Within seven days.")


class PreviewOut(Out):
    """What would be sent now."""

    reminders: list[ReminderOut]
    skipped: SkippedOut
    estimated_cost: CostOut
    is_whole: bool = Field(description="false where more than 200 customers owe and only the first were looked at.")

    @classmethod
    def of(cls, preview: Preview) -> Self:
        """Show a preview."""
        return cls(
            reminders=[ReminderOut.of(reminder) for reminder in preview.plan.reminders],
            skipped=SkippedOut.model_validate(preview.plan.skipped, from_attributes=True),
            estimated_cost=preview.cost,
            is_whole=preview.is_whole,
        )


class RemindedOut(Out):
    """What was written; it leaves at once by day, at eight in the morning by night."""

    queued: int
    skipped: SkippedOut

    @classmethod
    def of(cls, done: Round) -> Self:
        """Show what was done."""
        return cls(queued=done.queued, skipped=SkippedOut.model_validate(done.skipped, from_attributes=True))


class SmsPreferenceIn(In):
    """What a customer wants."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reminders": False, "language": "sw"}]})
    reminders: bool = Field(description="Whether the customer may be reminded of what is due.")
    language: Language | None = Field(None, description="null is the shop's.")


class SmsPreferenceOut(Out):
    """What a customer wants."""

    customer_id: UUID
    reminders: bool
    opted_out_at: datetime | None
    language: Language | None

    @classmethod
    def of(cls, wish: SmsPreference) -> Self:
        """Show what a customer wants."""
        return cls(
            customer_id=wish.customer_id,
            reminders=wish.opted_out_at is None,
            opted_out_at=wish.opted_out_at,
            language=wish.language,
        )
