"""Refusals of documents."""

from dataclasses import dataclass

from payme.kit.errors import Invalid


@dataclass(eq=False)
class DocumentTooLong(Invalid):
    """More rows than fit the form that was asked for."""

    code = "document_too_long"
    title = "This is too much for one document."
    advice = "Ask for a shorter period; as CSV or XLSX more rows fit than on paper."
    rows: int
    rows_max: int
