"""What the wallet takes and shows."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.http.fields import In, MoneyOut, Name, Out
from payme.identity import Business
from payme.wallet.models import TokenPackage, Wallet, WalletTransaction
from payme.wallet.types import TokenWarning, TransactionType


class BusinessIn(In):
    """A business to be opened."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"name": "Duka la Amani", "phone": "+254712345678"}]},
    )

    name: Name
    phone: Annotated[str, StringConstraints(max_length=30)] | None = None


class OpenedBusinessOut(Out):
    """A business that was opened, with the tokens it starts with."""

    business_id: UUID
    name: str
    phone: str | None
    time_zone: str
    created_at: datetime

    @classmethod
    def of(cls, business: Business) -> Self:
        """Show a new business."""
        return cls.model_validate(business, from_attributes=True)


class WalletOut(Out):
    """Prepaid tokens: one a sale."""

    balance_tokens: int = Field(examples=[10])
    owed_tokens: int = Field(description="Used before they were bought; the next purchase settles them first.")
    warning: TokenWarning | None = Field(description="`low` under 30 tokens, `very_low` under 10: buy more.")

    @classmethod
    def of(cls, wallet: Wallet) -> Self:
        """Show a wallet."""
        return cls.model_validate(wallet, from_attributes=True)


class WalletTransactionOut(Out):
    """One change of the wallet."""

    id: UUID
    type: TransactionType
    change_tokens: int
    balance_after: int
    change_owed: int
    owed_after: int
    sale_id: UUID | None
    purchase_id: UUID | None
    reason: str
    created_at: datetime

    @classmethod
    def of(cls, transaction: WalletTransaction) -> Self:
        """Show a change."""
        return cls.model_validate(transaction, from_attributes=True)


class TokenPackageOut(Out):
    """Tokens bought together, and their price in KES."""

    tokens: int
    price: MoneyOut


class TokenPackagesOut(Out):
    """All packages."""

    items: list[TokenPackageOut]

    @classmethod
    def of(cls, packages: list[TokenPackage]) -> Self:
        """Show the packages."""
        return cls(items=[TokenPackageOut(tokens=package.tokens, price=package.price) for package in packages])
