"""The payment ladder, phone numbers, amounts, and what money was for."""

from decimal import Decimal
from itertools import product as pairs

import pytest

from payme.payments import NotWholeShillings, PaymentState, PhoneNotValid, rules

RANKS = {
    PaymentState.CREATED: 0,
    PaymentState.SUBMITTING: 1,
    PaymentState.UNKNOWN: 2,
    PaymentState.SUBMITTED: 3,
    PaymentState.EXPIRED: 4,
    PaymentState.FAILED: 5,
    PaymentState.SUCCEEDED: 6,
}


@pytest.mark.parametrize(("current", "target"), list(pairs(PaymentState, PaymentState)))
def test_a_payment_only_climbs(current: PaymentState, target: PaymentState) -> None:
    assert rules.may_move(current, target) == (RANKS[target] > RANKS[current])


def test_the_ranks_are_those_of_the_ladder() -> None:
    assert {state: state.rank for state in PaymentState} == RANKS
    assert [state for state in PaymentState if state.is_live] == list(RANKS)[:4]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0712345678", "254712345678"),
        ("0712 345 678", "254712345678"),
        ("+254 (712) 345-678", "254712345678"),
        ("254112345678", "254112345678"),
        ("712345678", "254712345678"),
        ("0112.345.678", "254112345678"),
    ],
)
def test_kenyan_ways_of_writing_a_number(written: str, number: str) -> None:
    assert rules.phone_number(written) == number


@pytest.mark.parametrize("written", ["", "0201234567", "07123456789", "+255712345678", "071234567a", "٠٧١٢٣٤٥٦٧٨"])
def test_what_is_no_kenyan_mobile_is_refused(written: str) -> None:
    with pytest.raises(PhoneNotValid):
        rules.phone_number(written)


@pytest.mark.parametrize("amount", ["1", "250000", "300.00"])
def test_mpesa_moves_whole_shillings(amount: str) -> None:
    assert rules.mpesa_amount(Decimal(amount)) == Decimal(amount)


@pytest.mark.parametrize("amount", ["0", "0.50", "300.50", "250001", "-5"])
def test_mpesa_moves_nothing_else(amount: str) -> None:
    with pytest.raises(NotWholeShillings):
        rules.mpesa_amount(Decimal(amount))
