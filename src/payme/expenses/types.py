"""Words and bounds of expenses."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

AMOUNT_MAX: Final = Decimal("10000000.00")
"""The most that one expense may be, KES: a typing error costs more than a second entry."""
DAYS_MAX: Final = 366
"""How long ago it may have been paid: a year's statement can still be explained."""


class ExpensePurpose(StrEnum):
    """What money went for: the words of cash that leaves a drawer (`CashPurpose`), without the safe."""

    EXPENSE = "expense"
    """It is spent; its category says on what."""
    SUPPLIER = "supplier"
    """Goods that were delivered are owed for no more."""
    OWNER = "owner"
    """The owner took it out of the business."""
    BANK = "bank"
    """It was taken to the shop's bank: nothing is spent."""


class Category(StrEnum):
    """What an expense was spent on; each has its account in the ledger."""

    RENT = "rent"
    WAGES = "wages"
    POWER_AND_WATER = "power_and_water"
    TRANSPORT = "transport"
    AIRTIME_AND_INTERNET = "airtime_and_internet"
    LICENCES_AND_TAXES = "licences_and_taxes"
    REPAIRS = "repairs"
    OTHER = "other"


class PaidFrom(StrEnum):
    """Where the money was before."""

    MPESA = "mpesa"
    """On the shop's own paybill or till, from which the portal paid it."""
    BANK = "bank"
    """In the shop's bank."""
    OWNER = "owner"
    """In the owner's pocket or phone."""
    CASH = "cash"
    """In a drawer: always refused here, because the drawer writes it down itself."""
