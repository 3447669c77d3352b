"""Goods come back: at most what was sold, into their batches or written off, and their money the way it came."""

from decimal import Decimal

import asyncpg
import pytest

from payme import refunds, returns, sales
from payme.kit.db.transaction import Tx
from payme.returns import ReturnFilter, ReturnView, Way
from payme.sales import (
    Cancellation,
    MoreThanSold,
    SaleLineUnknown,
    SaleNotFound,
    SaleNotReturnable,
    SaleState,
)
from tests.returns.conftest import Duka, back
from tests.support.daraja import paid
from tests.support.goods import has_stock, opens_sale
from tests.support.together import count, together


def ways(view: ReturnView) -> list[tuple[Way, Decimal]]:
    return [(part.way, part.amount) for part in view.money_back]


async def test_a_part_comes_back_into_its_batch_and_its_cash_goes_back(duka: Duka) -> None:
    sold = await duka.sells("7", "1050")
    assert await duka.left() == [0, 18]

    one = await duka.returns(sold.sale.id, back(1, "3"))

    assert (one.document.number, one.document.total, one.document.sale_state) == (1, 450, "partly_returned")
    assert ways(one) == [(Way.CASH, 450)]
    assert await duka.left() == [1, 20]  # last taken first: the newer batch is whole again
    sale = await duka.sale(sold.sale.id)
    assert (sale.state, sale.returned, sale.paid, sale.balance_due) == (SaleState.PARTLY_RETURNED, 450, 1050, 0)
    two = await duka.returns(sold.sale.id, back(1, "4"))
    assert (two.document.number, two.document.sale_state) == (2, "returned")
    assert await duka.left() == [5, 20]
    assert (await duka.sale(sold.sale.id)).state is SaleState.RETURNED
    assert await duka.shop.disagreements() == []


async def test_n22_eight_returns_at_once_bring_back_what_was_sold_and_no_more(duka: Duka) -> None:
    sold = await duka.sells("6", "900")

    results = await together(8, lambda _: duka.returns(sold.sale.id, back(1, "2")))

    assert count(results, ReturnView) == 3
    assert count(results, MoreThanSold) + count(results, SaleNotReturnable) == 5
    assert await duka.left() == [5, 20]
    assert (await duka.sale(sold.sale.id)).state is SaleState.RETURNED
    assert await duka.shop.disagreements() == []


async def test_n22_more_than_was_sold_is_refused_with_its_figures(duka: Duka) -> None:
    sold = await duka.sells("2", "300")
    await duka.returns(sold.sale.id, back(1, "0.500"))

    with pytest.raises(MoreThanSold) as refused:
        await duka.returns(sold.sale.id, back(1, "1"), back(1, "0.501", "spoiled"))

    assert refused.value.facts() == {
        "line": 1,
        "sold": Decimal(2),
        "returned": Decimal("1.500"),
        "wanted": Decimal("0.501"),
    }


async def test_what_is_spoiled_is_written_off_with_its_reason(duka: Duka) -> None:
    sold = await duka.sells("7", "1050")

    await duka.returns(sold.sale.id, back(1, "1"), back(1, "2", "spoiled", "wet"))

    assert await duka.left() == [0, 19]
    assert (await duka.movements())[2:] == [
        ("sale_returned", 1),
        ("sale_returned", 2),
        ("spoilage", -1),
        ("spoilage", -1),
    ]
    assert await duka.shop.disagreements() == []


async def test_one_line_comes_back_and_the_others_stay(duka: Duka) -> None:
    tea = await has_stock(duka.shop, "Tea", price="33.33", quantity="3", cost="20.00")
    sold = await opens_sale(duka.shop, (duka.sugar, "6"), (tea, "3"), (duka.sugar, "1"), cash="1150")

    one = await duka.returns(sold.sale.id, back(2, "1"), back(3, "1"))
    two = await duka.returns(sold.sale.id, back(2, "1"))
    three = await duka.returns(sold.sale.id, back(2, "1", "spoiled"), back(1, "6"))

    assert [view.document.total for view in (one, two, three)] == [
        Decimal("183.33"),
        Decimal("33.33"),
        Decimal("933.33"),
    ]
    assert three.document.sale_state == "returned"
    assert await duka.left() == [5, 20]
    assert await duka.shop.disagreements() == []


async def test_mpesa_money_is_released_and_a_refund_is_asked_for(duka: Duka) -> None:
    sale = await duka.sells_for_mpesa("4")

    one = await duka.returns(sale.id, back(1, "1"))

    ((way, amount),) = ways(one)
    assert (way, amount) == (Way.MPESA, 150)
    (refund,) = await duka.shop.transact(refunds.list_refunds, None, None, None, 10)
    assert (refund.id, refund.amount, refund.state) == (one.money_back[0].refund_id, 150, "requested")
    assert refund.reason == f"return of receipt {sale.number}: wrong one"
    await duka.shop.transact(refunds.approve_refund, refund.id, "", role="owner")
    assert await duka.shop.disagreements() == []


