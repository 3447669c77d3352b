"""Facts of expenses; the subject is the expense."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from payme.kit.events import Event


@dataclass(frozen=True)
class ExpenseRecorded(Event):
    """Somebody wrote down what was paid otherwise than from a drawer."""

    purpose: str
    category: str | None
    paid_from: str
    amount: Decimal
    adjusted: Decimal
    what_for: str
    paid_on: date
    receipt: str | None


@dataclass(frozen=True)
class ExpenseReversed(Event):
    """An expense was taken back whole: it was wrong, or was not paid."""

    amount: Decimal
    reason: str
