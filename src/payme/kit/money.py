"""Exact money and quantities: ``Decimal`` only, KES with two places, quantities with three."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
GRAM = Decimal("0.001")
ZERO = Decimal("0.00")
AMOUNT_MAX = Decimal("9999999999.99")
QUANTITY_MAX = Decimal("999999999.999")


def round_half_up(amount: Decimal) -> Decimal:
    """Round to the cent, halves away from zero, as PostgreSQL's ``round(numeric, 2)`` does."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def is_whole_shillings(amount: Decimal) -> bool:
    """Say whether the amount has no cents, as M-Pesa demands."""
    return amount == amount.to_integral_value()
