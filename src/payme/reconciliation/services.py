"""Commands of reconciliation: ask whether the books agree."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from payme import issues
from payme.identity import every_business
from payme.kit.db.transaction import Database, Scope, Tx
from payme.reconciliation import queries, repository, rules
from payme.reconciliation.invariants import CHANGES_OF, OF_A_BUSINESS, OF_THE_PLATFORM, VIOLATIONS_MAX
from payme.reconciliation.models import (
    Asked,
    BusinessFigures,
    CallbacksWaiting,
    Check,
    Figure,
    Finding,
    Gauges,
    Invariant,
    LedgerLine,
    Looked,
    Mark,
    Run,
    RunAges,
    VerifyReport,
    Violation,
)
from payme.reconciliation.types import RunKind

GAUGES_BUSINESSES_MAX = 500
"""The newest; each is one short transaction."""
CHANGES_MAX: Final = 20_000
"""Rows that changed beyond which everything is asked instead."""
CALLBACKS_WITHIN: Final = timedelta(days=7)
"""How far back callbacks are looked through for changes."""
ASK_AGAIN_AFTER: Final = timedelta(minutes=5)
"""How often what has an open issue is asked of everything, so that the issue closes soon after the repair."""
SILENT_AFTER: Final = timedelta(minutes=10)
"""A run that says nothing for so long was killed: no statement may take half of it."""
TELL_EVERY_S: Final = 2.0
TABLES: Final = frozenset().union(*(invariant.tables for invariant in OF_A_BUSINESS))
"""What the invariants of a business name: its books, and words that are no table."""
_PART = "reconciliation"

Tell = Callable[[int], Awaitable[None]]


async def verify(
    database: Database,
    *,
    business_ids: Collection[UUID] | None = None,
    only: Collection[str] | None = None,
    open_issues: bool = False,
    on_business: Callable[[int], None] = lambda _: None,
) -> VerifyReport:
    """Ask every invariant, or ``only`` some, of every business, or of those named, and of the platform once.

    Each business is read in one snapshot, so a busy shop raises no false alarm. With ``open_issues`` each finding in a
    business becomes an issue of the invariant's kind, unless one stands open or was accepted. ``on_business`` is told
    of each business, by its number.
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
        violations += rules.violations(None, found)
    of_business = [invariant for invariant in asked if not invariant.is_of_platform]
    if of_business:
        async for business_id in _visited(database, business_ids):
            visited += 1
            scope = Scope.system(_PART, business_id)
            broken = rules.violations(
                business_id, await database.snapshot(scope, _timed, database, of_business, seconds)
            )
            violations += broken
            on_business(visited)
            if open_issues and broken:
                await database.transact(scope, issues.open_issues, rules.issues_of_violations(broken))
    counts = Counter(violation.invariant for violation in violations)
    checks = tuple(Check(one.id, one.sentence, counts[one.id], seconds[one.id]) for one in asked)
    return VerifyReport(tuple(violations), checks, visited, (clock.now() - began).total_seconds())


async def verify_changes(
    database: Database, *, business_ids: Collection[UUID] | None = None, on_business: Callable[[int], None]
) -> VerifyReport:
    """Ask of every business, or of those named, what changed since its last run; write nothing down.

    Where nobody can say what changed, everything is asked.
    Locks: none. Raises: nothing. Emits: nothing.
    """
    began = database.seams.clock.now()
    rewritten = await database.transact(Scope.system(_PART), queries.count_rewritten)
    seconds: dict[str, float] = defaultdict(float)
    violations: list[Violation] = []
    visited = 0
    async for business_id in _visited(database, business_ids):
        visited += 1
        scope = Scope.system(_PART, business_id)
        looked = await database.snapshot(scope, look_at_changes, database, rewritten)
        if isinstance(looked, Looked):
            violations += rules.violations(business_id, looked.findings)
            for invariant, figure in looked.figures.items():
                seconds[invariant] += figure.seconds
        elif looked:
            found = await database.snapshot(scope, _timed, database, OF_A_BUSINESS, seconds)
            violations += rules.violations(business_id, found)
        on_business(visited)
    counts = Counter(violation.invariant for violation in violations)
    asked = [invariant for invariant in OF_A_BUSINESS if invariant.id in seconds]
    checks = tuple(Check(one.id, one.sentence, counts[one.id], seconds[one.id]) for one in asked)
    took_s = (database.seams.clock.now() - began).total_seconds()
    return VerifyReport(tuple(violations), checks, visited, took_s)


