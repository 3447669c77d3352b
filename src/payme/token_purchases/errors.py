"""What token purchases refuse."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class TokenPurchaseNotFound(NotFound):
    """No such purchase in this business."""

    code = "token_purchase_not_found"
    title = "There is no such purchase of tokens."
    advice = "Check the purchase's id."
    purchase_id: UUID


@dataclass(eq=False)
class PackageNotSold(Invalid):
    """Tokens are sold in packages, and this is none of them."""

    code = "package_not_sold"
    title = "Tokens are not sold in this number."
    advice = "Read the list of packages and choose one of them."
    tokens: int


@dataclass(eq=False)
class TooManyTokenPurchases(Conflict):
    """As many purchases wait for a phone as may wait at once."""

    code = "too_many_token_purchases"
    title = "Other purchases of tokens still wait for the phone."
    advice = "Enter the PIN for one of them, or wait two minutes until it ends."
    live: int


@dataclass(eq=False)
class TokenPurchaseNotPaid(Conflict):
    """There is a receipt when the money is there."""

    code = "token_purchase_not_paid"
    title = "This purchase of tokens is not paid."
    advice = "Read the purchase to see how its payment stands; the receipt follows the money."
    purchase_id: UUID
    state: str
