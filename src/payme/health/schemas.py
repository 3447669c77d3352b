"""What health shows."""

from datetime import datetime
from decimal import Decimal
from typing import Self

from pydantic import Field

from payme.health.models import Health, Part
from payme.health.types import PartName
from payme.http.fields import Out


class PartOut(Out):
    """One part of a health."""

    name: PartName
    weight: int = Field(description="How many points it can have.")
    points: Decimal = Field(description="How many it has, one place.", examples=["30.0"])
    figure: str = Field(description="What was counted: a number, an amount in KES, or days.", examples=["0"])
    reason: str

    @classmethod
    def of(cls, part: Part) -> Self:
        """Show a part."""
        return cls.model_validate(part, from_attributes=True)


class HealthOut(Out):
    """How a business does."""

    score: int = Field(ge=0, le=100, description="0 is ill, 100 is well.")
    capped: bool = Field(description="Whether an open critical issue keeps it at 60.")
    at: datetime
    parts: list[PartOut]

    @classmethod
    def of(cls, health: Health) -> Self:
        """Show a health."""
        return cls(
            score=health.score, capped=health.capped, at=health.at, parts=[PartOut.of(part) for part in health.parts]
        )