async def _visited(database: Database, business_ids: Collection[UUID] | None) -> AsyncIterator[UUID]:
    if business_ids is None:
        async for business_id in every_business(database):
            yield business_id
    else:
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


async def check_business(tx: Tx) -> list[Violation]:
    """Ask every invariant of one business in one statement, inside the caller's transaction.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    return rules.violations(tx.business_id, await queries.ask_all(tx))


async def check_platform(tx: Tx) -> list[Violation]:
    """Ask every invariant of the whole database, inside a transaction without a business.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    assert not tx.has_business, "the platform is asked without a business"  # noqa: S101
    findings = [found for invariant in OF_THE_PLATFORM for found in await queries.ask(tx, invariant)]
    return rules.violations(None, findings)


async def ask_changes(database: Database, business_id: UUID, rewritten: Mapping[str, int]) -> Run | None:
    """Ask what the changes since the last run may have broken, and write down what was found.

    ``rewritten`` is what ``queries.count_rewritten`` said, before. Where no mark says up to where the books were asked,
    or more changed than is worth telling apart, everything is asked. Returns None where there was nothing to ask.
    Locks: none. Raises: nothing. Emits: IssueOpened, IssueSettled.
    """
    run = await _ask_changes(database, business_id, rewritten)
    return None if isinstance(run, bool) else run


async def _ask_changes(database: Database, business_id: UUID, rewritten: Mapping[str, int]) -> Run | bool:
    """Return the run; True where there was nothing to ask, False where somebody is at everything, or died there."""
    scope = Scope.system(_PART, business_id)
    looked = await database.snapshot(scope, look_at_changes, database, rewritten)
    if isinstance(looked, Looked):
        return await database.transact(scope, _write_down, database.seams.new_id(), looked)
    return (await ask_everything(database, business_id, rewritten) or False) if looked else True


