"""Texts from outside, made safe to store."""

from payme.kit.texts import printable


def test_what_cannot_be_stored_or_shown_becomes_a_space() -> None:
    assert printable("Mama\x00Njeri\n\ud800Duka") == "Mama Njeri  Duka"


def test_what_can_be_shown_stays_as_it_is() -> None:
    assert printable("Mama Njeri's Duka, Nairobi 🛒") == "Mama Njeri's Duka, Nairobi 🛒"
