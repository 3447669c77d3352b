"""Pure decisions of payments."""

from collections.abc import Mapping
from decimal import Decimal

from payme.kit.money import is_whole_shillings
from payme.kit.phones import e164
from payme.mpesa import Outcome, advise, explain, outcome_of
from payme.payments.errors import NotWholeShillings, PhoneNotValid
from payme.payments.types import PaymentState

MPESA_MIN = Decimal(1)
MPESA_MAX = Decimal(250_000)
_MOBILE = ("2547", "2541")


def may_move(current: PaymentState, target: PaymentState) -> bool:
    """Say whether a payment may move: the rank must rise."""
    return target.rank > current.rank


def phone_number(written: str) -> str:
    """Return a Kenyan mobile number as M-Pesa wants it, ``2547…`` or ``2541…``; raises PhoneNotValid."""
    number = (e164(written) or "").removeprefix("+")
    if not number.startswith(_MOBILE):
        raise PhoneNotValid(phone=written)
    return number


def mpesa_amount(amount: Decimal) -> Decimal:
    """Return the amount if M-Pesa can move it; raises NotWholeShillings."""
    if not is_whole_shillings(amount) or not MPESA_MIN <= amount <= MPESA_MAX:
        raise NotWholeShillings(amount=amount)
    return amount


_TEST_WORDS: Mapping[PaymentState, str] = {
    PaymentState.CREATED: "The request is on its way to M-PESA.",
    PaymentState.SUBMITTING: "The request is on its way to M-PESA.",
    PaymentState.UNKNOWN: "M-PESA did not answer clearly. If the prompt is on the phone, enter the PIN; wait and see.",
    PaymentState.SUBMITTED: "M-PESA took the request, so the settings are right. Enter the PIN on the phone.",
    PaymentState.EXPIRED: "M-PESA took the request, and nothing was heard since. It may still come; else test again.",
    PaymentState.SUCCEEDED: "It works: one shilling arrived.",
}


def words_of_test(state: PaymentState, code: str, text: str) -> str:
    """Say in a shopkeeper's words how the test of a payment config stands.

    ``code`` and ``text`` are those of a failure: a result of the prompt, or why there was none.
    """
    if state is not PaymentState.FAILED:
        return _TEST_WORDS[state]
    if outcome_of(code) is Outcome.FAILED:
        return f"The settings are right, but nobody paid. {explain(code)}"
    return f"{text.rstrip('.')}. {advise(code, text)}"
