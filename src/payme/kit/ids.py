"""Identifiers: UUIDv7 (RFC 9562 section 5.7) made from a clock and a source of randomness that are handed in."""

from datetime import datetime
from random import Random
from uuid import UUID

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U, so a person can read it out

_RAND_B = (1 << 62) - 1


def uuid7(at: datetime, randomness: Random) -> UUID:
    """Make a UUIDv7: 48 bits of milliseconds, then 74 random bits, so ids sort by time."""
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    random_bits = randomness.getrandbits(74)  # asked for once: each question is a call of the system
    rand_a, rand_b = random_bits >> 62, random_bits & _RAND_B
    return UUID(int=milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def short_code(identifier: UUID, length: int = 12) -> str:
    """Write the random tail of an id as ``length`` base32 characters (60 bits at 12), for people and for M-Pesa."""
    tail = identifier.int
    code = ""
    for _ in range(length):
        tail, digit = divmod(tail, 32)
        code = _BASE32[digit] + code
    return code
