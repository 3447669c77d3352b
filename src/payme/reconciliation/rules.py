"""Pure decisions of reconciliation."""

import re
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from payme.issues import NewIssue
from payme.reconciliation.errors import InvariantUnknown
from payme.reconciliation.models import Invariant, OpenPayments, Violation


def parse_invariant(file_name: str, text: str, rows_max: int) -> Invariant:
    """Read an invariant's file: its first comment is the sentence of what must hold, the rest the statement."""
    identifier = file_name.removesuffix(".sql")
    lines = text.splitlines()
    assert lines[0].startswith("-- "), f"{file_name} begins with what must hold"  # noqa: S101
    comments = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    sentence = comments[0]
    for line in comments[1:]:
        if sentence.endswith("."):
            break
        sentence += " " + line
    statement = "\n".join(line for line in lines if not line.startswith("--"))
    bounded = f"SELECT subject, detail FROM (\n{statement}\n) AS found LIMIT {rows_max}"  # noqa: S608  our own file
    parameters = max((int(number) for number in re.findall(r"\$([0-9]+)", statement)), default=0)
    return Invariant(identifier, sentence, "-- scope: platform" in lines, parameters, bounded)


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


def issues_of_violations(violations: Iterable[Violation]) -> list[NewIssue]:
    """Return an issue for each thing of one business about which an invariant found something; its subject is an id."""
    return [
        NewIssue(violation.invariant, UUID(violation.subject), {"detail": violation.detail}) for violation in violations
    ]


def added(so_far: OpenPayments | None, more: OpenPayments) -> OpenPayments:
    """Add up open payments of one state over businesses."""
    if so_far is None:
        return more
    return OpenPayments(more.state, so_far.count + more.count, max(so_far.oldest_age_s, more.oldest_age_s))
