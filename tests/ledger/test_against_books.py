"""Random days of a shop, and the ledger against the reports and against postings made by hand."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from payme import ledger
from payme.kit.days import SHOP_TIME
from payme.reports import queries as reports
from tests.reports.conftest import SetClock
from tests.reports.test_against_books import Trader, day_of
from tests.support.daraja import Counter
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
    for _ in range(60):
        await trader.acts()
    today = day_of(clock.at)
    assert await shop.disagreements() == []
    for _ in range(6):
        first = began + timedelta(luck.randint(0, (today - began).days))
        last = first + timedelta(luck.randint(0, 20))
        days = (await shop.transact(reports.sales_by_day, first, last)).figures
        said = await shop.transact(ledger.profit_and_loss, first, last)
        assert (said.net, said.gross_profit) == (sum(day.net for day in days), sum(day.gross_profit for day in days))
        trial = await shop.transact(ledger.trial_balance, last)
        assert trial.difference == Decimal(0)
        sheet = await shop.transact(ledger.balance_sheet, last)
        assert sheet.difference == Decimal(0)
