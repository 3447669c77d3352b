"""Statement files: the organisation portal's statement as CSV or XLSX, read. Pure; knows no other room of the shop."""

from payme.statement_files.errors import StatementUnreadable
from payme.statement_files.models import FileLine, RefusedLine, StatementFile
from payme.statement_files.services import read_statement
from payme.statement_files.types import FILE_BYTES_MAX, ROWS_MAX, Direction, Form, LineKind

__all__ = [
    "FILE_BYTES_MAX",
    "ROWS_MAX",
    "Direction",
    "FileLine",
    "Form",
    "LineKind",
    "RefusedLine",
    "StatementFile",
    "StatementUnreadable",
    "read_statement",
]
