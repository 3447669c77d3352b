"""Pure decisions of reconciliation."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from payme.issues import NewIssue, OpenIssues, Settled, Severity
from payme.kit.ids import bits_of
from payme.reconciliation.errors import InvariantUnknown
from payme.reconciliation.models import (
    Asked,
    BusinessFigures,
    CallbacksWaiting,
    Finding,
    Gauges,
    Invariant,
    Looked,
    Mark,
    OpenPayments,
    Rewritten,
    RunAges,
    Standing,
    Violation,
    WalletFigures,
)
from payme.reconciliation.types import NIGHTLY, WHOLE, RunKind

_FOCUS = "-- focus: "
_GIVEN = "given AS (SELECT $1::uuid, $2::timestamptz, $3::uuid[])"
_IDS_BEFORE = timedelta(hours=1)
"""A till's clock may be behind, and a transaction long."""
_EDITED = "UPDATE "
DETAILS_MAX = 20
"""Facts of one invariant about one subject that its issue tells."""


def parse_invariant(file_name: str, text: str, rows_max: int, focuses: Mapping[str, str]) -> Invariant:
    """Read an invariant's file: its first comment is the sentence of what must hold, the rest the statement.

    Asked of some things only, the same statement runs over their rows alone: ``focuses`` has, by the kind of thing, the
    tables that take the place of the whole ones.
    """
    identifier = file_name.removesuffix(".sql")
    lines = text.splitlines()
    focus = next((line.removeprefix(_FOCUS) for line in lines if line.startswith(_FOCUS)), NIGHTLY)
    assert lines[0].startswith("-- "), f"{file_name} begins with what must hold"  # noqa: S101
    comments = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    ends = next(place for place, line in enumerate(comments) if line.endswith("."))
    sentence = " ".join(comments[: ends + 1])
    statement = "\n".join(line for line in lines if not line.startswith("--"))
    bounded = f"SELECT subject, detail FROM (\n{statement}\n) AS found LIMIT {rows_max}"  # noqa: S608  our own file
    parameters = max((int(number) for number in re.findall(r"\$([0-9]+)", statement)), default=0)
    assert focus in {WHOLE, NIGHTLY, *focuses}, f"{file_name} has a focus that there is"  # noqa: S101
    narrowed = focuses.get(focus)
    focused = None if narrowed is None else f"WITH {_GIVEN},\n{_code(narrowed)}\n{bounded}"
    tables = frozenset(re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", statement))
    return Invariant(identifier, sentence, "-- scope: platform" in lines, parameters, bounded, focus, tables, focused)


def _code(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def changes_by_table(text: str) -> dict[str, str]:
    """Part the statement that finds what changed into one for each table."""
    parts = re.split(r"^ UNION ALL$", _code(text), flags=re.MULTILINE)
    return {re.findall(r"FROM ([a-z_]+) AS changed", part)[0]: part for part in parts}


def what_to_ask(
    invariants: Iterable[Invariant], changed: Collection[str], lost: Collection[str], again: Collection[str]
) -> list[Asked]:
    """Return what a run asks of changes.

    ``changed`` and ``lost`` are tables: rows of them are new or altered, or gone where nobody may delete any. An
    invariant that names a lost one is asked of everything, and so is one whose open issues are looked at again.
    """
    asked = []
    for invariant in invariants:
        if not invariant.tables.isdisjoint(lost) or invariant.id in again:
            asked.append(Asked(invariant, is_whole=True))
        elif invariant.focus != NIGHTLY and not invariant.tables.isdisjoint(changed):
            asked.append(Asked(invariant, is_whole=invariant.focused is None))
    return asked


def rewritten_since(before: Mapping[str, int], after: Mapping[str, int], telling: Collection[str]) -> Rewritten:
    """Return the tables whose count of changed or deleted rows is not what it was.

    One that is lower was lost in a crash, and then nobody knows. ``telling`` are tables whose rows tell.
    """
    moved = {count for count in {*before, *after} if before.get(count, 0) != after.get(count, 0)}
    edited = {count for count in moved if count.startswith(_EDITED) and _table_of(count) in telling}
    return Rewritten(frozenset(map(_table_of, edited)), frozenset(map(_table_of, moved - edited)))


def _table_of(count: str) -> str:
    return count.rpartition(" ")[2]


def to_ask_again(invariants: Iterable[Invariant], standing: Iterable[Standing], edited: Collection[str]) -> set[str]:
    """Return the invariants that are asked of everything for what was seen before: open issues, and edits by hand.

    A row that was edited was asked about by what it says now; whose it was before, nothing tells.
    """
    kinds = {issue.kind for issue in standing}
    return kinds | {invariant.id for invariant in invariants if not invariant.tables.isdisjoint(edited)}


def lowest_id_of(at: datetime) -> UUID:
    """Return the lowest id that a table's new rows may have, made a while before an instant."""
    return UUID(int=bits_of(at - _IDS_BEFORE))


def gone(
    standing: Iterable[Standing], asked: Iterable[Asked], findings: Sequence[Finding], rows_max: int
) -> list[Settled]:
    """Return the open issues that a run found no more, of invariants that it asked of everything, to the end."""
    counts = Counter(found.invariant for found in findings)
    complete = {one.invariant.id for one in asked if one.is_whole and counts[one.invariant.id] < rows_max}
    found = {(one.invariant, one.subject) for one in findings}
    return [
        Settled(issue.kind, issue.subject_id, "the books agree again")
        for issue in standing
        if issue.kind in complete and (issue.kind, str(issue.subject_id)) not in found
    ]


def in_reading_order(invariants: Iterable[Invariant]) -> list[Invariant]:
    """Order by room and number: W1, W2 … ST10."""
    return sorted(invariants, key=lambda invariant: _place(invariant.id))


def _place(identifier: str) -> tuple[str, int]:
    found = re.fullmatch(r"([A-Z]+)([0-9]+)", identifier)
    assert found, f"{identifier} is letters and a number"  # noqa: S101
    return found[1], int(found[2])


def choose(invariants: Sequence[Invariant], only: Collection[str] | None) -> list[Invariant]:
    """Return the invariants that are asked for, all where nothing is; raises InvariantUnknown."""
    if only is None:
        return list(invariants)
    known = {invariant.id for invariant in invariants}
    for identifier in only:
        if identifier not in known:
            raise InvariantUnknown(invariant=identifier, known=tuple(invariant.id for invariant in invariants))
    return [invariant for invariant in invariants if invariant.id in only]


def told(looked: Looked) -> dict[str, object]:
    """Return the figures of a run as they are kept: of one that found nothing among changes, none."""
    if looked.kind is RunKind.CHANGES and not looked.findings:
        return {}
    return {
        invariant: {"found": figure.found, "seconds": round(figure.seconds, 4), "whole": figure.is_whole}
        for invariant, figure in sorted(looked.figures.items(), key=lambda one: _place(one[0]))
    }


def issues_of_violations(violations: Iterable[Violation]) -> list[NewIssue]:
    """Return an issue for each thing of one business about which an invariant found something; its subject is an id.

    Several facts of one invariant about one thing are one issue, which tells them all.
    """
    details: dict[tuple[str, str], list[str]] = defaultdict(list)
    for violation in violations:
        details[violation.invariant, violation.subject].append(violation.detail)
    return [NewIssue(invariant, UUID(subject), _facts(found)) for (invariant, subject), found in details.items()]


def _facts(details: Sequence[str]) -> dict[str, object]:
    first, *others = details
    return {"detail": first, **({"more": others[: DETAILS_MAX - 1]} if others else {})}


def added(so_far: OpenPayments | None, more: OpenPayments) -> OpenPayments:
    """Add up open payments of one state over businesses."""
    if so_far is None:
        return more
    return OpenPayments(more.state, so_far.count + more.count, max(so_far.oldest_age_s, more.oldest_age_s))


def gauges_of(waiting: CallbacksWaiting, businesses: Sequence[BusinessFigures], runs: RunAges) -> Gauges:
    """Add up how businesses do."""
    states: dict[str, OpenPayments] = {}
    kinds: dict[tuple[str, Severity], OpenIssues] = {}
    for one in businesses:
        for row in one.open_payments:
            states[row.state] = added(states.get(row.state), row)
        for issue in one.open_issues:
            key = (issue.kind, issue.severity)
            kinds[key] = with_more(kinds.get(key), issue)
    return Gauges(
        businesses=len(businesses),
        open_payments=tuple(states[state] for state in sorted(states)),
        callbacks_waiting=waiting,
        tokens=WalletFigures(
            sum(one.tokens.balance_tokens for one in businesses), sum(one.tokens.owed_tokens for one in businesses)
        ),
        open_issues=tuple(kinds[key] for key in sorted(kinds)),
        runs=runs,
    )


def with_more(so_far: OpenIssues | None, more: OpenIssues) -> OpenIssues:
    """Add up open issues of one kind and severity over businesses."""
    if so_far is None:
        return more
    age_s = max(so_far.unseen_age_s, more.unseen_age_s)
    return OpenIssues(more.kind, more.severity, so_far.count + more.count, age_s)


def violations(business_id: UUID | None, findings: Iterable[Finding]) -> list[Violation]:
    """Return what was found, with the business in which it was."""
    return [Violation(found.invariant, business_id, found.subject, found.detail) for found in findings]


def mark_after(before: Mark | None, looked: Looked) -> Mark:
    """Return up to where the books of a business were asked, after one more look."""
    return Mark(
        seen_before=looked.position.seen_before,
        asked_at=looked.at,
        asked_fully_at=looked.at if before is None or looked.kind is RunKind.FULL else before.asked_fully_at,
        asked_again_at=looked.at if before is None or looked.asked_again else before.asked_again_at,
        rewritten=dict(looked.rewritten),
        edited=sorted({*looked.edited, *(before.edited if before and not looked.asked_again else ())}),
    )


def age_s(now: datetime, at: datetime | None) -> float | None:
    """Return how long ago an instant is, in seconds."""
    return None if at is None else (now - at).total_seconds()
