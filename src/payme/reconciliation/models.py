"""Invariants, what a verification and a run tell, and figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.issues import OpenIssues
from payme.reconciliation.types import RunKind, RunState


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must always hold, and the statement that finds where it does not."""

    id: str
    sentence: str
    is_of_platform: bool
    parameters: int
    """How many of business and now the statement takes."""
    statement: str
    focus: str
    """How a run asks it of what changed: the things that it is asked of, ``whole`` or ``nightly``."""
    tables: frozenset[str]
    """What it names after FROM and JOIN."""
    focused: str | None
    """The statement asked of some things only: it takes business, now and their ids."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An invariant that a run asks, of everything or of what changed."""

    invariant: Invariant
    is_whole: bool


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
class RunAges:
    """How long ago the books were looked at."""

    changes_age_s: float | None
    """Since somebody last looked for changes in any business; none where nobody ever did."""
    full_age_s: float | None
    """Since the business that waits longest was last asked everything; none where none ever was."""
    platform: dict[str, int]
    """What the last full round found of the whole database, by invariant."""


@dataclass(frozen=True, slots=True)
class BusinessFigures:
    """How one business does."""

    open_payments: list[OpenPayments]
    tokens: WalletFigures
    open_issues: list[OpenIssues]


@dataclass(frozen=True, slots=True)
class Gauges:
    """How the businesses do, added up over those that were visited."""

    businesses: int
    open_payments: tuple[OpenPayments, ...]
    callbacks_waiting: CallbacksWaiting
    tokens: WalletFigures
    open_issues: tuple[OpenIssues, ...]
    runs: RunAges


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where the books of a business were asked."""

    seen_before: int
    """Every transaction with a lower number had ended, and the last run saw what it did."""
    asked_at: datetime
    asked_fully_at: datetime | None
    asked_again_at: datetime
    """When invariants with open issues were last asked of everything."""
    rewritten: dict[str, int]
    """Rows changed or deleted, as PostgreSQL counts them, where nobody may do so; by what was done, and the table."""
    edited: list[str]
    """Tables of which rows were changed where nobody may: what names them is to be asked of everything."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Tables of which rows were changed or deleted since a mark, where nobody may do so."""

    edited: frozenset[str]
    """Whose rows still tell which they are: they are read through."""
    lost: frozenset[str]
    """Of which nothing tells what it was: whatever names them is asked of everything."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a snapshot stands in the row of transactions."""

    seen_before: int
    """Every transaction with a lower number has ended."""
    transactions_ago: int | None
    """How many transactions began since a mark; none where that cannot be said."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that a mark had not seen, and the ids by which invariants are asked of it."""

    relation: str
    ids: list[UUID | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """An issue that nobody has closed."""

    kind: str
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class Figure:
    """What became of one invariant in one run."""

    found: int
    seconds: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What one ledger of a business holds, and what its entries add up to."""

    ledger: str
    holds: Decimal
    entries: Decimal
    accounts: int
    """Wallets, batches, credit accounts or drawers."""
    differing: int
    """How many of them do not hold what their own entries add up to."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the books found, before it is written down."""

    kind: RunKind
    since: datetime | None
    at: datetime
    position: Position
    changed_rows: int | None
    asked: tuple[Asked, ...]
    findings: tuple[Finding, ...]
    figures: Mapping[str, Figure]
    asked_again: bool
    rewritten: Mapping[str, int]
    seconds: float
    edited: frozenset[str] = frozenset()
    """Tables of which rows were asked about that were changed where nobody may do so."""
    ledgers: tuple[LedgerLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One look at the books of a business."""

    id: UUID
    kind: RunKind
    state: RunState
    since: datetime | None
    """From when on changes were asked about; none: everything was."""
    at: datetime
    """The instant at which the books were read."""
    changed_rows: int | None
    to_ask: int
    asked: int
    found: int
    opened: int
    seen_again: int
    closed: int
    seconds: float
    figures: dict[str, object]
    ledgers: list[dict[str, object]]
    created_at: datetime
    updated_at: datetime
