"""Statements: what M-PESA's own statement says, held line by line against the books."""

from payme.statements.errors import (
    DifferenceNotFound,
    DifferenceSettled,
    FixNotByAdjustment,
    MoneyNotBookable,
    StatementImportNotFound,
    StatementNotOurs,
    StatementOfUnknownShortcode,
)
from payme.statements.events import EntryWritten, FeesBooked, StatementCompared, StatementImported
from payme.statements.models import Compared, Difference, Import, Imported, Span
from payme.statements.queries import count_known, get_difference, get_import, list_differences, list_imports
from payme.statements.rules import config_of
from payme.statements.services import carry_out, compare, guard_difference, hold_difference, import_statement
from payme.statements.types import ADJUSTABLE, FIXES, DifferenceState, Fix, ImportState, Reason

__all__ = [
    "ADJUSTABLE",
    "FIXES",
    "Compared",
    "Difference",
    "DifferenceNotFound",
    "DifferenceSettled",
    "DifferenceState",
    "EntryWritten",
    "FeesBooked",
    "Fix",
    "FixNotByAdjustment",
    "Import",
    "ImportState",
    "Imported",
    "MoneyNotBookable",
    "Reason",
    "Span",
    "StatementCompared",
    "StatementImportNotFound",
    "StatementImported",
    "StatementNotOurs",
    "StatementOfUnknownShortcode",
    "carry_out",
    "compare",
    "config_of",
    "count_known",
    "get_difference",
    "get_import",
    "guard_difference",
    "hold_difference",
    "import_statement",
    "list_differences",
    "list_imports",
]
