"""Token purchases: tokens bought from the platform by M-Pesa, credited once when the money is there."""

from payme.token_purchases.errors import (
    PackageNotSold,
    TokenPurchaseNotFound,
    TokenPurchaseNotPaid,
    TooManyTokenPurchases,
)
from payme.token_purchases.events import TokensOrdered
from payme.token_purchases.models import Credited, TokenPurchase
from payme.token_purchases.queries import get_purchase, list_purchases
from payme.token_purchases.services import LIVE_MAX, buy_tokens, receive_money

__all__ = [
    "LIVE_MAX",
    "Credited",
    "PackageNotSold",
    "TokenPurchase",
    "TokenPurchaseNotFound",
    "TokenPurchaseNotPaid",
    "TokensOrdered",
    "TooManyTokenPurchases",
    "buy_tokens",
    "get_purchase",
    "list_purchases",
    "receive_money",
]
