"""Words of write-offs."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class WriteOffState(StrEnum):
    """Where a write-off stands; only ``approved`` changed the debt."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[WriteOffState, frozenset[WriteOffState]] = MappingProxyType(
    {
        WriteOffState.REQUESTED: frozenset({WriteOffState.APPROVED, WriteOffState.REJECTED, WriteOffState.WITHDRAWN}),
        WriteOffState.APPROVED: frozenset(),
        WriteOffState.REJECTED: frozenset(),
        WriteOffState.WITHDRAWN: frozenset(),
    }
)
"""The legal moves."""
