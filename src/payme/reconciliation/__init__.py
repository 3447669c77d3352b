"""Reconciliation: do the books agree? Invariants, asked of every business.

The invariants are files in ``invariants``. Not there yet, because their tables are not: S6 and S7 (returns and
voids) and A2 (audit seals).
"""

from payme.reconciliation.errors import InvariantUnknown
from payme.reconciliation.invariants import OF_A_BUSINESS, OF_THE_PLATFORM
from payme.reconciliation.models import (
    CallbacksWaiting,
    Check,
    Gauges,
    Invariant,
    OpenPayments,
    VerifyReport,
    Violation,
    WalletFigures,
)
from payme.reconciliation.services import (
    check_business,
    check_platform,
    every_business,
    read_gauges,
    verify,
)

__all__ = [
    "OF_A_BUSINESS",
    "OF_THE_PLATFORM",
    "CallbacksWaiting",
    "Check",
    "Gauges",
    "Invariant",
    "InvariantUnknown",
    "OpenPayments",
    "VerifyReport",
    "Violation",
    "WalletFigures",
    "check_business",
    "check_platform",
    "every_business",
    "read_gauges",
    "verify",
]
