"""Invariants, what a verification tells, and figures."""

from dataclasses import dataclass
from uuid import UUID

from payme.issues import OpenIssues


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must always hold, and the statement that finds where it does not."""

    id: str
    sentence: str
    is_of_platform: bool
    parameters: int
    """How many of business and now the statement takes."""
    statement: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that an invariant found in one business."""

    invariant: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A row that an invariant found; no business where it is a matter of the whole database."""

    invariant: str
    business_id: UUID | None
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one invariant, over all businesses that were asked."""

    invariant: str
    sentence: str
    violations: int
    seconds: float


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found."""

    violations: tuple[Violation, ...]
    checks: tuple[Check, ...]
    businesses: int
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether every book agrees."""
        return not self.violations


@dataclass(frozen=True, slots=True)
class OpenPayments:
    """M-Pesa payments of one state that have no end yet."""

    state: str
    count: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True)
class CallbacksWaiting:
    """Callbacks stored and not applied."""

    count: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True)
class WalletFigures:
    """Prepaid tokens."""

    balance_tokens: int
    owed_tokens: int


@dataclass(frozen=True, slots=True)
class Gauges:
    """How the businesses do, added up over those that were visited."""

    businesses: int
    open_payments: tuple[OpenPayments, ...]
    callbacks_waiting: CallbacksWaiting
    tokens: WalletFigures
    open_issues: tuple[OpenIssues, ...]
