"""A sale is voided on its day: by one person up to a limit, by two above it, and then everything goes back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from payme import refunds, returns, sales
from payme.app.assembly import record
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database, Tx
from payme.kit.seams import Seams, SystemClock
from payme.returns import (
    Approval,
    NotYourVoid,
    OwnVoid,
    ReturnView,
    SaleNotVoidable,
    VoidAsked,
    VoidNotFound,
    VoidNotMovable,
    VoidState,
    VoidTooLate,
    VoidView,
    Way,
)
from payme.sales import Cancellation, PaymentStillLive, SaleNotReturnable, SaleState
from tests.returns.conftest import Duka, back
from tests.support.daraja import paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop
from tests.support.together import count, together


def ways(view: VoidView) -> list[tuple[Way, Decimal]]:
    return [(part.way, part.amount) for part in view.money_back]


async def tokens(duka: Duka, sale_id: UUID) -> list[str]:
    async def types(tx: Tx) -> list[str]:
        rows = await tx.records(
            "SELECT type FROM wallet_transactions WHERE business_id = $1 AND sale_id = $2 ORDER BY sequence",
            tx.business_id,
            sale_id,
        )
        return [row["type"] for row in rows]

    return await duka.shop.transact(types)


async def test_a_void_gives_goods_cash_and_token_back(duka: Duka) -> None:
    sold = await duka.sells("7", "1050")

    void = await duka.voids(sold.sale.id)

    assert (void.document.state, void.document.two_people) == (VoidState.DONE, False)
    assert ways(void) == [(Way.CASH, 1050)]
    assert await duka.left() == [5, 20]
    sale = await duka.sale(sold.sale.id)
    assert (sale.state, sale.paid) == (SaleState.VOIDED, 0)
    assert await tokens(duka, sale.id) == ["reserve", "charge", "refund"]
    assert await duka.shop.disagreements() == []


async def test_mpesa_money_of_a_void_is_to_be_refunded(duka: Duka) -> None:
    sale = await duka.sells_for_mpesa("4", cash="200")

    void = await duka.voids(sale.id)

    assert ways(void) == [(Way.MPESA, 400), (Way.CASH, 200)]
    (refund,) = await duka.shop.transact(refunds.list_refunds, None, None, None, 10)
    assert (refund.amount, refund.state) == (400, "requested")
    assert await duka.shop.disagreements() == []


async def test_above_the_limit_another_person_agrees(duka: Duka) -> None:
    sold = await duka.sells("14", "2100")

    asked = await duka.voids(sold.sale.id)

    assert (asked.document.state, asked.document.two_people, asked.money_back) == (VoidState.REQUESTED, True, ())
    assert (await duka.sale(sold.sale.id)).state is SaleState.COMPLETED
    with pytest.raises(VoidAsked):
        await duka.voids(sold.sale.id, role="owner")
    with pytest.raises(OwnVoid):
        await duka.shop.transact(returns.approve_void, asked.document.id, Approval(""), role="manager")
    done = await duka.shop.transact(returns.approve_void, asked.document.id, Approval("I saw it"), role="owner")
    assert (done.document.state, ways(done)) == (VoidState.DONE, [(Way.CASH, 2100)])
    assert done == await duka.shop.transact(returns.get_void_view, asked.document.id)
    assert (await duka.sale(sold.sale.id)).state is SaleState.VOIDED
    assert await duka.shop.disagreements() == []


async def test_who_asked_for_the_void_asked_for_its_refund(duka: Duka) -> None:
    sale = await duka.sells_for_mpesa("14")
    asked = await duka.voids(sale.id)

    done = await duka.shop.transact(returns.approve_void, asked.document.id, Approval(""), role="owner")

    refund = await duka.shop.transact(refunds.get_refund, done.money_back[0].refund_id)  # type: ignore[arg-type]
    assert refund.requested_by == duka.shop.person("manager").user_id
    await duka.shop.transact(refunds.approve_refund, refund.id, "", role="owner")


async def test_a_void_is_rejected_or_withdrawn_and_may_be_asked_for_again(duka: Duka) -> None:
    sold = await duka.sells("14", "2100")
    first = await duka.voids(sold.sale.id)
    with pytest.raises(OwnVoid):
        await duka.shop.transact(returns.reject_void, first.document.id, "no", role="manager")
    with pytest.raises(NotYourVoid):
        await duka.shop.transact(returns.withdraw_void, first.document.id, "no", role="owner")

    rejected = await duka.shop.transact(returns.reject_void, first.document.id, "she has the goods", role="owner")
    second = await duka.voids(sold.sale.id)
    withdrawn = await duka.shop.transact(returns.withdraw_void, second.document.id, "a mistake", role="manager")

    assert (rejected.document.state, rejected.document.note) == (VoidState.REJECTED, "she has the goods")
    assert withdrawn.document.state is VoidState.WITHDRAWN
    listed = await duka.shop.transact(returns.list_voids, None, sold.sale.id, None, 10)
    assert [view.document.state for view in listed] == [VoidState.WITHDRAWN, VoidState.REJECTED]
    assert await duka.shop.transact(returns.list_voids, VoidState.REQUESTED, None, None, 10) == []
    assert (await duka.sale(sold.sale.id)).state is SaleState.COMPLETED


@pytest.mark.parametrize("state", [VoidState.DONE, VoidState.REJECTED, VoidState.WITHDRAWN])
async def test_what_is_decided_stays_decided(duka: Duka, state: VoidState) -> None:
    sold = await duka.sells("14", "2100")
    void = (await duka.voids(sold.sale.id)).document
    if state is VoidState.DONE:
        await duka.shop.transact(returns.approve_void, void.id, Approval(""), role="owner")
    elif state is VoidState.REJECTED:
        await duka.shop.transact(returns.reject_void, void.id, "no", role="owner")
    else:
        await duka.shop.transact(returns.withdraw_void, void.id, "no", role="manager")

    with pytest.raises(VoidNotMovable):
        await duka.shop.transact(returns.approve_void, void.id, Approval(""), role="owner")
    with pytest.raises(VoidNotMovable):
        await duka.shop.transact(returns.reject_void, void.id, "no", role="owner")
    with pytest.raises(VoidNotMovable):
        await duka.shop.transact(returns.withdraw_void, void.id, "no", role="manager")


async def test_the_owner_sets_the_limit(duka: Duka) -> None:
    assert (await duka.shop.transact(returns.get_void_limit)).amount == 2000
    await duka.shop.transact(returns.set_void_limit, Decimal(100))
    await duka.shop.transact(returns.set_void_limit, Decimal(150))

    at_the_limit = await duka.voids((await duka.sells("1", "150")).sale.id)
    above = await duka.voids((await duka.sells("2", "300")).sale.id)

    assert (at_the_limit.document.state, above.document.state) == (VoidState.DONE, VoidState.REQUESTED)
    assert (await duka.shop.transact(returns.get_void_limit)).amount == 150


@pytest.mark.parametrize("state", [one for one in SaleState if one is not SaleState.COMPLETED])
async def test_only_a_completed_sale_is_voided(duka: Duka, state: SaleState) -> None:
    paid_for = None if state in {SaleState.OPEN, SaleState.CANCELLED} else "300"
    sale = (await duka.sells("2", paid_for)).sale
    if state is SaleState.CANCELLED:
        await duka.shop.transact(sales.cancel_sale, sale.id, Cancellation("gone"))
    elif state is SaleState.VOIDED:
        await duka.voids(sale.id)
    elif state is not SaleState.OPEN:
        await duka.returns(sale.id, back(1, "1" if state is SaleState.PARTLY_RETURNED else "2"))
    assert (await duka.sale(sale.id)).state is state

    with pytest.raises(SaleNotVoidable):
        await duka.voids(sale.id)
    if state is not SaleState.PARTLY_RETURNED:
        with pytest.raises(SaleNotReturnable):
            await duka.returns(sale.id, back(1, "1"))


async def test_a_void_that_waited_while_goods_came_back_is_not_carried_out(duka: Duka) -> None:
    sold = await duka.sells("14", "2100")
    asked = await duka.voids(sold.sale.id)
    await duka.returns(sold.sale.id, back(1, "1"))

    with pytest.raises(SaleNotVoidable):
        await duka.shop.transact(returns.approve_void, asked.document.id, Approval(""), role="owner")
    with pytest.raises(VoidNotFound):
        await duka.shop.transact(returns.approve_void, sold.sale.id, Approval(""), role="owner")


async def test_a_return_races_a_void_and_one_of_them_wins(duka: Duka) -> None:
    for _ in range(4):
        sold = await duka.sells("2", "300")

        async def act(number: int, sale_id: UUID = sold.sale.id) -> ReturnView | VoidView:
            return await (duka.voids(sale_id) if number % 2 else duka.returns(sale_id, back(1, "2")))

        results = await together(4, act)

        assert count(results, ReturnView) + count(results, VoidView) == 1
    assert await duka.left() == [5, 20]
    assert await duka.shop.disagreements() == []


async def test_two_people_approve_at_once_and_it_is_voided_once(duka: Duka) -> None:
    sold = await duka.sells("14", "2100")
    asked = await duka.voids(sold.sale.id)

    results = await together(
        6, lambda _: duka.shop.transact(returns.approve_void, asked.document.id, Approval(""), role="owner")
    )

    assert count(results, VoidView) == 1
    assert count(results, VoidNotMovable) == 5
    assert await duka.shop.disagreements() == []


async def test_a_void_warns_of_a_customer_who_is_being_asked_and_late_money_waits(duka: Duka) -> None:
    sold = await duka.sells("2")
    asked = await duka.counter.asks(sold.sale.id)
    await duka.counter.deadline_passes(asked)
    await duka.shop.transact(sales.take_cash, sold.sale.id, Decimal(300))
    again = await duka.sells("2")
    live = await duka.counter.asks(again.sale.id)
    await duka.shop.transact(sales.take_cash, again.sale.id, Decimal(300))
    with pytest.raises(PaymentStillLive):
        await duka.voids(again.sale.id)

    await duka.voids(again.sale.id, even_if_paying=True)
    await duka.voids(sold.sale.id)
    for payment in (asked, live):
        await duka.counter.receives(paid(payment), payment)

    assert (await duka.sale(sold.sale.id)).state is SaleState.VOIDED
    assert (await duka.sale(again.sale.id)).state is SaleState.VOIDED

    async def waiting(tx: Tx) -> list[str]:
        rows = await tx.records(
            "SELECT kind FROM reconciliation_issues WHERE business_id = $1 ORDER BY kind", tx.business_id
        )
        return [row["kind"] for row in rows]

    assert await duka.shop.transact(waiting) == ["late_money", "late_money"]


@dataclass
class SetClock(SystemClock):
    """A clock that stands where a test puts it."""

    at: datetime

    def now(self) -> datetime:
        return self.at


async def test_a_sale_is_voided_until_midnight_in_nairobi(app_pool: AsyncpgPool) -> None:
    clock = SetClock(datetime.now(UTC))
    database = Database(app_pool, replace(Seams(), clock=clock), record=record, jobs=PgQueuerJobs())
    shop = await make_shop(database, paybill=False)
    sugar = await has_stock(shop)
    clock.at = (clock.at + timedelta(days=1)).replace(hour=20, minute=58)  # 23:58 in Nairobi
    one, two = [await opens_sale(shop, (sugar, "1"), cash="150") for _ in range(2)]
    await shop.transact(returns.set_void_limit, Decimal(0))
    asked = await shop.transact(returns.void_sale, one.sale.id, Cancellation("twice"), role="manager")

    clock.at += timedelta(minutes=2)

    with pytest.raises(VoidTooLate):
        await shop.transact(returns.void_sale, two.sale.id, Cancellation("twice"), role="manager")
    with pytest.raises(VoidTooLate):
        await shop.transact(returns.approve_void, asked.document.id, Approval(""), role="owner")
    clock.at -= timedelta(minutes=1)
    await shop.transact(returns.approve_void, asked.document.id, Approval(""), role="owner")
