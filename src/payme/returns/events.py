"""Facts of returns and voids."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event
from payme.returns.types import Way


@dataclass(frozen=True)
class WayBack:
    """How much went back in which way; the refund that was asked for is named where it is by M-Pesa."""

    way: Way
    amount: Decimal
    refund_id: UUID | None


@dataclass(frozen=True)
class GoodsReturned(Event):
    """A customer brought goods back; the subject is the return."""

    number: int
    sale_id: UUID
    amount: Decimal
    money_back: tuple[WayBack, ...]


@dataclass(frozen=True)
class VoidRequested(Event):
    """Somebody asked that a sale be voided, or voided it alone; the subject is the void."""

    sale_id: UUID
    amount: Decimal
    reason: str
    two_people: bool


@dataclass(frozen=True)
class VoidMoved(Event):
    """A void was carried out, rejected or withdrawn."""

    before: str
    after: str
    sale_id: UUID
    amount: Decimal
    money_back: tuple[WayBack, ...]
    note: str


@dataclass(frozen=True)
class VoidLimitChanged(Event):
    """The business set up to which total one person voids a sale alone; the subject is the business."""

    before: Decimal
    after: Decimal
