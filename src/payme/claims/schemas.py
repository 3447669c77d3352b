"""What is said to be paid, and what money is for."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.claims.models import Claimed, DebtMove
from payme.http.fields import In, Money, MoneyOut, Out, Reason
from payme.sales import SaleState

_SALE_ID = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"
_CUSTOMER_ID = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f61"
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


class ClaimIn(In):
    """What money that waits is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sale_id": _SALE_ID}]})
    sale_id: UUID = Field(description="An open sale.")


class DebtClaimIn(In):
    """Whose debts money that waits is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"customer_id": _CUSTOMER_ID}]})
    customer_id: UUID
    sale_id: UUID | None = Field(None, description="The sale whose debt is paid first; else what is due first.")


class DebtMoveIn(In):
    """Whose debts money that no sale needs shall pay."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"customer_id": _CUSTOMER_ID, "amount": "150.00", "reason": "She paid her debt"}]
        }
    )
    customer_id: UUID
    sale_id: UUID | None = Field(None, description="The sale whose debt is paid first; else what is due first.")
    amount: Annotated[Money, Field(gt=0)]
    reason: Reason

    def to_move(self) -> DebtMove:
        """Return what is asked for."""
        return DebtMove(self.customer_id, self.sale_id, self.amount, self.reason)


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
