"""The messages a customer's phone gets, word by word as M-PESA writes them. Pure.

The English texts and the Swahili text of a till are as seen in 2025 and 2026; no Swahili text of a paybill was found
whole, so it is put together from the parts of others.
"""

from datetime import datetime
from decimal import Decimal
from random import Random

from payme.simulator.models import Payment, Reversal
from payme.simulator.types import EAT

DAY_LIMIT = 500_000


def wallet_left(rng: Random) -> Decimal:
    """Imagine what is left in the payer's wallet: no wallet of a payer is kept."""
    return Decimal(rng.randrange(5_000_000)).scaleb(-2)


def paid_in_english(payment: Payment, left: Decimal) -> str:
    """Confirm a payment."""
    to = payment.merchant.name.upper()
    if payment.merchant.till:
        paid = f"{_ksh(payment.amount)} paid to {to}. on {_when(payment.paid_at, 'at')}."
        rest = f"New M-PESA balance is {_ksh(left)}. Transaction cost, Ksh0.00. "
    else:
        paid = f"{_ksh(payment.amount)} sent to {to} for account {payment.account_reference} "
        paid += f"on {_when(payment.paid_at, 'at')} "
        rest = f"New M-PESA balance is {_ksh(left)}. Transaction cost, Ksh0.00."
    day = f"Amount you can transact within the day is {_amount(DAY_LIMIT - payment.amount)}."
    return f"{payment.receipt} Confirmed. {paid}{rest}{day}"


def paid_in_swahili(payment: Payment, left: Decimal) -> str:
    """Confirm a payment."""
    to = payment.merchant.name.upper()
    if payment.merchant.till:
        when = f"{_date(payment.paid_at)} {_time(payment.paid_at)}"
        paid = f"Imethibitishwa. Umelipa {_ksh(payment.amount)} kwa {to} {when}."
        rest = f"Baki yako mpya katika M-PESA ni {_ksh(left)}. Gharama ya kununua ni Ksh0.00. "
    else:
        paid = f"Imethibitishwa {_ksh(payment.amount)} imetumwa kwa {to} kwa akaunti nambari "
        paid += f"{payment.account_reference} tarehe {_when(payment.paid_at, 'saa')}. "
        rest = f"Baki yako ya M-PESA ni {_ksh(left)}. Gharama ya kutuma ni Ksh0.00. "
    day = f"Kiwango cha Pesa unachoweza kutuma kwa siku ni {_amount(DAY_LIMIT - payment.amount)}."
    return f"{payment.receipt} {paid}{rest}{day}"


def reversed_in_english(payment: Payment, left: Decimal) -> str:
    """Say that money came back. The payment must be reversed."""
    back = _reversal(payment)
    return (
        f"{back.receipt} confirmed. Reversal of transaction {payment.receipt} has been successfully reversed "
        f"on {_when(back.at, 'at')} and {_ksh(back.amount)} is credited to your M-PESA account. "
        f"New M-PESA account balance is {_ksh(left)}."
    )


def reversed_in_swahili(payment: Payment, left: Decimal) -> str:
    """Say that money came back. The payment must be reversed."""
    back = _reversal(payment)
    return (
        f"{back.receipt} Imethibitishwa. Muamala {payment.receipt} umerudishwa tarehe {_when(back.at, 'saa')} "
        f"na {_ksh(back.amount)} imewekwa kwenye akaunti yako ya M-PESA. Baki yako ya M-PESA ni {_ksh(left)}."
    )


def refused_in_english(amount: int, to: str, reason: str) -> str:
    """Say that a payment did not happen."""
    return f"Failed. {_ksh(amount)} was not paid to {to}: {reason}"


def refused_in_swahili(amount: int, to: str, reason: str) -> str:
    """Say that a payment did not happen."""
    return f"Imefeli. {_ksh(amount)} haikulipwa kwa {to}: {reason}"


def _reversal(payment: Payment) -> Reversal:
    assert payment.reversal is not None, "only a reversed payment has this message"  # noqa: S101
    return payment.reversal


def _ksh(amount: int | Decimal) -> str:
    return f"Ksh{_amount(amount)}"


def _amount(amount: int | Decimal) -> str:
    return f"{amount:,.2f}"


def _date(at: datetime) -> str:
    day = at.astimezone(EAT)
    return f"{day.day}/{day.month}/{day:%y}"


def _time(at: datetime) -> str:
    clock = at.astimezone(EAT)
    return f"{clock.hour % 12 or 12}:{clock:%M} {'AM' if clock.hour < 12 else 'PM'}"  # noqa: PLR2004 - noon


def _when(at: datetime, between: str) -> str:
    return f"{_date(at)} {between} {_time(at)}"
