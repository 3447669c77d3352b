"""A stream sealed in pieces: whole or not at all."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.kit.sealed_stream import PIECE_BYTES, StreamUnreadable, key_for, seal, unseal

KEY = key_for(bytes(32), b"salt", b"test")
TAGGED = PIECE_BYTES + 16


def sealed(plain: bytes) -> bytes:
    return b"".join(seal(BytesIO(plain), KEY, b"about"))


def opened(given: bytes, key: bytes = KEY, about: bytes = b"about") -> bytes:
    return b"".join(unseal(BytesIO(given), key, about))


@given(st.sampled_from([0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES]), st.binary(max_size=9))
def test_what_was_sealed_opens_as_it_was(size: int, tail: bytes) -> None:
    plain = b"x" * size + tail

    assert opened(sealed(plain)) == plain
    assert plain not in sealed(plain) or len(plain) < 3


@pytest.mark.parametrize(
    "tampered",
    [
        pytest.param(lambda whole: whole[:-1], id="a byte less"),
        pytest.param(lambda whole: whole[:TAGGED], id="cut after a piece"),
        pytest.param(lambda whole: whole[:0], id="nothing"),
        pytest.param(lambda whole: whole + whole[-40:], id="more at the end"),
        pytest.param(lambda whole: whole[TAGGED:], id="without the first piece"),
        pytest.param(lambda whole: whole[TAGGED : 2 * TAGGED] + whole[:TAGGED] + whole[2 * TAGGED :], id="moved"),
        pytest.param(lambda whole: whole[:TAGGED] + whole[:TAGGED] + whole[TAGGED:], id="doubled"),
        pytest.param(lambda whole: whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], id="a bit changed"),
    ],
)
def test_what_was_tampered_with_does_not_open(tampered: object) -> None:
    whole = sealed(b"a" * PIECE_BYTES + b"b" * PIECE_BYTES + b"c" * 50)

    with pytest.raises(StreamUnreadable):
        opened(tampered(whole))  # type: ignore[operator]


def test_another_key_or_another_head_does_not_open_it() -> None:
    whole = sealed(b"books")

    with pytest.raises(StreamUnreadable):
        opened(whole, key=key_for(bytes(32), b"other salt", b"test"))
    with pytest.raises(StreamUnreadable):
        opened(whole, about=b"about something else")
