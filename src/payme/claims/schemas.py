"""What is said to be paid."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.http.fields import In

_SALE_ID = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"
Message = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=1000)]


class MessageIn(In):
    """The message that a customer, or the shop's own phone, shows."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sale_id": _SALE_ID,
                    "message": "UKM4JS31RB Confirmed. Ksh300.00 paid to DUKA MOJA. on 22/11/26 at 10:30 AM. "
                    "New M-PESA balance is Ksh1,200.00. Transaction cost, Ksh0.00.",
                }
            ]
        }
    )
    sale_id: UUID = Field(description="An open sale.")
    message: Message = Field(description="The whole text, in English or Swahili.")
