"""``payme demo``: a day with every outcome adds up, also where processes are killed on the way."""

import json
import os
import subprocess
from decimal import Decimal
from uuid import UUID

import pytest

from payme.app.child import payme_command
from payme.app.commands.demo.evening import EVERY_DEED, EVERY_OUTCOME, not_as_told
from payme.app.commands.demo.floor import Acknowledged, Notebook
from payme.app.commands.demo.plan import SALES_MIN, Course, plan_day
from payme.kit.db.transaction import Database
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop


def trades(*words: str) -> dict[str, object]:
    """Run ``payme demo`` as a person would and read what it prints."""
    done = subprocess.run(
        payme_command("demo", "--json", *words), env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_every_seed_plans_every_course_and_plans_it_again() -> None:
    for seed in range(50):
        day = plan_day(seed=seed, sales=SALES_MIN, shops=2, tills=2)
        courses = {sale.course for shop in day.shops for till in shop.tills for sale in till}
        assert courses == set(Course)
        assert plan_day(seed=seed, sales=SALES_MIN, shops=2, tills=2) == day
    assert plan_day(seed=1, sales=40, shops=1, tills=1) != plan_day(seed=2, sales=40, shops=1, tills=1)


def test_a_split_sale_leaves_whole_shillings_for_the_phone_and_cash_is_enough() -> None:
    day = plan_day(seed=3, sales=2000, shops=3, tills=3)
    sales = [sale for shop in day.shops for till in shop.tills for sale in till]
    assert len(sales) == day.sales == 2000
    for sale in sales:
        if sale.course is Course.CASH:
            assert sale.cash is not None
            assert sale.cash >= sale.total
        elif sale.course is Course.PART_CREDIT:
            assert sale.cash is not None
            assert 0 < sale.cash < sale.total
        elif sale.course.uses_phone:
            asked = sale.total - (sale.cash or 0)
            assert asked >= 1
            assert asked == asked.to_integral_value()


@pytest.mark.timeout(300)
def test_a_day_of_trade_shows_every_outcome_and_the_books_agree() -> None:
    told = trades("--sales", "60", "--seed", "5")

    assert told["violations"] == []
    assert told["seed"] == 5
    assert told["sales"] == 60
    completed, cancelled = told["sales_completed"], told["sales_cancelled"]
    assert isinstance(completed, int)
    assert isinstance(cancelled, int)
    assert completed + cancelled == 60
    assert (told["tokens_charged"], told["tokens_refunded"]) == (completed, cancelled)
    outcomes = told["payments_by_outcome"]
    assert isinstance(outcomes, dict)
    assert set(EVERY_OUTCOME) <= set(outcomes)
    assert isinstance(told["late_money"], int)
    assert told["late_money"] >= 2
    revenue, cost, profit = (Decimal(str(told[name])) for name in ("revenue", "cost_of_goods", "gross_profit"))
    assert revenue - cost == profit
    assert sum(Decimal(str(told[paid])) for paid in ("cash", "mpesa", "on_account")) == revenue
    assert {"payments_succeeded", "payments_failed", "stock_value", "seconds", "sales_per_second"} <= set(told)


@pytest.mark.timeout(300)
def test_a_day_of_trade_shows_a_debtor_who_pays_goods_that_come_back_and_drawers_that_are_counted() -> None:
    told = trades("--sales", "24", "--seed", "3", "--tills", "2")

    assert told["violations"] == []
    for deed in (*EVERY_DEED, "customers"):
        assert isinstance(told[deed], int)
        assert told[deed], deed
    assert told["drawers_closed"] == 2 * 2
    assert told["z_reports"] == 2 * 2 + 2  # of each drawer, and of each shop's day
    money = {name: Decimal(str(amount)) for name, amount in told.items() if isinstance(amount, str)}
    assert 0 < money["debts"] < money["credit_given"]
    assert money["repaid"] > 0
    assert money["money_returned"] > 0
    assert money["drawer_variance"] == money["drawer_counted"] - money["drawer_expected"] < 0


@pytest.mark.timeout(600)
def test_server_worker_and_database_are_killed_during_the_day_and_nothing_is_lost_or_doubled() -> None:
    told = trades("--chaos", "--sales", "80", "--seed", "11")

    assert told["violations"] == []
    assert told["sales"] == 80
    killed = told["killed"]
    assert isinstance(killed, list)
    assert {"web", "worker", "postgres"} <= set(killed)


async def test_a_sale_that_was_acknowledged_and_is_not_in_the_books_is_told(database: Database) -> None:
    shop = await make_shop(database)
    sugar = await has_stock(shop)
    sold = (await opens_sale(shop, (sugar, "1"), cash="150.00")).sale
    forgotten = (await opens_sale(shop, (sugar, "1"), cash="150.00")).sale
    lost = UUID(int=1)
    notebook = Notebook(
        {
            sold.id: Acknowledged(shop.business_id, "cancelled", Decimal("150.00")),
            lost: Acknowledged(shop.business_id, "completed", Decimal("60.00")),
        }
    )

    found = await not_as_told(database, notebook, [shop.business_id])

    assert {violation.subject for violation in found} == {str(sold.id), str(forgotten.id), str(lost)}
