"""Documents: receipts, reports and statements as text, CSV, XLSX and PDF. Knows no room of the shop."""

from payme.documents.answers import FORMS, Form, Wanted
from payme.documents.csv_file import render_csv, render_csv_part
from payme.documents.errors import DocumentTooLong
from payme.documents.models import Column, Document, Row, Table
from payme.documents.pdf_file import render_pdf
from payme.documents.plain_text import render_text
from payme.documents.types import PAGE, ROLL, ROWS_MAX, Cell, Format, Kind
from payme.documents.xlsx_file import render_xlsx

__all__ = [
    "FORMS",
    "PAGE",
    "ROLL",
    "ROWS_MAX",
    "Cell",
    "Column",
    "Document",
    "DocumentTooLong",
    "Form",
    "Format",
    "Kind",
    "Row",
    "Table",
    "Wanted",
    "render_csv",
    "render_csv_part",
    "render_pdf",
    "render_text",
    "render_xlsx",
]
