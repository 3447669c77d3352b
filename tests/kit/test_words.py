"""Words by which things are found."""

from payme.kit.words import WORD_MAX, after_all, words


def test_words_are_bounded() -> None:
    assert words("x" * 500) == ["x" * WORD_MAX]
    assert words(None, "Ab ab", "c_d") == ["ab", "c", "d"]


def test_case_and_accents_are_folded() -> None:
    assert words("CAFÉ Njerĩ", "café") == ["cafe", "njeri"]


def test_every_word_that_begins_so_lies_before_the_end() -> None:
    for word in words("njer njeri njerizzz njer\U0001f600"):
        assert "njer" <= word < after_all("njer")
