"""What is on its way."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An open sale of a drawer, and the prompt that its customer has on the phone right now, if there is one."""

    sale_id: UUID
    number: int
    total: Decimal
    balance_due: Decimal
    opened_at: datetime
    payment_id: UUID | None
    asked: Decimal | None
    deadline_at: datetime | None
