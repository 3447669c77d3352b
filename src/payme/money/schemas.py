"""What is shown of money that came in."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from payme.http.fields import MoneyOut, Out, PhoneOut
from payme.money.models import Claim, MoneyIn, Unclaimed
from payme.money.types import ClaimState, Source


class ReceiptOut(Out):
    """What M-PESA tells of one receipt."""

    id: UUID
    shortcode: str
    receipt: str
    payer_phone: PhoneOut = Field(validation_alias="phone", description="Masked, as far as M-PESA tells it at all.")
    payer_name: str = Field(description="As far as M-PESA tells it: ask the customer for the name.")
    account_reference: str = Field(description="What the payer typed as account; empty for a till.")
    paid_at: datetime


class MoneyInOut(ReceiptOut):
    """One real M-Pesa receipt."""

    amount: MoneyOut
    source: Source = Field(description="What told of it first.")
    created_at: datetime

    @classmethod
    def of(cls, money: MoneyIn) -> Self:
        """Show a receipt of money."""
        return cls.model_validate(money, from_attributes=True)


class UnclaimedOut(ReceiptOut):
    """Money that waits for a purpose."""

    amount: MoneyOut = Field(
        validation_alias="loose", description="What waits; of the receipt's amount it may be a part."
    )
    since: datetime = Field(description="Since when it waits.")

    @classmethod
    def of(cls, found: Unclaimed) -> Self:
        """Show unclaimed money."""
        return cls.model_validate(found, from_attributes=True)


class ClaimOut(Out):
    """What somebody says was paid for a sale."""

    id: UUID
    receipt: str
    sale_id: UUID
    amount: MoneyOut = Field(description="What the message says; what counts is what Safaricom tells.")
    payer_name: str
    paid_at: datetime | None
    state: ClaimState = Field(description="`unverified` is not money received: the sale still waits for it.")
    reason: str = Field(description="Why it was denied.")
    money_in_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, claim: Claim) -> Self:
        """Show a claim."""
        return cls.model_validate(claim, from_attributes=True)
