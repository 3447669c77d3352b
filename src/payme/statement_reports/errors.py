"""What is refused about reports of statements."""

from dataclasses import dataclass
from datetime import date

from payme.kit.errors import Invalid


@dataclass(eq=False)
class ReconciliationPeriodWrong(Invalid):
    """The period ends before it begins, or is too long."""

    code = "reconciliation_period_wrong"
    title = "This is no period to reconcile."
    advice = "Give a first day that is not after the last, and at most 366 days."
    first_day: date
    last_day: date
