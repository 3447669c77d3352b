"""Words of drawers."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

DEFAULT_TILL = "Till 1"
OPEN_MAX = 50
"""How many drawers of a shop are open at once."""
BY_HAND_MAX = 200
"""How often cash is put into or taken out of one drawer by hand."""
PIECES_MAX = 100_000
DENOMINATIONS = tuple(
    Decimal(value) for value in ("1000", "500", "200", "100", "50", "40", "20", "10", "5", "1", "0.50")
)
"""Notes and coins of Kenya that are legal tender; 40 shillings is the coin of 2003, 50 cents an older one."""


class DrawerState(StrEnum):
    """Where a drawer stands."""

    OPEN = "open"
    COUNTED = "counted"
    CLOSED = "closed"


MOVES: Mapping[DrawerState, frozenset[DrawerState]] = MappingProxyType(
    {
        DrawerState.OPEN: frozenset({DrawerState.COUNTED}),
        DrawerState.COUNTED: frozenset({DrawerState.CLOSED}),
        DrawerState.CLOSED: frozenset(),
    }
)
"""The legal moves; one that was counted within what may differ closes at once."""


class DrawerMode(StrEnum):
    """What a sale needs: an open drawer, one that is opened for it, or none; then an open one still counts."""

    REQUIRED = "required"
    AUTOMATIC = "automatic"
    OFF = "off"


class Tender(StrEnum):
    """How a sale was paid."""

    CASH = "cash"
    MPESA = "mpesa"
    ACCOUNT = "account"


class MovementKind(StrEnum):
    """Why a drawer should hold more or less."""

    FLOAT = "float"
    SALE = "sale"
    REPAYMENT = "repayment"
    CASH_IN = "cash_in"
    CASH_OUT = "cash_out"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REFUNDED = "refunded"


class CashPurpose(StrEnum):
    """Where cash goes that is taken out by hand, or comes from: the ledger posts it to that account."""

    EXPENSE = "expense"
    SUPPLIER = "supplier"
    OWNER = "owner"
    BANK = "bank"
    SAFE = "safe"


PAID_ONLY = frozenset({CashPurpose.EXPENSE, CashPurpose.SUPPLIER})
"""Purposes for which cash goes out and never comes in."""
SEES_EXPECTED = "drawers.report"
APPROVES = "drawers.approve"
MEMBERS_MAX = 500
"""How many members are asked whether one of them could approve."""
