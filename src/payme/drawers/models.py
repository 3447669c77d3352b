"""Rows of drawers, and a drawer as a person sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.drawers.types import CashPurpose, DrawerMode, DrawerState, MovementKind, Tender
from payme.seals import SealHead


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """A drawer that takes money."""

    id: UUID
    till: str
    opened_by: UUID | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sale finds: how drawers work in this shop, and those that are open, the one opened last at the end."""

    mode: DrawerMode
    days_closed_until: date | None
    drawers: tuple[OpenDrawer, ...]


@dataclass(frozen=True, slots=True)
class Drawer:
    """One drawer, from its opening to its report."""

    id: UUID
    till: str
    state: DrawerState
    opening_float: Decimal
    business_day: date
    opened_by: UUID | None
    opened_at: datetime
    counted_by: UUID | None
    counted_at: datetime | None
    denominations: list[Decimal]
    pieces: list[int]
    approved_by: UUID | None
    reason: str
    closed_at: datetime | None
    z_number: int | None


@dataclass(frozen=True, slots=True)
class DrawerTotal:
    """What one tender of a drawer adds up to; ``closing`` and ``counted`` are there from the count on."""

    tender: Tender
    opening_float: Decimal
    sold: Decimal
    repaid: Decimal
    cash_in: Decimal
    cash_out: Decimal
    cancelled: Decimal
    returned: Decimal
    refunded: Decimal
    takings: int
    expected: Decimal
    counted: Decimal | None

    @property
    def variance(self) -> Decimal | None:
        """Return how much more was counted than should be there; less than 0 where some is missing."""
        return None if self.counted is None else self.counted - self.expected


@dataclass(frozen=True, slots=True)
class DrawerView:
    """A drawer with its totals, as far as whoever asks may see them."""

    drawer: Drawer
    totals: tuple[DrawerTotal, ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that a drawer counts: how, why, how much, and what it was for."""

    tender: Tender
    kind: MovementKind
    amount: Decimal
    source_id: UUID | None
    reason: str = ""
    purpose: CashPurpose | None = None

    @property
    def is_cash_of_payment(self) -> bool:
        """Whether its source is a payment in cash."""
        return self.tender is Tender.CASH and self.kind in {MovementKind.SALE, MovementKind.REPAYMENT}


@dataclass(frozen=True, slots=True)
class CashMove:
    """Cash that is put in or taken out by hand, why, and where it comes from or goes to.

    Without a purpose what is taken out was spent, and what is put in is the owner's.
    """

    kind: MovementKind
    amount: Decimal
    reason: str
    purpose: CashPurpose | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """What somebody found in a drawer: how many of each note and coin, and the sum of the M-PESA payments."""

    pieces: tuple[tuple[Decimal, int], ...]
    mpesa: Decimal


@dataclass(frozen=True, slots=True)
class DrawerRules:
    """How drawers work in a shop: what a sale needs, and how much a count may differ.

    A count may differ by so many percent of what should be there, or by the allowance (KES), whichever is more.
    """

    mode: DrawerMode
    cash_percent: Decimal
    cash_allowance: Decimal
    mpesa_percent: Decimal
    mpesa_allowance: Decimal


@dataclass(frozen=True, slots=True)
class ReportHead:
    """Of what a report is: a drawer, or with no ``drawer_id`` a whole day; an X report has no number yet."""

    id: UUID
    number: int | None
    business_day: date
    drawer_id: UUID | None
    till: str
    drawers: int
    opened_by: UUID | None
    opened_at: datetime
    counted_by: UUID | None
    approved_by: UUID | None
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What a drawer or a day came to, by tender; ``shop`` is the name above it.

    ``seal`` was the head of the audit then: on paper it tells later whether anybody rewrote what was before it.
    """

    head: ReportHead
    totals: tuple[DrawerTotal, ...]
    shop: str
    seal: SealHead | None


@dataclass(frozen=True, slots=True)
class LateMoney:
    """Money for a sale that moved when its drawer was closed."""

    id: UUID
    drawer_id: UUID
    tender: Tender
    kind: MovementKind
    amount: Decimal
    source_id: UUID
    business_day: date
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DayStanding:
    """How far a business day is: which drawers are not closed, how many are, since when, and what came before."""

    waiting: list[UUID]
    reports: int
    opened_at: datetime | None
    earlier_day: date | None


@dataclass(frozen=True, slots=True)
class ZNumber:
    """The number of a report, and up to when days are closed."""

    last_z_number: int
    days_closed_until: date | None
