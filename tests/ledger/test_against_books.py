"""Random days of a shop, and the ledger against the reports and against postings made by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from payme import ledger
from payme.expenses import PaidFrom, list_expenses, reverse_expense
from payme.kit.days import SHOP_TIME
from payme.kit.db.transaction import Database
from payme.ledger import jobs
from payme.ledger.services import keep_ended_days
from payme.reports import queries as reports
from tests.reports.conftest import SetClock
from tests.reports.test_against_books import Trader, day_of
from tests.support.daraja import Counter
from tests.support.expenses import records
from tests.support.goods import has_stock, has_tokens
from tests.support.shops import Shop


@pytest.mark.parametrize("seed", range(3))
async def test_profit_is_the_reports_and_the_trial_balance_is_nothing(shop: Shop, clock: SetClock, seed: int) -> None:
    luck = Random(seed)
    clock.at = datetime(2026, 3, 2, 7, tzinfo=SHOP_TIME)
    await has_tokens(shop, 500)
    goods = [
        await has_stock(shop, name, quantity="300", price=price, cost=cost)
        for name, price, cost in (("Sugar", "150.00", "119.99"), ("Tea", "33.00", "20.01"), ("Salt", "1.00", "0.37"))
    ]
    trader = Trader(shop, clock, luck, goods, Counter(shop))
    began = day_of(clock.at)
    for _ in range(6):
        for _ in range(10):
            await trader.acts()
        today = day_of(clock.at)
        # Some of the ended days are kept, some not yet.
        if luck.random() < 0.6:
            await shop.transact(keep_ended_days)
        first = began + timedelta(luck.randint(0, (today - began).days))
        last = first + timedelta(luck.randint(0, 20))
        days = (await shop.transact(reports.sales_by_day, first, last)).figures
        said = await shop.transact(ledger.profit_and_loss, first, last)
        assert (said.net, said.gross_profit) == (sum(day.net for day in days), sum(day.gross_profit for day in days))
        trial = await shop.transact(ledger.trial_balance, last)
        assert trial.difference == Decimal(0)
        sheet = await shop.transact(ledger.balance_sheet, last)
        assert sheet.difference == Decimal(0)
    assert await shop.disagreements() == []


async def spends(shop: Shop, luck: Random) -> None:
    """Pay for something, and now and then take back what was recorded days ago."""
    paid_from = luck.choice((PaidFrom.MPESA, PaidFrom.BANK, PaidFrom.OWNER))
    await records(shop, f"{luck.randint(1, 9999)}.{luck.randint(0, 9)}0", paid_from=paid_from)
    *_, oldest = await shop.transact(list_expenses, None, None, None, None, None, True, None, 100)
    if luck.random() < 0.4:
        await shop.transact(reverse_expense, oldest.id, "not paid")


async def everything(shop: Shop, days: list[date]) -> list[object]:
    """What the ledger says of a shop, on each day and in all."""
    said: list[object] = [(await shop.transact(ledger.trial_balance, day)).balances for day in days]
    said.append((await shop.transact(ledger.journal, days[0], days[-1], None, None, 1000)).posted)
    for code in ("1000", "1010", "1200", "3000", "5900", "6600"):
        found = await shop.transact(ledger.account_ledger, code, days[5], days[-1], None, 1000)
        said.append((found.opening, found.turns))
    return said


@pytest.mark.parametrize("seed", range(2))
async def test_nothing_changes_when_ended_days_are_kept_or_counted_again(
    shop: Shop, clock: SetClock, books: Database, seed: int
) -> None:
    luck = Random(seed)
    clock.at = datetime(2026, 3, 2, 7, tzinfo=SHOP_TIME)
    await has_tokens(shop, 500)
    goods = [
        await has_stock(shop, name, quantity="99.999", price="33.00", cost="20.01") for name in ("Tea", "Salt", "Sugar")
    ]
    trader = Trader(shop, clock, luck, goods, Counter(shop))
    spending = Random(seed)
    for number in range(50):
        await trader.acts()
        if number % 7 == 0:
            await spends(shop, spending)
    days = [date(2026, 3, 1) + timedelta(ahead) for ahead in range((day_of(clock.at) - date(2026, 3, 1)).days + 1)]
    counted = await everything(shop, days)

    assert await jobs.keep_ended_days(books, shop.business_id) > 1
    assert await jobs.keep_ended_days(books, shop.business_id) == 1
    assert await everything(shop, days) == counted
    assert await shop.disagreements() == []

    await shop.transact(ledger.count_again, days[len(days) // 2])
    assert await everything(shop, days) == counted
    assert await shop.disagreements() == []
    await trader.acts()
    await jobs.keep_ended_days(books, shop.business_id)
    assert await shop.disagreements() == []
    rounded = [posted for posted in await documents(shop, days) if posted.document.kind is ledger.DocumentKind.ROUNDING]
    assert rounded


async def documents(shop: Shop, days: list[date]) -> tuple[ledger.Posted, ...]:
    """Every document, read a few at a time."""
    found: tuple[ledger.Posted, ...] = ()
    after = None
    while True:
        page = await shop.transact(ledger.journal, days[0], days[-1], None, after, 7)
        found += page.posted
        after = page.after
        if after is None:
            break
    assert found == (await shop.transact(ledger.journal, days[0], days[-1], None, None, 1000)).posted
    return found


async def test_a_shop_without_documents_has_nothing_to_keep(shop: Shop, clock: SetClock, books: Database) -> None:
    clock.at = datetime(2026, 3, 2, 7, tzinfo=SHOP_TIME)
    assert (await shop.transact(ledger.trial_balance, None)).balances == ()
    assert await jobs.keep_ended_days(books, shop.business_id) == 1
    await shop.transact(ledger.count_again, date(2026, 3, 1))
    assert await shop.disagreements() == []
