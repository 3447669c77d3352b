"""Reads the invariants once, at import."""

from importlib.resources import files
from typing import Final

from payme.reconciliation.models import Invariant
from payme.reconciliation.rules import in_reading_order, parse_invariant

VIOLATIONS_MAX: Final = 1000
"""Rows that are read of one invariant in one business; a broken book needs a person, not a longer list."""


def _read() -> list[Invariant]:
    found = (file for file in files(__package__).iterdir() if file.name.endswith(".sql"))
    return in_reading_order([parse_invariant(file.name, file.read_text("utf-8"), VIOLATIONS_MAX) for file in found])


_ALL: Final = _read()
OF_A_BUSINESS: Final = tuple(invariant for invariant in _ALL if not invariant.is_of_platform)
OF_THE_PLATFORM: Final = tuple(invariant for invariant in _ALL if invariant.is_of_platform)
ONE_STATEMENT: Final = "\nUNION ALL\n".join(
    f"SELECT '{invariant.id}' AS invariant, subject, detail FROM ({invariant.statement}) AS found"  # noqa: S608  our own files, read above
    for invariant in OF_A_BUSINESS
)
"""Every invariant of one business at once, for those who ask after every commit."""
