"""Ids sort by time and read well; money rounds as the database does."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.kit.ids import short_code, uuid7
from payme.kit.money import is_whole_shillings, round_half_up
from payme.kit.seams import Seams, SystemClock

AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = uuid7(AT, Random(1))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(AT.timestamp() * 1000)


def test_ids_sort_by_time() -> None:
    randomness = Random(1)
    made = [uuid7(AT + timedelta(milliseconds=step), randomness) for step in range(100)]
    assert made == sorted(made)


def test_short_codes_have_the_length_that_mpesa_allows_and_no_look_alikes() -> None:
    randomness = Random(1)
    codes = {short_code(uuid7(AT, randomness)) for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {12}
    assert not set("".join(codes)) & set("ILOU")


@pytest.mark.parametrize(
    ("exact", "rounded"), [("1.005", "1.01"), ("1.004", "1.00"), ("-1.005", "-1.01"), ("2", "2.00")]
)
def test_halves_round_away_from_zero(exact: str, rounded: str) -> None:
    assert round_half_up(Decimal(exact)) == Decimal(rounded)


@given(st.decimals(min_value=0, max_value=1_000_000, places=2))
def test_whole_shillings_have_no_cents(amount: Decimal) -> None:
    assert is_whole_shillings(amount) == (str(amount).endswith(".00"))


def test_secrets_have_256_bits() -> None:
    assert len({Seams().new_secret() for _ in range(100)}) == 100
    assert len(Seams().new_secret()) == 43
    assert len(Seams(randomness=Random(1)).new_secret()) == 64
    assert SystemClock().now().tzinfo is UTC
