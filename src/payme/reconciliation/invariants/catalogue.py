"""Reads the invariants once, at import."""

from importlib.resources import files
from typing import Final

from payme.reconciliation.models import Invariant
from payme.reconciliation.rules import changes_by_table, in_reading_order, parse_invariant

VIOLATIONS_MAX: Final = 1000
"""Rows that are read of one invariant in one business; a broken book needs a person, not a longer list."""


_CHANGES: Final = "changes"


def _texts(*folder: str) -> dict[str, str]:
    found = files(__package__).joinpath(*folder).iterdir()
    return {file.name: file.read_text("utf-8") for file in found if file.name.endswith(".sql")}


def _read() -> list[Invariant]:
    return in_reading_order([parse_invariant(name, text, VIOLATIONS_MAX, _FOCUSES) for name, text in _texts().items()])


_IN_FOCUS: Final = {name.removesuffix(".sql"): text for name, text in _texts("focus").items()}
_FOCUSES: Final = {name: text for name, text in _IN_FOCUS.items() if name != _CHANGES}
CHANGES: Final = f"SELECT relation, ids FROM (\n{_IN_FOCUS[_CHANGES]}\n) AS found LIMIT $5"  # noqa: S608  our own file
"""The rows of one business that a mark had not seen."""
_GIVEN: Final = "WITH given AS (SELECT $3::uuid, $4::timestamptz)"
CHANGES_OF: Final = {
    table: f"{_GIVEN} SELECT relation, ids FROM (\n{part}\n) AS found (relation, ids) LIMIT $5"  # noqa: S608
    for table, part in changes_by_table(_IN_FOCUS[_CHANGES]).items()
}
"""The same of one table."""
_ALL: Final = _read()
OF_A_BUSINESS: Final = tuple(invariant for invariant in _ALL if not invariant.is_of_platform)
OF_THE_PLATFORM: Final = tuple(invariant for invariant in _ALL if invariant.is_of_platform)
ONE_STATEMENT: Final = "\nUNION ALL\n".join(
    f"SELECT '{invariant.id}' AS invariant, subject, detail FROM ({invariant.statement}) AS found"  # noqa: S608  our own files, read above
    for invariant in OF_A_BUSINESS
)
"""Every invariant of one business at once, for those who ask after every commit."""
