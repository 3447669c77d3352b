"""What is shown of money that came in."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from payme.http.fields import MoneyOut, Out
from payme.money import rules
from payme.money.models import Claim, MoneyIn, Unclaimed
from payme.money.types import ClaimState, Source


class MoneyInOut(Out):
    """One real M-Pesa receipt."""

    id: UUID
    shortcode: str
    receipt: str
    amount: MoneyOut
    payer_phone: str = Field(description="Masked, as far as M-PESA tells it at all.")
    payer_name: str = Field(description="As far as M-PESA tells it.")
    account_reference: str = Field(description="What the payer typed as account; empty for a till.")
    source: Source = Field(description="What told of it first.")
    paid_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, money: MoneyIn) -> Self:
        """Show a receipt of money."""
        return cls(
            id=money.id,
            shortcode=money.shortcode,
            receipt=money.receipt,
            amount=money.amount,
            payer_phone=rules.masked(money.phone),
            payer_name=money.payer_name,
            account_reference=money.account_reference,
            source=money.source,
            paid_at=money.paid_at,
            created_at=money.created_at,
        )


class UnclaimedOut(Out):
    """Money that waits for a purpose."""

    id: UUID
    receipt: str
    shortcode: str
    amount: MoneyOut = Field(description="What waits; of the receipt's amount it may be a part.")
    payer_phone: str = Field(description="Masked, as far as M-PESA tells it at all.")
    payer_name: str = Field(description="As far as M-PESA tells it: ask the customer for the name.")
    account_reference: str = Field(description="What the payer typed as account; empty for a till.")
    paid_at: datetime
    since: datetime = Field(description="Since when it waits.")

    @classmethod
    def of(cls, found: Unclaimed) -> Self:
        """Show unclaimed money."""
        return cls(
            id=found.id,
            receipt=found.receipt,
            shortcode=found.shortcode,
            amount=found.loose,
            payer_phone=rules.masked(found.phone),
            payer_name=found.payer_name,
            account_reference=found.account_reference,
            paid_at=found.paid_at,
            since=found.since,
        )


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
