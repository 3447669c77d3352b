"""Which callbacks are believed."""

import pytest

from payme.settlement import rules

ASKED = "254712345678"


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        (None, True),
        ("", True),
        ("254712345678", True),
        ("+254 712 345678", True),
        ("2547 ***** 678", True),
        ("254712***678", True),
        ("254799***678", False),
        ("254712***679", False),
        ("254799999999", False),
        ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", True),
    ],
)
def test_a_number_may_be_masked_but_not_another(said: str | None, fits: bool) -> None:
    assert rules.phone_fits(said, ASKED) is fits
