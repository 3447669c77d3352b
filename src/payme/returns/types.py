"""Words of returns."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Way(StrEnum):
    """How money goes back, in the order in which it does: the way it came."""

    DEBT = "debt"
    CUSTOMER_CREDIT = "customer_credit"
    MPESA = "mpesa"
    CASH = "cash"


class VoidState(StrEnum):
    """Where a void stands; only ``done`` changed the sale."""

    REQUESTED = "requested"
    DONE = "done"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


VOID_MOVES: Mapping[VoidState, frozenset[VoidState]] = MappingProxyType(
    {
        VoidState.REQUESTED: frozenset({VoidState.DONE, VoidState.REJECTED, VoidState.WITHDRAWN}),
        VoidState.DONE: frozenset(),
        VoidState.REJECTED: frozenset(),
        VoidState.WITHDRAWN: frozenset(),
    }
)
"""The legal moves: what was decided stays so; a sale that was not voided may be asked for again."""

VOID_LIMIT: Final = Decimal("2000.00")
"""KES: a sale of more is voided by two people, where the business did not set another limit."""
REASON_MAX: Final = 200
"""Characters of the reason of a refund."""
