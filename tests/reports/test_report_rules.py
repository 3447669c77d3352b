"""Sums and layout of reports."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from payme.credit import AccountState, Debtor
from payme.reports import PeriodBackwards, PeriodTooLong, rules
from payme.reports.models import CashierSales, Period, ProductSales, Report
from payme.reports.types import NOBODY

TODAY = date(2026, 3, 15)


def test_without_days_a_report_is_of_this_month_until_today() -> None:
    assert rules.period_of(None, None, TODAY) == Period(date(2026, 3, 1), TODAY)
    assert rules.period_of(None, date(2026, 2, 20), TODAY) == Period(date(2026, 2, 1), date(2026, 2, 20))


def test_a_period_is_a_leap_year_at_the_most() -> None:
    rules.period_of(date(2024, 1, 1), date(2024, 12, 31), TODAY)
    with pytest.raises(PeriodTooLong):
        rules.period_of(date(2024, 1, 1), date(2025, 1, 1), TODAY)
    with pytest.raises(PeriodBackwards):
        rules.period_of(date(2026, 3, 16), None, TODAY)


def test_a_day_is_settled_two_hours_after_its_end() -> None:
    assert rules.settled_until(datetime(2026, 3, 14, 22, 59, 59, tzinfo=UTC)) == date(2026, 3, 13)
    assert rules.settled_until(datetime(2026, 3, 14, 23, 0, tzinfo=UTC)) == date(2026, 3, 14)


def test_who_is_no_member_is_named_so() -> None:
    def named(**figures: object) -> str:
        values = {"user_id": uuid4(), "name": None, "sales": 0, "revenue": 0, "returns": 0, "returned": 0}
        return rules.cashier_name(CashierSales(**{**values, **figures}))  # type: ignore[arg-type]

    assert named(name="Wanjikũ") == "Wanjikũ"
    assert named() == "(no member)"
    assert named(user_id=NOBODY) == "(nobody)"


def test_a_list_that_is_cut_says_so() -> None:
    one = Decimal("1.00")
    product = ProductSales(uuid4(), "Tea", None, "kg", one, one, one, one, one, one, 2, one, one)

    document = rules.products_document(Report("Duka", Period(TODAY, TODAY), [product]))

    assert document.notes == ("1 of 2 products are listed; the total is of all.",)


def test_who_owes_is_laid_out_by_age_and_the_total_is_the_whole_shops() -> None:
    parts = current, first, second, third, over = [Decimal(part) for part in ("10.00", "20.00", "0.00", "5.00", "1.00")]
    owes = Debtor(
        account_id=uuid4(),
        customer_id=uuid4(),
        name=None,
        phone=None,
        state=AccountState.ACTIVE,
        credit_limit=Decimal("100.00"),
        balance_due=Decimal("36.00"),
        current=current,
        days_1_30=first,
        days_31_60=second,
        days_61_90=third,
        over_90=over,
        oldest_due_on=TODAY,
        debtors=3,
        owed_in_all=Decimal("99.00"),
    )

    document = rules.debts_document(Report("Duka", Period(TODAY, TODAY), [owes]))

    (table,) = document.tables
    assert table.rows == (("(erased)", None, Decimal("36.00"), *parts),)
    assert table.totals == (("Total", None, Decimal("99.00"), *parts),)
    assert document.notes == ("1 of 3 who owe are listed.",)
