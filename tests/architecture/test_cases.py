"""Every nasty case of docs/cases.md is shown by tests that exist."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.source import ROOT

# Those of shops that sell offline are added with what they are about.
CASES = frozenset({*range(1, 16), *range(19, 27)})
_ROW = re.compile(r"^\| (?P<cases>N\d+(?:, N\d+)*) \|.*\| (?P<tests>[^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def cases_of(text: str) -> dict[int, set[tuple[str, str]]]:
    """Return each case of a table with its tests: file and name."""
    return {
        int(case.removeprefix("N")): set(_TEST.findall(row["tests"]))
        for row in _ROW.finditer(text)
        for case in row["cases"].split(", ")
    }


def all_tests_of(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield str(path.relative_to(ROOT)), node.name


def findings(told: Mapping[int, set[tuple[str, str]]], there: set[tuple[str, str]]) -> list[str]:
    """Say which cases have no test, and which tests do not exist."""
    missing = [f"N{case} has no test" for case in sorted(CASES) if not told.get(case)]
    gone = [f"{place}::{name} does not exist" for tests in told.values() for place, name in sorted(tests - there)]
    return missing + gone


def test_every_case_is_shown_by_tests_that_exist() -> None:
    told = cases_of((ROOT / "docs" / "cases.md").read_text(encoding="utf-8"))

    assert findings(told, set(all_tests_of(ROOT / "tests"))) == []


def test_the_gate_bites() -> None:
    told = {case: {("tests/a.py", "test_it")} for case in CASES} | {3: set(), 4: {("tests/a.py", "test_gone")}}

    assert findings(told, {("tests/a.py", "test_it")}) == [
        "N3 has no test",
        "tests/a.py::test_gone does not exist",
    ]
