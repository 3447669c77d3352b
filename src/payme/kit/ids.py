"""Identifiers: UUIDv7 (RFC 9562 section 5.7) made from a clock and a source of randomness that are handed in."""

from datetime import datetime
from random import Random
from uuid import UUID

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U, so a person can read it out

RANDOM_BITS = 0xFFF << 64 | (1 << 62) - 1
"""Which bits of a UUIDv7 are random: rand_a and rand_b, with the two bits of the variant between them."""


def uuid7(at: datetime, randomness: Random) -> UUID:
    """Make a UUIDv7: 48 bits of milliseconds, then 74 random bits, so ids sort by time."""
    return UUID(int=bits_of(at) | randomness.getrandbits(76) & RANDOM_BITS)


def bits_of(at: datetime) -> int:
    """Return the bits of a UUIDv7 that are not random: milliseconds, version and variant."""
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    return milliseconds << 80 | 0x7 << 76 | 0b10 << 62


def short_code(identifier: UUID, length: int = 12) -> str:
    """Write the random tail of an id as ``length`` base32 characters (60 bits at 12), for people and for M-Pesa."""
    tail = identifier.int
    code = ""
    for _ in range(length):
        tail, digit = divmod(tail, 32)
        code = _BASE32[digit] + code
    return code
