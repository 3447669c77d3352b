"""Reports: what the shop did, across its rooms. Reads what others write; writes only sums of ended days."""

from payme.reports.errors import PeriodBackwards, PeriodTooLong
from payme.reports.rules import settled_until
from payme.reports.services import count_again

__all__ = ["PeriodBackwards", "PeriodTooLong", "count_again", "settled_until"]
