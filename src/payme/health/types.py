"""Words and figures of health. What each part is and why it weighs what it weighs stands in docs/health.md."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payme.issues import Severity


class PartName(StrEnum):
    """What a number of health is made of."""

    ISSUES = "issues"
    FRESHNESS = "freshness"
    PAYMENTS = "payments"
    CALLBACKS = "callbacks"
    UNALLOCATED = "unallocated"
    TOKENS = "tokens"
    DRAWERS = "drawers"
    DEBTS = "debts"


PARTS: Mapping[PartName, int] = MappingProxyType(
    {
        PartName.ISSUES: 30,
        PartName.FRESHNESS: 15,
        PartName.PAYMENTS: 10,
        PartName.CALLBACKS: 10,
        PartName.UNALLOCATED: 10,
        PartName.TOKENS: 10,
        PartName.DRAWERS: 5,
        PartName.DEBTS: 10,
    }
)
"""What each part weighs, in points; together 100."""
CRITICAL_MOST: Final = 60
"""Whatever else is well, a business with a critical issue has no more."""
TAKEN_BY_ISSUE: Mapping[Severity, Decimal] = MappingProxyType(
    {
        Severity.CRITICAL: Decimal("0.50"),
        Severity.HIGH: Decimal("0.20"),
        Severity.MEDIUM: Decimal("0.05"),
        Severity.LOW: Decimal("0.01"),
    }
)
"""Which part of its points each open issue takes."""
PAYMENT_LATE: Final = timedelta(hours=1)
CALLBACK_LATE: Final = timedelta(seconds=60)
MONEY_LATE: Final = timedelta(minutes=15)
MONEY_GONE: Final = timedelta(days=7)
"""After so long money that nobody claimed takes all points of its part."""
ASKED_WITHIN: Final = timedelta(hours=26)
"""So long after the books were asked whether they agree, all of them, that is as good as now."""
ASKED_GONE: Final = timedelta(days=7)
WORKER_WITHIN: Final = timedelta(minutes=10)
PACE_DAYS: Final = 14
"""From how many ended days the pace is reckoned at which tokens go."""
TOKENS_ENOUGH_DAYS: Final = 7
DRAWERS_DAYS: Final = 31
"""How far back drawers are looked for that nobody closed."""
