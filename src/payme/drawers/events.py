"""Facts of drawers; the subject is the drawer unless another is named."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class DrawerOpened(Event):
    """A drawer was opened at a till with some cash in it; by itself where a sale needed one."""

    till: str
    opening_float: Decimal
    automatic: bool


@dataclass(frozen=True)
class CashMoved(Event):
    """Cash was put into a drawer or taken out by hand."""

    kind: str
    amount: Decimal
    reason: str
    purpose: str
    expected_before: Decimal
    expected_after: Decimal


@dataclass(frozen=True)
class TenderCounted:
    """What of one tender should be there, and what was."""

    tender: str
    expected: Decimal
    counted: Decimal


@dataclass(frozen=True)
class DrawerCounted(Event):
    """What is in a drawer was counted; from now on it takes no money."""

    tenders: tuple[TenderCounted, ...]
    within: bool


@dataclass(frozen=True)
class DrawerClosed(Event):
    """A drawer's report has its number and never changes; with a reason where somebody approved a difference.

    ``alone`` says that who counted approved it, because nobody else in the shop may.
    """

    z_number: int
    reason: str
    alone: bool


@dataclass(frozen=True)
class DayReported(Event):
    """A business day's report has its number and never changes; the subject is the report."""

    business_day: date
    z_number: int
    drawers: int


@dataclass(frozen=True)
class MoneyAfterClosing(Event):
    """Money for a sale moved when the sale's drawer was closed, so it counts on no drawer."""

    source_id: UUID
    tender: str
    kind: str
    amount: Decimal


@dataclass(frozen=True)
class MoneyCounted(Event):
    """A drawer counted money that is not cash of a payment, which says so itself."""

    source_id: UUID
    tender: str
    kind: str
    amount: Decimal


@dataclass(frozen=True)
class DrawerRulesChanged(Event):
    """How the drawers of a business work was changed; the subject is the business."""

    before: tuple[str, ...]
    after: tuple[str, ...]
