"""What repayments refuse."""

from dataclasses import dataclass
from decimal import Decimal

from payme.kit.errors import Invalid


@dataclass(eq=False)
class TenderedTooLittle(Invalid):
    """Less was handed over than is to be counted."""

    code = "tendered_too_little"
    title = "The customer handed over less than that."
    advice = "Count at most what was handed over."
    amount: Decimal
    tendered: Decimal
