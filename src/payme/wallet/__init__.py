"""Wallet: prepaid tokens, one a sale."""

from payme.wallet.errors import WalletExhausted
from payme.wallet.events import TokenCharged, TokenRefunded, TokenReserved, TokensGranted, TokensLow, TokensPurchased
from payme.wallet.models import TokenPackage, Wallet, WalletTransaction
from payme.wallet.queries import find_package, get_wallet, list_packages, list_transactions
from payme.wallet.services import (
    charge_token,
    credit_purchase,
    grant_tokens,
    look_up,
    open_wallet,
    refund_token,
    reserve_token,
    spend_token,
    welcome,
)
from payme.wallet.types import STARTING_GRANT, TokenWarning, TransactionType

__all__ = [
    "STARTING_GRANT",
    "TokenCharged",
    "TokenPackage",
    "TokenRefunded",
    "TokenReserved",
    "TokenWarning",
    "TokensGranted",
    "TokensLow",
    "TokensPurchased",
    "TransactionType",
    "Wallet",
    "WalletExhausted",
    "WalletTransaction",
    "charge_token",
    "credit_purchase",
    "find_package",
    "get_wallet",
    "grant_tokens",
    "list_packages",
    "list_transactions",
    "look_up",
    "open_wallet",
    "refund_token",
    "reserve_token",
    "spend_token",
    "welcome",
]
