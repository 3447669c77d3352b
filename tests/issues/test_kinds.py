"""Every kind of issue that can be opened has a severity and a page that says what to do."""

import re
from pathlib import Path

import pytest

from payme import settlement
from payme.issues import KINDS, LOOKED_AT, find_kind
from payme.issues.types import ESCALATES_AFTER, Severity
from payme.reconciliation import OF_A_BUSINESS
from payme.refunds.types import Doubt as DoubtOfReversal

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"


def kinds_that_can_be_opened() -> list[str]:
    """Of facts, of doubts, of two rules of their own, and of invariants."""
    doubts = {*map(str, settlement.Doubt), *map(str, DoubtOfReversal)}
    facts = {kind for _, kind in LOOKED_AT} | doubts | {"claim_differs", "unsettled_refund", "restored_refund"}
    return sorted(facts | {invariant.id for invariant in OF_A_BUSINESS})


@pytest.mark.parametrize("kind", kinds_that_can_be_opened())
def test_a_kind_has_a_severity_and_a_page_that_names_it(kind: str) -> None:
    known = find_kind(kind)

    assert known is not None, "give it a severity and a runbook in payme.issues.rules"
    page = (RUNBOOKS / f"{known.runbook}.md").read_text("utf-8")
    letters = re.sub(r"[0-9]+$", "", kind) if kind[0].isupper() else kind
    assert f"`{kind}`" in page or f"`{letters}`" in page


def test_nothing_is_written_down_for_no_kind() -> None:
    letters = {re.sub(r"[0-9]+$", "", invariant.id) for invariant in OF_A_BUSINESS}
    apart = {"audit", *(kind for kind in KINDS if kind.startswith("statement_"))}
    assert set(KINDS) - apart - letters <= set(kinds_that_can_be_opened())


def test_the_readme_says_how_long_each_severity_waits() -> None:
    said = re.findall(
        r"^\| (\w+) \| .* \| (\S+(?: \w+)?) \|$", (RUNBOOKS / "README.md").read_text("utf-8"), re.MULTILINE
    )
    waits = {Severity(name): wait for name, wait in said if name in set(Severity)}

    assert waits == {
        Severity.CRITICAL: "15 minutes",
        Severity.HIGH: "2 hours",
        Severity.MEDIUM: "24 hours",
        Severity.LOW: "never",
    }
    assert {severity: wait.total_seconds() for severity, wait in ESCALATES_AFTER.items()} == {
        Severity.CRITICAL: 15 * 60,
        Severity.HIGH: 2 * 3600,
        Severity.MEDIUM: 24 * 3600,
    }


@pytest.mark.parametrize("kind", ["audit_changed", "audit_cut"])
def test_a_fault_of_the_seal_is_critical(kind: str) -> None:
    known = find_kind(kind)
    assert known is not None
    assert (known.severity, known.runbook) == (Severity.CRITICAL, "audit-faults")


def test_an_unknown_kind_is_looked_at_all_the_same() -> None:
    assert find_kind("never_heard_of") is None
