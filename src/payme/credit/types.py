"""Words of credit."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class AccountState(StrEnum):
    """What a customer may do with a credit account; debts are paid back in any state."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


ACCOUNT_MOVES: Mapping[AccountState, frozenset[AccountState]] = MappingProxyType(
    {
        AccountState.ACTIVE: frozenset({AccountState.SUSPENDED, AccountState.CLOSED}),
        AccountState.SUSPENDED: frozenset({AccountState.ACTIVE, AccountState.CLOSED}),
        AccountState.CLOSED: frozenset({AccountState.ACTIVE, AccountState.SUSPENDED}),
    }
)
"""The legal moves; closing is refused besides while something is owed either way."""


class DebtState(StrEnum):
    """Where a credit sale stands. Overdue is none of these: the due date says it."""

    OPEN = "open"
    PART_PAID = "part_paid"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    REVERSED = "reversed"


DEBT_MOVES: Mapping[DebtState, frozenset[DebtState]] = MappingProxyType(
    {
        DebtState.OPEN: frozenset({DebtState.PART_PAID, DebtState.SETTLED, DebtState.WRITTEN_OFF, DebtState.REVERSED}),
        DebtState.PART_PAID: frozenset({DebtState.SETTLED, DebtState.WRITTEN_OFF, DebtState.REVERSED}),
        DebtState.SETTLED: frozenset({DebtState.REVERSED}),
        DebtState.WRITTEN_OFF: frozenset(),
        DebtState.REVERSED: frozenset(),
    }
)
"""The legal moves; a settled debt is reversed where its sale is voided."""


class EntryKind(StrEnum):
    """Why an account changed."""

    SALE = "sale"
    CREDIT_USED = "credit_used"
    CREDIT_RETURNED = "credit_returned"
    CREDIT_GIVEN = "credit_given"
    REPAYMENT = "repayment"
    RETURN = "return"
    VOID = "void"
    WRITE_OFF = "write_off"
    MERGED_OUT = "merged_out"
    MERGED_IN = "merged_in"


class Bucket(StrEnum):
    """How long a debt is overdue, in days."""

    CURRENT = "current"
    DAYS_1_30 = "days_1_30"
    DAYS_31_60 = "days_31_60"
    DAYS_61_90 = "days_61_90"
    OVER_90 = "over_90"


EXCEED_PERMISSION: Final = "credit.exceed"
TERMS_DAYS: Final = 30
"""Days until a debt is due, where nothing else was agreed."""
DUE_AHEAD_MAX_DAYS: Final = 730
