"""What statements show."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from payme.http.fields import MoneyOut, Out
from payme.statement_files import Form, StatementFile
from payme.statements.models import Difference, Import, Imported
from payme.statements.types import DifferenceState, Fix, ImportState, Reason


class ImportOut(Out):
    """A statement that was brought."""

    id: UUID
    payment_config_id: UUID
    shortcode: str
    file_name: str
    file_sha256: str
    form: Form
    state: ImportState = Field(description="`reading` where it broke off: bring the same file again.")
    covers_from: datetime | None = Field(description="The time of which the file tells all, the end not included.")
    covers_to: datetime | None
    rows: int
    new_lines: int
    known_lines: int = Field(description="Lines that another statement, or this one, had brought.")
    not_completed: int = Field(description="Rows that moved no money.")
    refused: int = Field(description="Rows that could not be read.")
    imported_by: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, found: Import) -> Self:
        """Show an import."""
        named = {name: getattr(found, name) for name in cls.model_fields if name != "file_sha256"}
        return cls(file_sha256=found.file_digest.hex(), **named)


class RefusedLineOut(Out):
    """A row that could not be read."""

    line: int
    reason: str


class ComparedOut(Out):
    """How statement and books compare in the time that the file covers."""

    open: int = Field(description="Differences that stand.")
    found: int = Field(description="Of them, found just now.")
    settled: int = Field(description="Differences that stood and are gone.")


class ImportedOut(Out):
    """What became of a file."""

    statement: ImportOut
    compared: ComparedOut | None
    refused_lines: list[RefusedLineOut] = Field(description="The first thousand.")

    @classmethod
    def of(cls, done: Imported, file: StatementFile) -> Self:
        """Show what became of a file."""
        compared = done.compared
        return cls(
            statement=ImportOut.of(done.imported),
            compared=ComparedOut.model_validate(compared, from_attributes=True) if compared else None,
            refused_lines=[RefusedLineOut(line=row.number, reason=row.reason) for row in file.refused],
        )


class DifferenceOut(Out):
    """A place where a statement and the books disagree."""

    id: UUID
    shortcode: str
    reason: Reason
    fix: Fix = Field(description="The one thing that is suggested.")
    state: DifferenceState
    receipt: str
    amount: MoneyOut = Field(description="What the statement has more than the books.")
    at: datetime
    line_id: UUID | None
    money_in_id: UUID | None
    payment_id: UUID | None
    callback_id: UUID | None
    created_at: datetime
    settled_at: datetime | None
    settled_by: str

    @classmethod
    def of(cls, found: Difference) -> Self:
        """Show a difference."""
        named = {name: getattr(found, name) for name in cls.model_fields if name != "state"}
        return cls(state=DifferenceState.OPEN if found.settled_at is None else DifferenceState.SETTLED, **named)
