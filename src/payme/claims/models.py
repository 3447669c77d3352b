"""What claims come to."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.sales import SaleState


@dataclass(frozen=True, slots=True)
class Claimed:
    """Money that was claimed for a sale: how much of it the sale took, and where that left the sale."""

    money_in_id: UUID
    sale_id: UUID
    amount: Decimal
    applied: Decimal
    sale_state: SaleState


@dataclass(frozen=True, slots=True)
class DebtMove:
    """How much of a receipt goes to what a customer owes, first for which sale if one is named, and why."""

    customer_id: UUID
    sale_id: UUID | None
    amount: Decimal
    reason: str
