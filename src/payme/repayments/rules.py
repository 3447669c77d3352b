"""Pure decisions of repayments."""

from decimal import ROUND_FLOOR, Decimal

from payme.repayments.errors import TenderedTooLittle


def handed_over(amount: Decimal, tendered: Decimal | None) -> Decimal:
    """Return what the customer handed over: at least what is to be counted; raises TenderedTooLittle."""
    if tendered is None:
        return amount
    if tendered < amount:
        raise TenderedTooLittle(amount, tendered)
    return tendered


def whole_shillings(amount: Decimal) -> Decimal:
    """Leave the cents away, which M-Pesa cannot move."""
    return amount.to_integral_value(ROUND_FLOOR)
