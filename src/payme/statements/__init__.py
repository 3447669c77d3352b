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
from payme.statements.models import Books, Compared, Difference, Finding, Import, Imported, Span
from payme.statements.queries import (
    count_known,
    get_books,
    get_difference,
    get_import,
    list_covered,
    list_differences,
    list_imports,
)
from payme.statements.rules import clipped, config_of
from payme.statements.services import (
    carry_out,
    compare,
    find_differences,
    guard_difference,
    hold_difference,
    import_statement,
)
from payme.statements.types import ADJUSTABLE, FIXES, DifferenceState, Fix, ImportState, Reason

__all__ = [
    "ADJUSTABLE",
    "FIXES",
    "Books",
    "Compared",
    "Difference",
    "DifferenceNotFound",
    "DifferenceSettled",
    "DifferenceState",
    "EntryWritten",
    "FeesBooked",
    "Finding",
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
    "clipped",
    "compare",
    "config_of",
    "count_known",
    "find_differences",
    "get_books",
    "get_difference",
    "get_import",
    "guard_difference",
    "hold_difference",
    "import_statement",
    "list_covered",
    "list_differences",
    "list_imports",
]
