"""What refunds take and show."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.http.fields import In, Money, MoneyOut, Note, Out, Reason
from payme.refunds.models import MoneyMove, Moved, Payout, Refund, RefundDraft
from payme.refunds.types import Method, RefundState
from payme.sales import SaleState

_ID = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"
MoneyAbove0 = Annotated[Money, Field(gt=0)]
Receipt = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9]{6,20}$")]


class MoneyMoveIn(In):
    """Where money that no sale needs shall go."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sale_id": _ID, "amount": "150.00", "reason": "She paid for this one too"}]}
    )
    sale_id: UUID = Field(description="An open sale.")
    amount: MoneyAbove0
    reason: Reason

    def to_move(self) -> MoneyMove:
        """Return what is asked for."""
        return MoneyMove(self.sale_id, self.amount, self.reason)


class MovedOut(Out):
    """What a move of money did."""

    money_in_id: UUID
    sale_id: UUID
    amount: MoneyOut
    left: MoneyOut = Field(description="What of the receipt is still unallocated or overpaid.")
    sale_state: SaleState

    @classmethod
    def of(cls, moved: Moved) -> Self:
        """Show a move."""
        return cls.model_validate(moved, from_attributes=True)


class RefundIn(In):
    """Money that a customer shall have back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"money_in_id": _ID, "amount": "50.00", "reason": "Paid twice"}]}
    )
    money_in_id: UUID = Field(description="The receipt of money that it comes from.")
    amount: MoneyAbove0
    reason: Reason

    def to_draft(self) -> RefundDraft:
        """Return what is asked for."""
        return RefundDraft(self.money_in_id, self.amount, self.reason)


class ApprovalIn(In):
    """What an approver adds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "Seen in the M-PESA statement"}]})
    note: Note = ""


class ReasonIn(In):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "She took goods for it instead"}]})
    reason: Reason


class PayoutIn(In):
    """How the shop paid."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"method": "mpesa", "receipt": "UKM4JS31RB"}, {"method": "cash"}]}
    )
    method: Literal[Method.CASH, Method.MPESA]
    receipt: Receipt | None = Field(None, description="The M-PESA receipt of the payout; none for cash.")
    drawer_id: UUID | None = Field(
        None, description="The open drawer that cash is paid from; left out, yours, or the only one that is open."
    )

    def to_payout(self) -> Payout:
        """Return what was paid."""
        return Payout(self.method, self.receipt, self.drawer_id)


class RefundOut(Out):
    """A refund."""

    id: UUID
    money_in_id: UUID
    amount: MoneyOut
    reason: str
    state: RefundState = Field(description="`unknown`: M-PESA may have paid; nobody knows yet.")
    method: Method | None
    payout_receipt: str | None
    requested_by: UUID
    decided_by: UUID | None
    paid_by: UUID | None
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, refund: Refund) -> Self:
        """Show a refund."""
        return cls.model_validate(refund, from_attributes=True)
