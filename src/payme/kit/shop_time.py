"""The time of a shop: instants are kept in UTC, a business day is a day in Nairobi."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

SHOP_TIME: Final = ZoneInfo("Africa/Nairobi")


def business_day(at: datetime) -> date:
    """Return the shop's day of an instant."""
    return at.astimezone(SHOP_TIME).date()
