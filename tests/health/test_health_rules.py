"""What each part of a health takes, and when it takes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from payme.health import PARTS, Figures, Health, PartName
from payme.health.rules import judged

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL = Figures(
    critical=0, high=0, medium=0, low=0, opened_at=AT - timedelta(days=90),
    asked_at=AT - timedelta(hours=9), worker_at=AT, payments_late=0, callbacks_late=0, money_waiting=0,
    money_waiting_amount=Decimal(0), money_oldest_at=None, tokens=70, tokens_owed=0, tokens_used=100, kept_days=10,
    drawers_late=0, debts=Decimal(500), debts_overdue=Decimal(0),
)  # fmt: skip


def health(**ill: object) -> Health:
    return judged(replace(WELL, **ill), AT)  # type: ignore[arg-type]


def points(name: PartName, **ill: object) -> Decimal:
    return next(part.points for part in health(**ill).parts if part.name is name)


def reason(name: PartName, **ill: object) -> str:
    part = next(part for part in health(**ill).parts if part.name is name)
    return f"{part.figure} {part.reason}"


def test_a_business_that_is_well_has_all_points() -> None:
    assert sum(PARTS.values()) == 100
    assert (health().score, health().capped) == (100, False)
    assert {part.name: part.points for part in health().parts} == PARTS


@pytest.mark.parametrize(
    ("ill", "left"),
    [
        ({"low": 1}, "29.7"),
        ({"medium": 1}, "28.5"),
        ({"high": 1}, "24.0"),
        ({"critical": 1}, "15.0"),
        ({"critical": 1, "high": 2, "medium": 1, "low": 3}, "0.6"),
        ({"high": 6}, "0.0"),
    ],
)
def test_open_issues_take_points_by_their_severity(ill: dict[str, int], left: str) -> None:
    assert points(PartName.ISSUES, **ill) == Decimal(left)


def test_a_critical_issue_keeps_the_number_down_however_well_the_rest_is() -> None:
    assert (health(critical=1).score, health(critical=1).capped) == (60, True)
    ill = health(critical=2, callbacks_late=4, payments_late=10)
    assert (ill.score, ill.capped) == (50, False)
    assert reason(PartName.ISSUES, critical=1, low=2) == "3 open issues: 1 critical, 2 low"


@pytest.mark.parametrize(
    ("part", "ill", "left"),
    [
        (PartName.PAYMENTS, {"payments_late": 3}, "7.0"),
        (PartName.PAYMENTS, {"payments_late": 30}, "0.0"),
        (PartName.CALLBACKS, {"callbacks_late": 1}, "7.5"),
        (PartName.CALLBACKS, {"callbacks_late": 9}, "0.0"),
        (PartName.DRAWERS, {"drawers_late": 1}, "3.8"),
        (PartName.DRAWERS, {"drawers_late": 5}, "0.0"),
        (PartName.DEBTS, {"debts_overdue": Decimal(125)}, "7.5"),
        (PartName.DEBTS, {"debts_overdue": Decimal(500)}, "0.0"),
        (PartName.TOKENS, {"tokens": 35}, "5.0"),
        (PartName.TOKENS, {"tokens": 700}, "10.0"),
        (PartName.TOKENS, {"tokens": 0}, "0.0"),
        (PartName.TOKENS, {"tokens_owed": 1}, "0.0"),
        (PartName.TOKENS, {"tokens": 1, "kept_days": 0, "tokens_used": 0}, "10.0"),
        (PartName.TOKENS, {"tokens": 0, "kept_days": 3, "tokens_used": 0}, "0.0"),
    ],
)
def test_each_part_takes_by_its_own_rule(part: PartName, ill: dict[str, object], left: str) -> None:
    assert points(part, **ill) == Decimal(left)


@pytest.mark.parametrize(
    ("waits", "left", "said"),
    [
        (timedelta(minutes=20), "10.0", "20 minutes"),
        (timedelta(hours=14), "9.2", "14 hours"),
        (timedelta(days=3, hours=12), "5.0", "3 days"),
        (timedelta(days=9), "0.0", "9 days"),
    ],
)
def test_money_that_waits_takes_more_from_day_to_day(waits: timedelta, left: str, said: str) -> None:
    ill = {"money_waiting": 2, "money_waiting_amount": Decimal("307.5"), "money_oldest_at": AT - waits}
    assert points(PartName.UNALLOCATED, **ill) == Decimal(left)
    assert reason(PartName.UNALLOCATED, **ill).startswith("307.50 KES of 2 receipts")
    assert reason(PartName.UNALLOCATED, **ill).endswith(said)


@pytest.mark.parametrize(
    ("ill", "left", "said"),
    [
        ({"asked_at": AT - timedelta(hours=26)}, "15.0", "26 all books were asked whether they agree 26 hours ago"),
        ({"asked_at": AT - timedelta(hours=97)}, "7.5", "97 all books were asked whether they agree 4 days ago"),
        ({"asked_at": AT - timedelta(days=8)}, "0.0", "192 all books were asked whether they agree 8 days ago"),
        ({"asked_at": None}, "0.0", "2160 the books were never asked yet, for 90 days"),
        ({"asked_at": None, "opened_at": AT}, "15.0", "0 the books were never asked yet, for 0 minutes"),
        ({"worker_at": None}, "15.0", "9 all books were asked whether they agree 9 hours ago"),
        (
            {"worker_at": AT - timedelta(minutes=11)},
            "7.5",
            "9 all books were asked whether they agree 9 hours ago; the worker, which asks, is silent for 11 minutes",
        ),
    ],
)
def test_books_that_nobody_asks_take_points(ill: dict[str, object], left: str, said: str) -> None:
    assert points(PartName.FRESHNESS, **ill) == Decimal(left)
    assert reason(PartName.FRESHNESS, **ill) == said


def test_a_health_without_any_points_is_nothing() -> None:
    ill = health(
        high=9, asked_at=None, payments_late=99, callbacks_late=9,
        money_oldest_at=AT - timedelta(days=9), tokens_owed=1,
        drawers_late=9, debts_overdue=Decimal(500),
    )  # fmt: skip
    assert (ill.score, ill.capped) == (0, False)
