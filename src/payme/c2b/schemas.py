"""What C2B takes and shows."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.c2b.models import Registration
from payme.c2b.types import RegistrationState
from payme.http.fields import In, Out


class RegistrationIn(In):
    """How money paid by hand is to be told of."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rejects_unknown_accounts": False}]})
    rejects_unknown_accounts: bool = Field(
        default=False,
        description="Whether a paybill turns away money whose account names no open sale; Safaricom must ask.",
    )


class RegistrationOut(Out):
    """Whether Safaricom tells of money paid by hand to a paybill or till."""

    payment_config_id: UUID
    shortcode: str
    state: RegistrationState = Field(description="`refused`: read `said`; in production addresses are taken once.")
    said: str = Field(description="What Safaricom answered where it did not take the addresses.")
    rejects_unknown_accounts: bool
    updated_at: datetime

    @classmethod
    def of(cls, registration: Registration) -> Self:
        """Show a registration."""
        return cls.model_validate(registration, from_attributes=True)
