"""What SMS shows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, PlainSerializer

from payme.http.fields import Out, PhoneOut
from payme.sms.models import SmsCost, SmsCosts, SmsMessage
from payme.sms.types import NO_COST, Language, SmsPurpose, SmsState

CostOut = Annotated[
    Decimal,
    PlainSerializer(lambda cost: f"{cost:.4f}", return_type=str, when_used="json"),
    Field(examples=["0.8000"], description="KES, four places, as a string."),
]


class QueuedSmsOut(Out):
    """A message that is to be sent."""

    id: UUID
    purpose: SmsPurpose
    language: Language
    state: SmsState
    segments: int = Field(description="How many short messages the text takes.")
    due_at: datetime = Field(description="When it leaves, at the earliest.")

    @classmethod
    def of(cls, message: SmsMessage) -> Self:
        """Show a message without whom it goes to."""
        return cls.model_validate(message, from_attributes=True)


class SmsOut(QueuedSmsOut):
    """A message."""

    customer_id: UUID | None
    sale_id: UUID | None
    phone: PhoneOut | None = Field(description="null where the person was erased.")
    text: str | None = Field(description="null where the person was erased; a secret address stands as ….")
    tries: int
    taken_at: datetime | None = Field(description="When it was handed over, or the provider was last tried.")
    ended_at: datetime | None
    provider: str
    provider_id: str
    cost: CostOut
    cost_is_estimated: bool = Field(description="Whether the provider did not say what it cost.")
    code: str = Field(description="Why it failed, was withdrawn, or waits.")
    note: str
    created_at: datetime


class HeldSmsOut(Out):
    """A message, as it is handed to whom it went to: with the whole number."""

    purpose: SmsPurpose
    phone: str | None
    text: str | None
    state: SmsState
    taken_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, message: SmsMessage) -> Self:
        """Show a message."""
        return cls.model_validate(message, from_attributes=True)


class SmsCostOut(Out):
    """What the messages of one purpose cost."""

    purpose: SmsPurpose
    messages: int
    segments: int
    cost: CostOut
    estimated: CostOut = Field(description="How much of the cost nobody said, and is counted by segments.")

    @classmethod
    def of(cls, cost: SmsCost) -> Self:
        """Show a cost."""
        return cls.model_validate(cost, from_attributes=True)


class SmsCostsOut(Out):
    """What messages cost in a period."""

    from_day: date
    to_day: date
    purposes: list[SmsCostOut]
    messages: int
    cost: CostOut

    @classmethod
    def of(cls, costs: SmsCosts) -> Self:
        """Show costs with their sum."""
        return cls(
            from_day=costs.period.from_day,
            to_day=costs.period.to_day,
            purposes=[SmsCostOut.of(cost) for cost in costs.purposes],
            messages=sum(cost.messages for cost in costs.purposes),
            cost=sum((cost.cost for cost in costs.purposes), NO_COST),
        )
