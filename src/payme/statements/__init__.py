"""Statements: what M-PESA's own statement says, held line by line against the books."""

from payme.statements.errors import (
    DifferenceNotFound,
    StatementImportNotFound,
    StatementNotOurs,
    StatementOfUnknownShortcode,
)
from payme.statements.events import EntryWritten, FeesBooked, StatementCompared, StatementImported
from payme.statements.models import Compared, Difference, Import, Imported, Span
from payme.statements.queries import count_known, get_difference, get_import, list_differences, list_imports
from payme.statements.rules import config_of
from payme.statements.services import compare, import_statement
from payme.statements.types import FIXES, DifferenceState, Fix, ImportState, Reason

__all__ = [
    "FIXES",
    "Compared",
    "Difference",
    "DifferenceNotFound",
    "DifferenceState",
    "EntryWritten",
    "FeesBooked",
    "Fix",
    "Import",
    "ImportState",
    "Imported",
    "Reason",
    "Span",
    "StatementCompared",
    "StatementImportNotFound",
    "StatementImported",
    "StatementNotOurs",
    "StatementOfUnknownShortcode",
    "compare",
    "config_of",
    "count_known",
    "get_difference",
    "get_import",
    "import_statement",
    "list_differences",
    "list_imports",
]
