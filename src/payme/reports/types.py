"""Words of reports."""

from datetime import timedelta
from typing import Final
from uuid import UUID

PERIOD_MAX: Final = 366
"""Days of one report."""
PRODUCTS_MAX: Final = 10_000
"""Rows of a report by product, the ones that sold for most first."""
DEBTORS_MAX: Final = 10_000
"""Rows of the report of debts, those who owe most first."""
SETTLED_AFTER: Final = timedelta(hours=2)
"""So long after its end a day is kept added up: no transaction that began on it can still be under way, since each of
its statements, and each pause between two, is cut after seconds; and clocks of servers differ by less."""
DAYS_AT_ONCE: Final = 7
"""How many days one transaction adds up."""
ENTRIES_AT_ONCE: Final = 50_000
"""How many entries of the wallet one transaction adds up."""
NOBODY: Final = UUID(int=0)
"""Under whom stands what no person did."""
