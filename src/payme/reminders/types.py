"""Figures of reminders."""

from typing import Final

DUE_SOON_DAYS: Final = 2
"""How many days before its day a debt is due soon, where the shop did not choose."""
DUE_SOON_DAYS_MAX: Final = 14
AT_ONCE: Final = 200
"""How many accounts are looked at in one transaction."""
