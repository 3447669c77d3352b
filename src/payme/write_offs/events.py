"""Facts of write-offs; the subject is the write-off."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class WriteOffRequested(Event):
    """Somebody asked that what is outstanding of a debt be given up."""

    sale_id: UUID
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class WriteOffMoved(Event):
    """A write-off was agreed to, rejected or withdrawn; ``amount`` is what was outstanding then."""

    before: str
    after: str
    sale_id: UUID
    amount: Decimal
    note: str
