"""Rows of the wallet."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.wallet.types import TransactionType


@dataclass(frozen=True, slots=True)
class Wallet:
    """The prepaid tokens of a business; ``owed_tokens`` were used before they were bought."""

    balance_tokens: int
    owed_tokens: int


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
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenPackage:
    """Tokens that are bought together, and their price in KES."""

    tokens: int
    price: Decimal
