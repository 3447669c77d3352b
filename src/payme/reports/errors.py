"""Refusals of reports."""

from dataclasses import dataclass
from datetime import date

from payme.kit.errors import Invalid


@dataclass(eq=False)
class PeriodBackwards(Invalid):
    """The last day is before the first."""

    code = "period_backwards"
    title = "The last day is before the first."
    advice = "Give the earlier day as from_day and the later one as to_day."
    from_day: date
    to_day: date


@dataclass(eq=False)
class PeriodTooLong(Invalid):
    """More days than one report has."""

    code = "report_too_long"
    title = "This is too long for one report."
    advice = "Ask for a year at a time."
    days: int
    days_max: int
