"""Words of adjustments."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class AdjustmentState(StrEnum):
    """Where an adjustment stands; only ``approved`` changed the books."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[AdjustmentState, frozenset[AdjustmentState]] = MappingProxyType(
    {
        AdjustmentState.REQUESTED: frozenset(
            {AdjustmentState.APPROVED, AdjustmentState.REJECTED, AdjustmentState.WITHDRAWN}
        ),
        AdjustmentState.APPROVED: frozenset(),
        AdjustmentState.REJECTED: frozenset(),
        AdjustmentState.WITHDRAWN: frozenset(),
    }
)
"""The legal moves."""
