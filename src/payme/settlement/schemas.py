"""What settlement takes and shows."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.http.fields import In, MoneyOut, Out
from payme.sales import SaleState
from payme.settlement.models import Claimed

_SALE_ID = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"


class ClaimIn(In):
    """What money that waits is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sale_id": _SALE_ID}]})
    sale_id: UUID = Field(description="An open sale.")


class ClaimedOut(Out):
    """Money that was claimed for a sale."""

    money_in_id: UUID
    sale_id: UUID
    amount: MoneyOut = Field(description="What was claimed.")
    applied: MoneyOut = Field(description="What the sale took of it; the rest is an overpayment.")
    sale_state: SaleState

    @classmethod
    def of(cls, claimed: Claimed) -> Self:
        """Show what was claimed."""
        return cls.model_validate(claimed, from_attributes=True)
