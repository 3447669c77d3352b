"""Words of sales."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class SaleState(StrEnum):
    """Where a sale stands."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    PARTLY_RETURNED = "partly_returned"
    RETURNED = "returned"
    VOIDED = "voided"

    @property
    def is_terminal(self) -> bool:
        """Whether the sale is over for good: money that still comes for it waits for a person."""
        return not MOVES[self]

    @property
    def stands(self) -> bool:
        """Whether goods were sold and not all of them came back."""
        return self in {SaleState.COMPLETED, SaleState.PARTLY_RETURNED}


class Condition(StrEnum):
    """What becomes of goods that a customer brings back."""

    RESTOCK = "restock"
    SPOILED = "spoiled"


MOVES: Mapping[SaleState, frozenset[SaleState]] = MappingProxyType(
    {
        SaleState.OPEN: frozenset({SaleState.COMPLETED, SaleState.CANCELLED}),
        SaleState.COMPLETED: frozenset({SaleState.PARTLY_RETURNED, SaleState.VOIDED}),
        SaleState.PARTLY_RETURNED: frozenset({SaleState.RETURNED}),
        SaleState.CANCELLED: frozenset(),
        SaleState.RETURNED: frozenset(),
        SaleState.VOIDED: frozenset(),
    }
)
"""The legal moves; a terminal sale is never revived."""

LINES_MAX = 300
NONE_BACK = Decimal("0.000")
PRICE_PERMISSION = "sales.price"
