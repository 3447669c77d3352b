"""Pure decisions of health: which part of its points each part has, and why. The rules stand in docs/health.md."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from payme.health.models import Figures, Health, Part
from payme.health.types import (
    ASKED_GONE,
    ASKED_WITHIN,
    CRITICAL_MOST,
    MONEY_GONE,
    PARTS,
    TAKEN_BY_ISSUE,
    TOKENS_ENOUGH_DAYS,
    WORKER_WITHIN,
    PartName,
)
from payme.issues import Severity

Judged = tuple[Decimal, str, str]
"""Which part of its points a part has (0 to 1), its figure, and why."""
_ALL, _NONE = Decimal(1), Decimal(0)
_TENTH = Decimal("0.1")


def judged(figures: Figures, at: datetime) -> Health:
    """Return how a business does: its parts, and their sum as a whole number, at most 60 with a critical issue."""
    judges: dict[PartName, Callable[[], Judged]] = {
        PartName.ISSUES: lambda: of_issues(figures),
        PartName.FRESHNESS: lambda: of_freshness(figures, at),
        PartName.PAYMENTS: lambda: of_payments(figures.payments_late),
        PartName.CALLBACKS: lambda: of_callbacks(figures.callbacks_late),
        PartName.UNALLOCATED: lambda: of_money(figures, at),
        PartName.TOKENS: lambda: of_tokens(figures),
        PartName.DRAWERS: lambda: of_drawers(figures.drawers_late),
        PartName.DEBTS: lambda: of_debts(figures.debts, figures.debts_overdue),
    }
    parts = []
    for name, judge in judges.items():
        share, figure, reason = judge()
        points = (PARTS[name] * share).quantize(_TENTH, ROUND_HALF_UP)
        parts.append(Part(name, PARTS[name], points, figure, reason))
    total = int(sum((part.points for part in parts), _NONE).quantize(_ALL, ROUND_HALF_UP))
    capped = figures.critical > 0 and total > CRITICAL_MOST
    return Health(CRITICAL_MOST if capped else total, capped, at, parts)


def less(share: Decimal) -> Decimal:
    """Return what is left of all points where a share is taken: never less than nothing."""
    return max(_NONE, _ALL - share)


def share_of(part: timedelta, whole: timedelta) -> Decimal:
    """Return which part of a time another is, to the thousandth."""
    return (Decimal(part // timedelta(seconds=1)) / Decimal(whole // timedelta(seconds=1))).quantize(Decimal("0.001"))


def of_issues(figures: Figures) -> Judged:
    """Take points for each open issue, by its severity."""
    counts = {
        Severity.CRITICAL: figures.critical,
        Severity.HIGH: figures.high,
        Severity.MEDIUM: figures.medium,
        Severity.LOW: figures.low,
    }
    taken = sum((TAKEN_BY_ISSUE[severity] * count for severity, count in counts.items()), _NONE)
    named = ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)
    total = sum(counts.values())
    return less(taken), str(total), f"open issues: {named}" if total else "nothing waits to be looked at"


def of_freshness(figures: Figures, at: datetime) -> Judged:
    """Take points for the time since all books were asked, after a day; half of them where the worker is silent."""
    age = at - (figures.asked_at or figures.opened_at)
    share = _ALL if age <= ASKED_WITHIN else less(share_of(age - ASKED_WITHIN, ASKED_GONE - ASKED_WITHIN))
    when = "all books were asked whether they agree" if figures.asked_at else "the books were never asked yet, for"
    reason = f"{when} {_spoken(age)}{' ago' if figures.asked_at else ''}"
    if figures.worker_at is not None and at - figures.worker_at > WORKER_WITHIN:
        share, reason = share / 2, f"{reason}; the worker, which asks, is silent for {_spoken(at - figures.worker_at)}"
    return share, str(age // timedelta(hours=1)), reason


def of_payments(late: int) -> Judged:
    """Take a tenth for each payment of which nobody knows the end after an hour."""
    reason = "every payment has an end" if not late else "M-PESA has not said for an hour how these ended"
    return less(late * _TENTH), str(late), reason


def of_callbacks(late: int) -> Judged:
    """Take a quarter for each callback that waits for more than a minute."""
    reason = "callbacks are applied as they come" if not late else "waiting for a minute: does the worker run?"
    return less(late * Decimal("0.25")), str(late), reason


def of_money(figures: Figures, at: datetime) -> Judged:
    """Take points for the time that the oldest money waits for a purpose: all of them after a week."""
    figure = f"{figures.money_waiting_amount:.2f}"
    if figures.money_oldest_at is None:
        return _ALL, figure, "all money has its purpose"
    waits = at - figures.money_oldest_at
    reason = f"KES of {figures.money_waiting} receipts wait for a purpose, the oldest for {_spoken(waits)}"
    return less(share_of(waits, MONEY_GONE)), figure, reason


def of_tokens(figures: Figures) -> Judged:
    """Take points where the tokens last for less than a week of trade; all of them where tokens are owed."""
    if figures.tokens_owed:
        return _NONE, "0", f"{figures.tokens_owed} tokens are owed: the next that are bought pay for them"
    if not figures.kept_days or not figures.tokens_used:
        reason = "tokens are left; no day has shown yet how many a day needs" if figures.tokens else "no token is left"
        return (_ALL if figures.tokens else _NONE), str(figures.tokens), reason
    days = (Decimal(figures.tokens) * figures.kept_days / figures.tokens_used).quantize(_TENTH, ROUND_HALF_UP)
    reason = f"days that {figures.tokens} tokens last at the pace of the last {figures.kept_days} days of trade"
    return min(_ALL, days / TOKENS_ENOUGH_DAYS), str(days), reason


def of_drawers(late: int) -> Judged:
    """Take a quarter for each drawer of a past day that nobody counted and closed."""
    reason = "every drawer of past days is closed" if not late else "drawers of past days that nobody closed"
    return less(late * Decimal("0.25")), str(late), reason


def of_debts(debts: Decimal, overdue: Decimal) -> Judged:
    """Take the share of what customers owe that is overdue."""
    if not overdue:
        return _ALL, f"{overdue:.2f}", "no debt is overdue"
    share = (overdue / debts).quantize(Decimal("0.001"))
    return less(share), f"{overdue:.2f}", f"KES are overdue, of {debts:.2f} that customers owe"


def _spoken(waits: timedelta) -> str:
    hours = waits // timedelta(hours=1)
    if hours >= 48:  # noqa: PLR2004  from two days on, days say more
        return f"{hours // 24} days"
    return f"{hours} hours" if hours else f"{waits // timedelta(minutes=1)} minutes"