async def test_mpesa_goes_back_before_cash_and_each_at_most_what_came(duka: Duka) -> None:
    sale = await duka.sells_for_mpesa("4", cash="200")  # 400 by phone

    first = await duka.returns(sale.id, back(1, "2"))
    second = await duka.returns(sale.id, back(1, "2"))

    assert ways(first) == [(Way.MPESA, 300)]
    assert ways(second) == [(Way.MPESA, 100), (Way.CASH, 200)]
    assert await duka.shop.disagreements() == []


async def test_goods_that_cost_nothing_come_back_for_nothing(duka: Duka) -> None:
    from_nothing = await duka.shop.transact(
        sales.open_sale,
        sales.SaleDraft((sales.DraftLine(duka.sugar.id, Decimal(1), Decimal(0), Decimal(0)),), Decimal(0), ""),
    )

    back_again = await duka.returns(from_nothing.sale.id, back(1, "1"))

    assert (back_again.document.total, back_again.money_back) == (0, ())
    assert await duka.shop.disagreements() == []


async def test_only_a_completed_sale_and_its_own_lines_come_back(duka: Duka) -> None:
    waiting = (await duka.sells("1")).sale
    with pytest.raises(SaleNotReturnable):
        await duka.returns(waiting.id, back(1, "1"))
    await duka.shop.transact(sales.cancel_sale, waiting.id, Cancellation("gone"))
    with pytest.raises(SaleNotReturnable):
        await duka.returns(waiting.id, back(1, "1"))
    with pytest.raises(SaleNotFound):
        await duka.returns(duka.shop.business_id, back(1, "1"))
    sold = await duka.sells("1", "150")
    with pytest.raises(SaleLineUnknown):
        await duka.returns(sold.sale.id, back(2, "1"))


async def test_the_token_stays_charged(duka: Duka) -> None:
    sold = await duka.sells("1", "150")
    await duka.returns(sold.sale.id, back(1, "1"))

    async def types(tx: Tx) -> list[str]:
        rows = await tx.records(
            "SELECT type FROM wallet_transactions WHERE business_id = $1 AND sale_id = $2 ORDER BY sequence",
            tx.business_id,
            sold.sale.id,
        )
        return [row["type"] for row in rows]

    assert await duka.shop.transact(types) == ["reserve", "charge"]


@pytest.mark.parametrize(("quantity", "issue"), [("1", "overpayment"), ("2", "late_money")])
async def test_money_that_comes_after_a_return_waits_for_a_person(duka: Duka, quantity: str, issue: str) -> None:
    sold = await duka.sells("2")
    asked = await duka.counter.asks(sold.sale.id)
    await duka.counter.deadline_passes(asked)
    await duka.shop.transact(sales.take_cash, sold.sale.id, Decimal(300))
    await duka.returns(sold.sale.id, back(1, quantity))

    await duka.counter.receives(paid(asked), asked)

    async def told(tx: Tx) -> list[str]:
        rows = await tx.records("SELECT kind FROM reconciliation_issues WHERE business_id = $1", tx.business_id)
        return [row["kind"] for row in rows]

    assert await duka.shop.transact(told) == [issue]
    assert await duka.shop.disagreements() == []


@pytest.mark.parametrize(
    ("before", "quantity", "guard"),
    [("0", "1", asyncpg.UniqueViolationError), ("1", "1.001", asyncpg.CheckViolationError)],
)
async def test_n22_the_database_itself_takes_no_line_back_twice(
    duka: Duka, before: str, quantity: str, guard: type[Exception]
) -> None:
    sold = await duka.sells("2", "300")
    one = await duka.returns(sold.sale.id, back(1, "1"))

    async def past_the_lock(tx: Tx) -> None:
        await tx.records(
            """
            INSERT INTO sale_item_returns
            SELECT business_id, return_id, sale_item_id, 'spoiled', sale_id, $3, 0, reason, sold, $4, created_at
              FROM sale_item_returns WHERE business_id = $1 AND return_id = $2
            """,
            tx.business_id,
            one.document.id,
            Decimal(quantity),
            Decimal(before),
        )

    with pytest.raises(guard):
        await duka.shop.transact(past_the_lock)


async def test_returns_are_listed_by_sale_and_by_day(duka: Duka) -> None:
    first, second = await duka.sells("2", "300"), await duka.sells("2", "300")
    one = await duka.returns(first.sale.id, back(1, "1"))
    two = await duka.returns(second.sale.id, back(1, "1"), back(1, "0.5", "spoiled"))
    today = one.document.business_day

    of_sale = await duka.shop.transact(returns.list_returns, ReturnFilter(first.sale.id), None, 10)
    of_day = await duka.shop.transact(returns.list_returns, ReturnFilter(None, today, today), None, 10)
    later = await duka.shop.transact(
        returns.list_returns, ReturnFilter(from_day=today.replace(year=today.year + 1)), None, 10
    )

    assert of_sale == [one]
    assert of_day == [two, one]
    assert later == []
    assert await duka.shop.transact(returns.get_return, two.document.id) == two
