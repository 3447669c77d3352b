"""The simulator's truth, as its portal writes it down, against the books of a shop that heard of some of it."""

from decimal import Decimal

import httpx
import pytest

from payme.statement_files import StatementFile, read_statement
from payme.statement_reports import Reconciliation, reconcile
from payme.statements import Reason, import_statement
from tests.receipts.conftest import Market, OpenMarket, open_market
from tests.support.daraja import Counter

__all__ = ["open_market"]


@pytest.fixture
async def market(open_market: OpenMarket) -> Market:
    return await open_market()


async def statement_of(market: Market, dates: str) -> StatementFile:
    path = f"/simulator/statements/{market.shortcode}.csv"
    answer: httpx.Response = await market.daraja.get(path, params={"dates": dates})
    return read_statement(answer.raise_for_status().content)


async def reconciles(market: Market, dates: str = "day_first") -> Reconciliation:
    file = await statement_of(market, dates)
    assert file.preamble.shortcode == market.shortcode
    assert file.refused_count == 0
    await import_statement(market.shop.transact, file, "", None)
    return await market.shop.transact(reconcile, None, None, None)


@pytest.mark.parametrize("dates", ["day_first", "year_first"])
async def test_what_was_pulled_agrees_with_the_portal_to_the_cent(market: Market, dates: str) -> None:
    for amount in (1, 150, 999, 25_000):
        await market.dials(amount)
    await market.pulls()

    found = await reconciles(market, dates)

    assert {one.reason for one in found.differences} == {Reason.FEE}
    assert (found.sums.paid_in, found.rest, found.parts) == (found.sums.booked, Decimal(0), ())
    assert found.sums.paid_in.amount == 26_150
    [merchant] = [
        one for one in (await market.daraja.get("/simulator/merchants")).json() if one["shortcode"] == market.shortcode
    ]
    assert Decimal(merchant["balance"]) == found.sums.paid_in.amount - found.sums.fees.amount


async def test_what_nobody_told_us_of_is_found(market: Market) -> None:
    await market.dials(150)
    await market.pulls()
    payment = await Counter(market.shop, box=market.desk.strongbox).asks(market.sale.id)
    lost = await market.dials(300, account=payment.account_reference or "")
    by_hand = await market.dials(40)

    found = await reconciles(market)

    assert found.rest == 0
    assert {one.receipt: (one.reason, one.amount) for one in found.differences if one.reason is not Reason.FEE} == {
        lost: (Reason.MISSING_CALLBACK, Decimal(300)),
        by_hand: (Reason.UNKNOWN, Decimal(40)),
    }
