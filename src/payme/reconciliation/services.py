"""Commands of reconciliation: ask whether the books agree."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from uuid import UUID

from payme import issues
from payme.issues import OpenIssues, Severity
from payme.kit.db.transaction import Database, Scope, Tx
from payme.reconciliation import queries, rules
from payme.reconciliation.invariants import OF_A_BUSINESS, OF_THE_PLATFORM
from payme.reconciliation.models import (
    CallbacksWaiting,
    Check,
    Finding,
    Gauges,
    Invariant,
    OpenPayments,
    VerifyReport,
    Violation,
    WalletFigures,
)

BUSINESSES_A_PAGE = 1000
GAUGES_BUSINESSES_MAX = 500
"""How many businesses the gauges visit, the newest first; each is one short transaction."""
_PART = "reconciliation"


async def verify(
    database: Database,
    *,
    business_ids: Collection[UUID] | None = None,
    only: Collection[str] | None = None,
    open_issues: bool = False,
) -> VerifyReport:
    """Ask every invariant, or ``only`` some, of every business, or of those named, and of the platform once.

    Each business is read in one snapshot, so a busy shop raises no false alarm. With ``open_issues`` each finding in a
    business becomes an issue of the invariant's kind, unless one stands open or was accepted.
    Locks: none. Raises: InvariantUnknown. Emits: IssueOpened.
    """
    clock = database.seams.clock
    began = clock.now()
    asked = rules.choose((*OF_A_BUSINESS, *OF_THE_PLATFORM), only)
    seconds: dict[str, float] = defaultdict(float)
    violations: list[Violation] = []
    visited = 0
    of_platform = [invariant for invariant in asked if invariant.is_of_platform]
    scope = Scope.system(_PART)
    for invariant in of_platform:
        found = await database.transact(scope, _timed, database, [invariant], seconds)
        violations += _violations(None, found)
    of_business = [invariant for invariant in asked if not invariant.is_of_platform]
    if of_business:
        visited_ones = every_business(database) if business_ids is None else _named(business_ids)
        async for business_id in visited_ones:
            visited += 1
            scope = Scope.system(_PART, business_id)
            broken = _violations(business_id, await database.snapshot(scope, _timed, database, of_business, seconds))
            violations += broken
            if open_issues and broken:
                await database.transact(scope, issues.open_issues, rules.issues_of_violations(broken))
    counts = Counter(violation.invariant for violation in violations)
    checks = tuple(Check(one.id, one.sentence, counts[one.id], seconds[one.id]) for one in asked)
    return VerifyReport(tuple(violations), checks, visited, (clock.now() - began).total_seconds())


async def every_business(database: Database) -> AsyncIterator[UUID]:
    """Visit every business there is, a page at a time, for work that goes through them one by one."""
    last: UUID | None = None
    while page := await database.transact(Scope.system(_PART), queries.list_businesses, last, BUSINESSES_A_PAGE):
        for last in page:
            yield last


async def _named(business_ids: Collection[UUID]) -> AsyncIterator[UUID]:
    for business_id in business_ids:
        yield business_id


async def _timed(
    tx: Tx, database: Database, invariants: Sequence[Invariant], seconds: dict[str, float]
) -> list[Finding]:
    await queries.plan_for_any_size(tx)
    findings = []
    for invariant in invariants:
        began = database.seams.clock.now()
        findings += await queries.ask(tx, invariant)
        seconds[invariant.id] += (database.seams.clock.now() - began).total_seconds()
    return findings


def _violations(business_id: UUID | None, findings: Sequence[Finding]) -> list[Violation]:
    return [Violation(found.invariant, business_id, found.subject, found.detail) for found in findings]


async def check_business(tx: Tx) -> list[Violation]:
    """Ask every invariant of one business in one statement, inside the caller's transaction.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    return _violations(tx.business_id, await queries.ask_all(tx))


async def check_platform(tx: Tx) -> list[Violation]:
    """Ask every invariant of the whole database, inside a transaction without a business.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    assert not tx.has_business, "the platform is asked without a business"  # noqa: S101
    findings = [found for invariant in OF_THE_PLATFORM for found in await queries.ask(tx, invariant)]
    return _violations(None, findings)


async def read_gauges(database: Database) -> Gauges:
    """Add up how the businesses do, for metrics: at most ``GAUGES_BUSINESSES_MAX`` of them, the newest.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    anywhere = Scope.system(_PART)
    waiting: CallbacksWaiting = await database.transact(anywhere, queries.callbacks_waiting)
    visited = await database.transact(anywhere, queries.list_newest_businesses, GAUGES_BUSINESSES_MAX)
    states: dict[str, OpenPayments] = {}
    kinds: Counter[tuple[str, Severity]] = Counter()
    balance = owed = 0
    for business_id in visited:
        payments, tokens, waiting_issues = await database.transact(Scope.system(_PART, business_id), _figures)
        for row in payments:
            states[row.state] = rules.added(states.get(row.state), row)
        kinds.update({(row.kind, row.severity): row.count for row in waiting_issues})
        balance += tokens.balance_tokens
        owed += tokens.owed_tokens
    return Gauges(
        businesses=len(visited),
        open_payments=tuple(states[state] for state in sorted(states)),
        callbacks_waiting=waiting,
        tokens=WalletFigures(balance, owed),
        open_issues=tuple(OpenIssues(*key, kinds[key]) for key in sorted(kinds)),
    )


async def _figures(tx: Tx) -> tuple[list[OpenPayments], WalletFigures, list[OpenIssues]]:
    return await queries.open_payments(tx), await queries.wallet_figures(tx), await issues.count_open(tx)
