"""Which callbacks are believed.

Callbacks are unsigned: the secret path finds the payment, and everything else must match what was asked for.
"""

import re

from payme.mpesa import Outcome, StkResult, outcome_of
from payme.payments import Payment
from payme.settlement.models import Doubtful, NotPaid, Paid, Verdict
from payme.settlement.types import Doubt


def judge(payment: Payment, result: StkResult, shortcode: str) -> Verdict:
    """Compare what a callback says with what we asked for.

    ``shortcode`` is what the callback's header says, or empty where it has none.
    """
    doubt = _mismatch(payment, result, shortcode)
    if doubt is not None:
        return Doubtful(doubt)
    outcome = outcome_of(result.code)
    if outcome is Outcome.UNDECIDED:
        return Doubtful(Doubt.UNKNOWN_CODE)
    if outcome is Outcome.FAILED:
        return NotPaid(result.code, result.text)
    if not result.receipt or result.amount is None:
        return Doubtful(Doubt.NO_RECEIPT)
    if result.amount != payment.amount:
        return Doubtful(Doubt.OTHER_AMOUNT)
    return Paid(result.receipt, result.amount, result.phone or "", result.paid_at)


def _mismatch(payment: Payment, result: StkResult, shortcode: str) -> Doubt | None:
    if payment.checkout_request_id is not None and result.checkout_request_id != payment.checkout_request_id:
        return Doubt.OTHER_REQUEST
    if shortcode and shortcode != payment.shortcode:
        return Doubt.OTHER_SHORTCODE
    if not phone_fits(result.phone, payment.phone or ""):
        return Doubt.OTHER_PHONE
    return None


def phone_fits(said: str | None, asked: str) -> bool:
    """Say whether a number, which may be masked (``2547***430``), hashed or absent, can be the one we asked."""
    if not said:
        return True
    compact = re.sub(r"[\s+]", "", said)
    if compact.isdigit():
        return compact == asked
    if "*" not in compact:
        return True  # a hash: it proves nothing either way
    head, tail = compact.split("*", 1)[0], compact.rsplit("*", 1)[1]
    return asked.startswith(head) and asked.endswith(tail)
