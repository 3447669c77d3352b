"""Pure decisions of token purchases."""

from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from payme.kit.days import SHOP_TIME
from payme.kit.ids import short_code
from payme.kit.money import ZERO
from payme.token_purchases.errors import TooManyTokenPurchases
from payme.token_purchases.models import Credited, Order, Receipt

RECEIPT_WIDTH = 32
"""Characters of a 58 mm roll."""


def may_begin(live: int, live_max: int) -> None:
    """Raise TooManyTokenPurchases where as many wait as may."""
    if live >= live_max:
        raise TooManyTokenPurchases(live=live)


def tokens_for(paid: Decimal, tokens: int, price: Decimal) -> int:
    """Return what money buys at the price of a package: never more than it has, and no part of a token."""
    return min(tokens, int((paid * tokens / price).to_integral_value(ROUND_FLOOR)))


def credited(order: Order, paid: Decimal) -> Credited:
    """Say what money does for a purchase that has none yet.

    Less than the price buys fewer tokens, and less than one token's price buys none and is not for tokens at all; what
    is more than the price is not for tokens either.
    """
    tokens = tokens_for(paid, order.tokens, order.price)
    return Credited(order.id, tokens, min(paid, order.price) if tokens else ZERO, is_short=paid < order.price)


def number_of(purchase_id: UUID) -> str:
    """Return the number of a purchase as people say it."""
    return short_code(purchase_id, 8)


def receipt_text(receipt: Receipt) -> str:
    """Write the receipt of a paid purchase for a 58 mm printer: plain text, 32 characters wide."""
    purchase = receipt.purchase
    assert purchase.credited_at is not None, "a receipt follows the money"  # noqa: S101
    rows = [receipt.buyer.name[:RECEIPT_WIDTH].center(RECEIPT_WIDTH).rstrip()]
    if receipt.buyer.phone:
        rows.append(receipt.buyer.phone.center(RECEIPT_WIDTH).rstrip())
    rows += [
        _row(f"Tokens {number_of(purchase.id)}", f"{purchase.credited_at.astimezone(SHOP_TIME):%d.%m.%Y %H:%M}"),
        "-" * RECEIPT_WIDTH,
        _row(f"{purchase.tokens} tokens", f"{purchase.price:,}"),
        _row("PAID BY M-PESA KES", f"{purchase.paid:,}"),
        _row("M-PESA receipt", purchase.receipt or ""),
        "-" * RECEIPT_WIDTH,
        _row("TOKENS CREDITED", f"{purchase.credited_tokens}"),
    ]
    if purchase.settled_tokens:
        rows.append(_row("  of them were owed", f"{purchase.settled_tokens}"))
    return "\n".join(rows) + "\n"


def _row(left: str, right: str) -> str:
    return f"{left[: RECEIPT_WIDTH - len(right) - 1]:<{RECEIPT_WIDTH - len(right)}}{right}"
