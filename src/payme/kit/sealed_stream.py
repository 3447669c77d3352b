"""A long file, encrypted in pieces, so that neither side holds all of it in memory.

STREAM over AES-256-GCM (Hoang, Reyhanitabar, Rogaway and Vizar, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", 2015): the nonce of a piece is its number and whether it is the last, so pieces that are changed,
moved, doubled or cut off do not open. A key must be used for one stream only.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PIECE_BYTES: Final = 1 << 16
_TAG_BYTES: Final = 16


class StreamUnreadable(Exception):
    """What was sealed does not open: it was changed or cut off, or the key is another one."""


def key_for(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    """Derive the key of one stream from a secret of 32 bytes and a salt that was never used before (RFC 5869)."""
    return HKDF(hashes.SHA256(), 32, salt, purpose).derive(secret)


def seal(plain: BinaryIO, key: bytes, about: bytes) -> Iterator[bytes]:
    """Yield a stream sealed, piece by piece; ``about`` is authenticated with it and not hidden."""
    cipher = AESGCM(key)
    number = 0
    piece = plain.read(PIECE_BYTES)
    while True:
        following = plain.read(PIECE_BYTES)
        yield cipher.encrypt(_nonce(number, is_last=not following), piece, about)
        if not following:
            return
        number, piece = number + 1, following


def unseal(sealed: BinaryIO, key: bytes, about: bytes) -> Iterator[bytes]:
    """Yield what was sealed, piece by piece. Raises StreamUnreadable, perhaps after pieces that were as they should."""
    cipher = AESGCM(key)
    number = 0
    piece = sealed.read(PIECE_BYTES + _TAG_BYTES)
    while True:
        following = sealed.read(PIECE_BYTES + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), piece, about)
        except (InvalidTag, ValueError):
            raise StreamUnreadable(f"piece {number} does not open") from None
        if not following:
            return
        number, piece = number + 1, following


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
