"""What money is for, and whose phone evidence speaks of."""

import hashlib
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from payme.http.fields import PhoneOut
from payme.money import ClaimState, Purpose, is_same_phone, rules, share_out

PHONE = "254712345678"
HASHED = hashlib.sha256(PHONE.encode()).hexdigest()
SALE = UUID(int=7)


@given(st.integers(1, 250_000), st.integers(0, 250_000), st.booleans())
def test_every_shilling_of_a_receipt_has_one_purpose(amount: int, needed: int, terminal: bool) -> None:
    applied = Decimal(0 if terminal else min(amount, needed))

    shares = share_out(Decimal(amount), applied, SALE, sale_is_terminal=terminal)

    assert sum(share.amount for share in shares) == amount
    assert all(share.amount > 0 and share.sale_id == SALE for share in shares)
    assert [share.purpose for share in shares if share.purpose is not Purpose.SALE] in (
        [[Purpose.UNALLOCATED]] if terminal else [[], [Purpose.OVERPAYMENT]]
    )


@pytest.mark.parametrize(
    ("said", "is_same"),
    [
        ("", None),
        ("254712345678", True),
        ("+254 712 345678", True),
        ("0712345678", True),
        ("712345678", True),
        ("254799999999", False),
        ("2547 ***** 678", None),
        ("254712***678", None),
        ("0712***678", None),
        ("254799***678", False),
        ("254712***679", False),
        (HASHED, True),
        (HASHED.upper(), True),
        (hashlib.sha256(b"254799999999").hexdigest(), False),
        (f"{HASHED[:8]}{'*' * 48}{HASHED[-8:]}", None),
        (f"{'0' * 8}{'*' * 48}{HASHED[-8:]}", False),
        ("not told", None),
    ],
)
def test_a_number_may_be_masked_or_hashed_but_not_another(said: str, is_same: bool | None) -> None:
    assert is_same_phone(said, PHONE) is is_same


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        (PHONE, "2547*****678"),
        ("2547 ***** 126", "2547*****126"),
        (HASHED, ""),
        (f"{HASHED[:8]}{'*' * 48}{HASHED[-8:]}", ""),
        ("", ""),
        ("12345", ""),
    ],
)
def test_a_cashier_sees_enough_of_a_number_to_ask(phone: str, shown: str) -> None:
    assert TypeAdapter(PhoneOut).validate_python(phone) == shown


@pytest.mark.parametrize("before", ClaimState)
@pytest.mark.parametrize("after", ClaimState)
def test_a_confirmed_claim_stays_confirmed(before: ClaimState, after: ClaimState) -> None:
    legal = {("unverified", "confirmed"), ("unverified", "denied"), ("denied", "confirmed")}
    assert rules.may_move(before, after) is ((before, after) in legal)
