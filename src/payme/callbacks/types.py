"""Words of callbacks."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class CallbackState(StrEnum):
    """What became of a callback."""

    RECEIVED = "received"
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    ORPHAN = "orphan"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    DEAD = "dead"


_RECEIVED = frozenset(
    {
        CallbackState.APPLIED,
        CallbackState.DUPLICATE,
        CallbackState.ORPHAN,
        CallbackState.QUARANTINED,
        CallbackState.DEAD,
    }
)
MOVES: Mapping[CallbackState, frozenset[CallbackState]] = MappingProxyType(
    {
        CallbackState.RECEIVED: _RECEIVED,
        CallbackState.APPLIED: frozenset(),
        CallbackState.DUPLICATE: frozenset(),
        CallbackState.ORPHAN: frozenset(),
        CallbackState.QUARANTINED: frozenset({CallbackState.APPLIED, CallbackState.REJECTED}),
        CallbackState.REJECTED: frozenset(),
        CallbackState.DEAD: frozenset({CallbackState.RECEIVED}),
    }
)
"""The legal moves; those out of ``quarantined`` and ``dead`` are a person's."""


class PathKind(StrEnum):
    """What is expected on a callback path, decided when its secret was made."""

    STK = "stk"
    CONFIRMATION = "confirmation"
    VALIDATION = "validation"
    STATUS = "status"
    STATUS_TIMEOUT = "status_timeout"
    REVERSAL = "reversal"
    REVERSAL_TIMEOUT = "reversal_timeout"
    PULL = "pull"


BODY_MAX = 16_384
"""Bytes of a callback that are stored; Daraja's are under 1,000."""
TRIES_MAX = 8
"""How often a callback is tried before it is dead."""
LEASE_S = 30
"""How long a worker that took a callback has it to itself, should it die."""
