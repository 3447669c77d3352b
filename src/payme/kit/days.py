"""The day of an instant where the shops are: Nairobi, which keeps no summer time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

SHOP_TIME = ZoneInfo("Africa/Nairobi")


def business_day(at: datetime) -> date:
    """Return the shop's day of an instant."""
    return at.astimezone(SHOP_TIME).date()
