"""Rows of expenses."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.expenses.types import Category, ExpensePurpose, PaidFrom


@dataclass(frozen=True, slots=True)
class ExpenseDraft:
    """What was paid, as somebody says it. Amounts are KES; ``paid_on`` is a business day in Nairobi."""

    purpose: ExpensePurpose
    category: Category | None
    paid_from: PaidFrom
    amount: Decimal
    what_for: str
    paid_on: date
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Expense:
    """What was paid otherwise than from a drawer; it stands until it is reversed whole.

    ``adjusted`` is what of it adjusting entries to M-PESA's statement had taken out of M-Pesa before it was recorded.
    """

    id: UUID
    purpose: ExpensePurpose
    category: Category | None
    paid_from: PaidFrom
    amount: Decimal
    adjusted: Decimal
    what_for: str
    paid_on: date
    receipt: str | None
    recorded_by: UUID
    created_at: datetime
    reversed_by: UUID | None
    reversed_at: datetime | None
    reversal_reason: str
