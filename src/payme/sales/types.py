"""Words of sales."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class SaleState(StrEnum):
    """Where a sale stands."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


MOVES: Mapping[SaleState, frozenset[SaleState]] = MappingProxyType(
    {
        SaleState.OPEN: frozenset({SaleState.COMPLETED, SaleState.CANCELLED}),
        SaleState.COMPLETED: frozenset(),
        SaleState.CANCELLED: frozenset(),
    }
)
"""The legal moves; a cancelled sale is never revived."""

LINES_MAX = 300
PRICE_PERMISSION = "sales.price"