async def look_at_changes(tx: Tx, database: Database, rewritten: Mapping[str, int]) -> Looked | bool:
    """Return what was found; False where nothing changed, True where everything must be asked.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    began = database.seams.clock.now()
    mark = await queries.find_mark(tx)
    if mark is None:
        return True
    position = await queries.position_after(tx, mark.seen_before)
    if (ago := position.transactions_ago) is None:
        return True
    lowest_id, since = rules.lowest_id_of(mark.asked_at), mark.asked_at - CALLBACKS_WITHIN
    altered = rules.rewritten_since(mark.rewritten, rewritten, CHANGES_OF)
    changes = await queries.list_changes(tx, ago, lowest_id, since, altered.edited, CHANGES_MAX + 1)
    if len(changes) > CHANGES_MAX:
        return True
    await queries.plan_for_little(tx)
    again = await _to_ask_again(tx, mark)
    asked = rules.what_to_ask(OF_A_BUSINESS, {change.relation for change in changes}, altered.lost, again)
    if not changes and not asked and not altered.edited:
        return False
    ids = sorted({one for change in changes for one in change.ids if one is not None})
    findings, figures = await _ask(tx, database, asked, ids, None)
    return Looked(
        kind=RunKind.CHANGES,
        since=mark.asked_at,
        at=tx.now,
        position=position,
        changed_rows=len(changes),
        asked=tuple(asked),
        findings=tuple(findings),
        figures=figures,
        asked_again=bool(again),
        rewritten=rewritten,
        seconds=(database.seams.clock.now() - began).total_seconds(),
        edited=altered.edited & {change.relation for change in changes},
    )


async def _to_ask_again(tx: Tx, mark: Mark) -> set[str]:
    if tx.now - mark.asked_again_at < ASK_AGAIN_AFTER:
        return set()
    standing = await queries.list_standing(tx, [invariant.id for invariant in OF_A_BUSINESS], tx.now)
    return rules.to_ask_again(OF_A_BUSINESS, standing, mark.edited)


async def _ask(
    tx: Tx, database: Database, asked: Sequence[Asked], ids: Sequence[UUID], tell: Tell | None
) -> tuple[list[Finding], dict[str, Figure]]:
    findings: list[Finding] = []
    figures = {}
    clock = database.seams.clock
    told_at = clock.now()
    for number, one in enumerate(sorted(asked, key=lambda one: one.is_whole), start=1):
        if one.is_whole:
            await queries.plan_for_any_size(tx)
        began = clock.now()
        found = await queries.ask_changed(tx, one, ids)
        ended = clock.now()
        figures[one.invariant.id] = Figure(len(found), (ended - began).total_seconds(), one.is_whole)
        findings += found
        if tell is not None and (ended - told_at).total_seconds() >= TELL_EVERY_S:
            told_at = ended
            await tell(number)
    return findings, figures


async def ask_everything(database: Database, business_id: UUID, rewritten: Mapping[str, int]) -> Run | None:
    """Ask every invariant of a business, and write down what was found, and on the way how far it came.

    Returns None where somebody is at it. A run whose worker died is given up after ``SILENT_AFTER``.
    Locks: none. Raises: nothing. Emits: IssueOpened, IssueSettled.
    """
    scope = Scope.system(_PART, business_id)
    run_id = database.seams.new_id()
    if not await database.transact(scope, _begin, run_id):
        return None

    async def tell(asked: int) -> None:
        await database.transact(scope, repository.note_progress, run_id, asked)

    looked = await database.snapshot(scope, _look_at_everything, database, rewritten, tell)
    return await database.transact(scope, _write_down, run_id, looked)


async def _begin(tx: Tx, run_id: UUID) -> bool:
    await repository.abandon_runs(tx, tx.now - SILENT_AFTER)
    return await repository.begin_run(tx, run_id, len(OF_A_BUSINESS))


async def _look_at_everything(tx: Tx, database: Database, rewritten: Mapping[str, int], tell: Tell) -> Looked:
    began = database.seams.clock.now()
    position = await queries.position_after(tx, None)
    asked = tuple(Asked(invariant, is_whole=True) for invariant in OF_A_BUSINESS)
    findings, figures = await _ask(tx, database, asked, (), tell)
    ledgers: list[LedgerLine] = await queries.add_up_ledgers(tx)
    return Looked(
        kind=RunKind.FULL,
        since=None,
        at=tx.now,
        position=position,
        changed_rows=None,
        asked=asked,
        findings=tuple(findings),
        figures=figures,
        ledgers=tuple(ledgers),
        asked_again=True,
        rewritten=rewritten,
        seconds=(database.seams.clock.now() - began).total_seconds(),
    )


async def _write_down(tx: Tx, run_id: UUID, looked: Looked) -> Run:
    """Open and close issues, write the run down, and move the mark, all in one transaction."""
    new = rules.issues_of_violations(rules.violations(tx.business_id, looked.findings))
    # What somebody saw since this look began may be of later than it: only they know whether it is gone.
    standing = await queries.list_standing(tx, [one.invariant.id for one in looked.asked if one.is_whole], looked.at)
    gone = rules.gone(standing, looked.asked, looked.findings, VIOLATIONS_MAX)
    opened = await issues.open_issues(tx, new)
    closed = await issues.settle(tx, gone)
    outcome = (len(opened), len(new) - len(opened), len(closed))
    figures = rules.told(looked)
    if looked.kind is RunKind.FULL:
        repository.end_run(tx, run_id, looked, outcome, figures)
    else:
        repository.insert_run(tx, run_id, looked, outcome, figures)
    repository.move_mark(tx, rules.mark_after(await queries.find_mark(tx), looked))
    return await queries.get_run(tx, run_id)


async def ask_all_changes(database: Database, every_s: float, *, business_ids: Collection[UUID] | None = None) -> int:
    """Look at what changed in every business, or in those named.

    Not where somebody did less than ``every_s`` ago, or nothing was written since a look that came to its end. Returns
    how many were asked.
    Locks: none. Raises: nothing. Emits: IssueOpened, IssueSettled.
    """
    anywhere = Scope.system(_PART)
    writes = await database.transact(anywhere, _take_look, every_s)
    if writes is None:
        return 0
    rewritten = await database.transact(anywhere, queries.count_rewritten)
    runs = [await _ask_changes(database, one, rewritten) async for one in _visited(database, business_ids)]
    if False not in runs:
        await database.transact(anywhere, repository.end_look, writes)
    return sum(not isinstance(run, bool) for run in runs)


async def _take_look(tx: Tx, every_s: float) -> int | None:
    writes = await queries.count_writes(tx, TABLES)
    return writes if await repository.take_look(tx, tx.now - timedelta(seconds=every_s), writes) else None


async def ask_everybody(
    database: Database, *, begin: bool, business_ids: Collection[UUID] | None = None
) -> list[Violation]:
    """Ask everything of the platform and of every business, or of those named: a night's round, begun or gone on with.

    Whoever was asked since the round began is not asked again, so one that was killed goes on where it stopped. It is
    not over while somebody is at a business, or died there, so that the next to go on with it sees to that one.
    Returns what was found of the platform, which is nobody's issue.
    Locks: none. Raises: nothing. Emits: IssueOpened, IssueSettled.
    """
    anywhere = Scope.system(_PART)
    if begin:
        await database.transact(anywhere, repository.begin_round)
    began_at = await database.transact(anywhere, queries.find_open_round)
    if began_at is None:
        return []
    platform = await database.transact(anywhere, _ask_platform, began_at)
    rewritten = await database.transact(anywhere, queries.count_rewritten)
    is_done = True
    async for business_id in _visited(database, business_ids):
        mark = await database.transact(Scope.system(_PART, business_id), queries.find_mark)
        if mark is not None and mark.asked_fully_at is not None and mark.asked_fully_at >= began_at:
            continue
        run = await ask_everything(database, business_id, rewritten)
        if run is None:
            is_done = False
        else:
            await database.transact(anywhere, repository.note_round, began_at, 1, run.found, False)  # noqa: FBT003
    if is_done:
        await database.transact(anywhere, repository.note_round, began_at, 0, 0, True)  # noqa: FBT003
    return platform


async def _ask_platform(tx: Tx, began_at: datetime) -> list[Violation]:
    found = await check_platform(tx)
    await repository.note_platform(tx, began_at, Counter(violation.invariant for violation in found))
    return found


async def read_run_ages(tx: Tx) -> RunAges:
    """Return how long ago the books were looked at. Locks: none. Raises: nothing. Emits: nothing."""
    looked_at, full_at = await queries.last_look(tx), await queries.last_round(tx)
    platform = await queries.last_platform_figures(tx)
    return RunAges(rules.age_s(tx.now, looked_at), rules.age_s(tx.now, full_at), platform)


async def read_gauges(database: Database) -> Gauges:
    """Add up how the businesses do, for metrics: at most ``GAUGES_BUSINESSES_MAX`` of them, the newest.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    anywhere = Scope.system(_PART)
    waiting: CallbacksWaiting = await database.transact(anywhere, queries.callbacks_waiting)
    visited = await database.transact(anywhere, queries.list_newest_businesses, GAUGES_BUSINESSES_MAX)
    figures = [await database.transact(Scope.system(_PART, business_id), _figures) for business_id in visited]
    return rules.gauges_of(waiting, figures, await database.transact(anywhere, read_run_ages))


async def _figures(tx: Tx) -> BusinessFigures:
    return BusinessFigures(
        await queries.open_payments(tx), await queries.wallet_figures(tx), await issues.count_open(tx)
    )
