"""Reconciliation: do the books agree? Invariants, asked of what changed in each business, and by night of everything.

The invariants are files in ``invariants``. What A2 cannot say in SQL, that each digest and signature is right, is asked
by ``payme.seals``.
"""

from payme.reconciliation.errors import InvariantUnknown, RunNotFound
from payme.reconciliation.invariants import OF_A_BUSINESS, OF_THE_PLATFORM
from payme.reconciliation.models import (
    CallbacksWaiting,
    Check,
    Gauges,
    Invariant,
    LedgerLine,
    OpenPayments,
    Run,
    RunAges,
    VerifyReport,
    Violation,
    WalletFigures,
)
from payme.reconciliation.queries import count_rewritten, get_run, list_runs
from payme.reconciliation.services import (
    ask_all_changes,
    ask_changes,
    ask_everybody,
    ask_everything,
    check_business,
    check_platform,
    read_gauges,
    read_run_ages,
    verify,
    verify_changes,
)
from payme.reconciliation.types import RunKind, RunState

__all__ = [
    "OF_A_BUSINESS",
    "OF_THE_PLATFORM",
    "CallbacksWaiting",
    "Check",
    "Gauges",
    "Invariant",
    "InvariantUnknown",
    "LedgerLine",
    "OpenPayments",
    "Run",
    "RunAges",
    "RunKind",
    "RunNotFound",
    "RunState",
    "VerifyReport",
    "Violation",
    "WalletFigures",
    "ask_all_changes",
    "ask_changes",
    "ask_everybody",
    "ask_everything",
    "check_business",
    "check_platform",
    "count_rewritten",
    "get_run",
    "list_runs",
    "read_gauges",
    "read_run_ages",
    "verify",
    "verify_changes",
]
