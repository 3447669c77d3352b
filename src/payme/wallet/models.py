"""Rows of the wallet."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.wallet.types import LOW_BELOW, VERY_LOW_BELOW, TokenWarning, TransactionType


@dataclass(frozen=True, slots=True)
class Wallet:
    """The prepaid tokens of a business; ``owed_tokens`` were used before they were bought."""

    balance_tokens: int
    owed_tokens: int

    @property
    def warning(self) -> TokenWarning | None:
        """What to warn of, None while there are enough tokens."""
        if self.balance_tokens < VERY_LOW_BELOW:
            return TokenWarning.VERY_LOW
        return TokenWarning.LOW if self.balance_tokens < LOW_BELOW else None


@dataclass(frozen=True, slots=True)
class WalletForSale:
    """The wallet, and what was already done with the token of one sale."""

    balance_tokens: int
    owed_tokens: int
    done: list[str]


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """One change of the wallet with the figures after it."""

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


@dataclass(frozen=True, slots=True)
class TokenPackage:
    """Tokens that are bought together, and their price in KES."""

    tokens: int
    price: Decimal
