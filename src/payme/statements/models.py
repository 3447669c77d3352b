"""Rows of statements, and what is compared."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from payme.callbacks import PathKind
from payme.statement_files import Form
from payme.statements.types import Fix, ImportState, Reason


@dataclass(frozen=True, slots=True)
class Import:
    """One statement file that was brought, and what became of its rows; ``covers_to`` is not covered itself."""

    id: UUID
    payment_config_id: UUID
    shortcode: str
    file_name: str
    file_digest: bytes
    form: Form
    state: ImportState
    covers_from: datetime | None
    covers_to: datetime | None
    rows: int
    new_lines: int
    known_lines: int
    not_completed: int
    refused: int
    imported_by: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A time: from … to, the end excluded."""

    start: datetime
    end: datetime

    def has(self, at: datetime) -> bool:
        """Say whether an instant is within."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Suspect:
    """A payment on a statement that is not plainly in the books.

    ``booked_…`` is what the books have of its receipt. ``is_again`` says that the statement has the receipt twice, and
    the other line is the one to go by; ``is_elsewhere`` that another business has it in its books.
    """

    id: UUID
    shortcode: str
    receipt: str
    amount: Decimal
    completed_at: datetime
    by_prompt: bool
    phone: str = field(repr=False)
    account_reference: str
    booked_id: UUID | None
    booked_shortcode: str | None
    booked_amount: Decimal | None
    is_again: bool
    is_elsewhere: bool


@dataclass(frozen=True, slots=True)
class KeptLine:
    """What a line says of a payment."""

    id: UUID
    receipt: str
    amount: Decimal
    completed_at: datetime
    phone: str = field(repr=False)
    account_reference: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A payment that we asked for and that nobody told us the end of in money."""

    id: UUID
    shortcode: str
    account_reference: str
    phone: str = field(repr=False)
    amount: Decimal
    created_at: datetime
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A callback that waits, is doubted or died, and the receipt it names."""

    id: UUID
    receipt: str


@dataclass(frozen=True, slots=True)
class Told:
    """A callback that waits, is doubted or died, as it came."""

    id: UUID
    kind: PathKind
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Moved:
    """Something else on a statement that the books lack: a reversal, a fee; or a receipt that only the books have.

    ``line_id`` and ``money_in_id`` are what is known of it; ``amount`` is what the statement has more than the books.
    """

    line_id: UUID | None
    money_in_id: UUID | None
    receipt: str
    amount: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a statement says of a receipt under which the portal paid something out of a shortcode.

    ``adjusted`` is what adjusting entries have taken out of the books for it.
    """

    shortcode: str
    receipt: str
    amount: Decimal
    adjusted: Decimal
    at: datetime

    @property
    def span(self) -> Span:
        """The time of its line alone."""
        return Span(self.at, self.at + timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Unseen:
    """A refund that M-PESA paid by a reversal between two instants, say our books; no statement has the reversal."""

    refund_id: UUID
    money_in_id: UUID
    receipt: str
    amount: Decimal
    since: datetime
    paid_at: datetime

    @property
    def span(self) -> Span:
        """When the reversal must have been."""
        return Span(self.since, self.paid_at)


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement; ``amount`` is what the statement has more than the books."""

    reason: Reason
    fix: Fix
    subject_id: UUID
    line_id: UUID | None
    money_in_id: UUID | None
    payment_id: UUID | None
    callback_id: UUID | None
    receipt: str
    amount: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """A disagreement that was found, until it is settled."""

    id: UUID
    shortcode: str
    reason: Reason
    fix: Fix
    subject_id: UUID
    line_id: UUID | None
    money_in_id: UUID | None
    payment_id: UUID | None
    callback_id: UUID | None
    receipt: str
    amount: Decimal
    at: datetime
    created_at: datetime
    settled_at: datetime | None
    settled_by: str


@dataclass(frozen=True, slots=True)
class Books:
    """Since when a shortcode is collected on with us, and the config it is, or was last."""

    payment_config_id: UUID
    began_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """The time in which differences of a shortcode stand."""

    shortcode: str
    start: datetime
    end: datetime

    @property
    def span(self) -> Span:
        """The time alone."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Standing:
    """An open difference as a new comparison meets it."""

    id: UUID
    reason: Reason
    subject_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison did: how many differences stand, were found just now, and are gone."""

    open: int
    found: int
    settled: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file, and of the comparison that followed; none where the file covers no time."""

    imported: Import
    compared: Compared | None
