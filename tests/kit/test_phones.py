"""A telephone number is one number however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.kit.phones import e164

MOBILE = "+254712345678"


@pytest.mark.parametrize(
    "written",
    ["0712345678", "0712 345 678", "0712-345-678", "712345678", "254712345678", "+254 712 345 678", "00254712345678",
     "+254 (0)712 345 678", "2540712345678", "0712\u00a0345\u00a0678", "0712\u2013345\u2013678", MOBILE],
)  # fmt: skip
def test_kenyan_ways_of_writing_lead_to_one_number(written: str) -> None:
    assert e164(written) == MOBILE


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0112345678", "+254112345678"),
        ("020 1234567", "+254201234567"),
        ("+255 (754) 123.456", "+255754123456"),
        ("00 256 772 123456", "+256772123456"),
    ],
)
def test_landlines_and_other_countries_are_numbers_too(written: str, kept: str) -> None:
    assert e164(written) == kept


@pytest.mark.parametrize(
    "written",
    ["", "12345", "201234567", "+25471234567", "+2547123456789", "071234567", "07123456789", "+0712345678",
     "+1234567890123456", "07l2345678", "0712345678\n", "+٢٥٤٧١٢٣٤٥٦٧٨", "0712345678 or 0722345678"],
)  # fmt: skip
def test_what_is_no_number_is_none(written: str) -> None:
    assert e164(written) is None


@given(st.text(max_size=30))
def test_what_is_kept_is_of_one_form_and_stays_as_it_is(written: str) -> None:
    kept = e164(written)
    assert kept is None or (e164(kept) == kept and kept[1:].isascii() and kept[1:].isdigit() and kept[0] == "+")


@given(st.from_regex(r"[17][0-9]{8}", fullmatch=True), st.sampled_from(["", "0", "254", "+254", "00254", "+2540"]))
def test_every_mobile_is_the_same_behind_every_beginning(national: str, beginning: str) -> None:
    assert e164(beginning + national) == f"+254{national}"
