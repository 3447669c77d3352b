"""The ids of one transaction: UUIDv7 of its instant, in the driver's own type.

A sale needs some twenty. The driver's type is made, hashed and written several times faster than the standard
library's, which it derives from; and randomness is asked for many at once, because each question is a call of the
system.
"""

from datetime import datetime
from random import Random
from uuid import UUID

from asyncpg.pgproto import pgproto

from payme.kit.ids import RANDOM_BITS, bits_of

_AT_ONCE = 24
_BYTES = 10


class Ids:
    """Ids of one instant."""

    __slots__ = ("_bits", "_random", "_randomness")

    def __init__(self, at: datetime, randomness: Random) -> None:
        """Make ids of ``at``; no randomness is used before the first."""
        self._bits = bits_of(at)
        self._randomness = randomness
        self._random: list[int] = []

    def __call__(self) -> UUID:
        """Make an id."""
        if not self._random:
            drawn = self._randomness.randbytes(_BYTES * _AT_ONCE)
            self._random = [int.from_bytes(drawn[at : at + _BYTES], "big") for at in range(0, len(drawn), _BYTES)]
        return pgproto.UUID((self._bits | self._random.pop() & RANDOM_BITS).to_bytes(16, "big"))
