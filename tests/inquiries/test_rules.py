"""When a payment is looked after, and when that ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.inquiries import rules
from payme.inquiries.types import ASK_FOR_S
from payme.payments import Evidence, Payment, PaymentFor, PaymentMethod, PaymentState

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PAYMENT = Payment(
    id=UUID(int=1),
    purpose=PaymentFor.SALE,
    sale_id=UUID(int=2),
    payment_config_id=None,
    method=PaymentMethod.MPESA,
    state=PaymentState.SUBMITTED,
    amount=Decimal(300),
    tendered=None,
    change_given=None,
    returned_at=None,
    phone="254722000111",
    shortcode="174379",
    account_reference="K7Q2M9",
    merchant_request_id="m",
    checkout_request_id="ws",
    result_code=None,
    result_text=None,
    deadline_at=NOW + timedelta(seconds=120),
    money_in_id=None,
    request_id="r",
    created_at=NOW,
    updated_at=NOW,
)


def test_the_pauses_grow_and_the_deadline_is_not_slept_through() -> None:
    payment, at, visits, moments = PAYMENT, NOW + timedelta(seconds=15), 0, []
    while not rules.is_over(payment, at):
        moments.append(int((at - NOW).total_seconds()))
        visits += 1
        if rules.is_past_deadline(payment, at):
            payment = replace(payment, state=PaymentState.EXPIRED)
        at = rules.next_visit(payment, visits, at)

    assert moments[:8] == [15, 45, 105, 120, 420, 1_320, 4_920, 8_520]
    assert moments[-1] < ASK_FOR_S
    assert int((at - NOW).total_seconds()) == ASK_FOR_S
    assert len(moments) == 29


@given(st.integers(1, 100), st.integers(0, ASK_FOR_S - 1), st.sampled_from(PaymentState))
def test_the_next_visit_is_later_and_within_the_day(visits: int, seconds: int, state: PaymentState) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert now < rules.next_visit(replace(PAYMENT, state=state), visits, now) <= NOW + timedelta(seconds=ASK_FOR_S)


@pytest.mark.parametrize("state", list(PaymentState))
@pytest.mark.parametrize("evidence", list(Evidence))
def test_only_money_and_a_sure_failure_close_a_payment(state: PaymentState, evidence: Evidence) -> None:
    closed = state is PaymentState.SUCCEEDED or (state is PaymentState.FAILED and evidence is not Evidence.QUERY)
    assert rules.is_open(replace(PAYMENT, state=state), evidence) is not closed


@pytest.mark.parametrize(
    ("state", "code", "needs"),
    [
        (PaymentState.SUBMITTED, None, True),
        (PaymentState.EXPIRED, "4999", True),
        (PaymentState.EXPIRED, "1032", True),
        (PaymentState.FAILED, "1032", False),
        (PaymentState.FAILED, None, False),
        (PaymentState.FAILED, "0", True),
    ],
)
def test_a_person_looks_at_what_is_not_known_or_contradicts_itself(
    state: PaymentState, code: str | None, *, needs: bool
) -> None:
    assert rules.needs_person(replace(PAYMENT, state=state), code) is needs


def test_a_visit_a_moment_early_is_in_time() -> None:
    assert rules.is_turn(NOW + timedelta(seconds=2), NOW)
    assert not rules.is_turn(NOW + timedelta(seconds=2.1), NOW)
    assert not rules.is_past_deadline(replace(PAYMENT, deadline_at=None), NOW)
