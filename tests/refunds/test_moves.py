"""Money that no sale needs goes to another sale: with a reason, as much as there is, once."""

from decimal import Decimal
from uuid import uuid4

import pytest

from payme import refunds, sales
from payme.kit.db.transaction import Tx
from payme.money import MoneyNotFound, MoneyShort
from payme.payments import PaymentState
from payme.refunds import MoneyMove, Moved, MoveTooLarge
from payme.sales import Cancellation, SaleNotFound, SaleNotOpen, SaleState
from tests.refunds.conftest import Till
from tests.support.daraja import Counter, paid
from tests.support.together import count, together


def move(sale_id: object, amount: str = "300.00") -> MoneyMove:
    return MoneyMove(sale_id, Decimal(amount), "she says it was for this")  # type: ignore[arg-type]


async def test_money_that_waits_completes_a_sale(till: Till) -> None:
    money, sale = await till.is_paid("400.00"), await till.opens_sale()

    moved = await till.shop.transact(refunds.move_money, money.id, move(sale.id), role="manager")

    assert (moved.left, moved.sale_state) == (100, SaleState.COMPLETED)
    assert await till.stands(money) == {"sale": 300, "unallocated": 100}


async def test_a_part_leaves_the_sale_open(till: Till) -> None:
    money, sale = await till.is_paid(), await till.opens_sale()

    await till.shop.transact(refunds.move_money, money.id, move(sale.id, "100.00"))

    now = await till.sale_now(sale)
    assert (now.state, now.balance_due) == (SaleState.OPEN, 200)


async def test_n4_an_overpayment_moves_to_another_sale_and_its_issue_is_settled(till: Till) -> None:
    counter, sale = Counter(till.shop), await till.opens_sale()
    first = await counter.asks(sale.id)
    await counter.deadline_passes(first)
    second = await counter.asks(sale.id)
    for payment in (first, second):
        await counter.receives(paid(payment), payment)
    assert await till.issues() == ["overpayment"]
    overpaid = (await counter.payment(second.id)).money_in_id
    assert overpaid is not None
    assert (await counter.payment(first.id)).state is PaymentState.SUCCEEDED
    other = await till.opens_sale("1")

    await till.shop.transact(refunds.move_money, overpaid, move(other.id, "150.00"))
    assert await till.issues() == ["overpayment"]  # a half still waits for a decision
    another = await till.opens_sale("1")
    await till.shop.transact(refunds.move_money, overpaid, move(another.id, "150.00"))

    assert await till.issues() == []
    assert await till.issues("resolved") == ["overpayment"]


async def test_n2_late_money_never_revives_its_sale_but_pays_another(till: Till) -> None:
    counter, sale = Counter(till.shop), await till.opens_sale()
    payment = await counter.asks(sale.id)
    await till.shop.transact(sales.cancel_sale, sale.id, Cancellation("gone", even_if_paying=True))
    await counter.receives(paid(payment), payment)
    assert await till.issues() == ["late_money"]
    late = (await counter.payment(payment.id)).money_in_id
    assert late is not None

    with pytest.raises(SaleNotOpen):
        await till.shop.transact(refunds.move_money, late, move(sale.id))
    new = await till.opens_sale()
    await till.shop.transact(refunds.move_money, late, move(new.id))

    assert (await till.sale_now(new)).state is SaleState.COMPLETED
    assert (await till.sale_now(sale)).state is SaleState.CANCELLED
    assert await till.issues() == []


async def test_money_of_a_cancelled_sale_has_an_issue_that_a_claim_settles(till: Till) -> None:
    money, sale = await till.is_paid("100.00"), await till.opens_sale()
    await till.shop.transact(refunds.move_money, money.id, move(sale.id, "100.00"))
    await till.shop.transact(sales.cancel_sale, sale.id, Cancellation("no time"))
    assert await till.issues() == ["unallocated_money"]

    other = await till.opens_sale()
    await till.shop.transact(refunds.move_money, money.id, move(other.id, "100.00"))

    assert await till.issues() == []


async def test_what_cannot_move_stays(till: Till) -> None:
    money, sale = await till.is_paid("400.00"), await till.opens_sale()
    transact = till.shop.transact

    with pytest.raises(MoneyShort) as short:
        await transact(refunds.move_money, money.id, move(sale.id, "400.01"))
    assert short.value.left == 400
    with pytest.raises(MoveTooLarge) as large:
        await transact(refunds.move_money, money.id, move(sale.id, "400.00"))
    assert large.value.balance_due == 300
    with pytest.raises(SaleNotFound):
        await transact(refunds.move_money, money.id, move(uuid4()))
    with pytest.raises(MoneyNotFound):
        await transact(refunds.move_money, uuid4(), move(sale.id))

    assert await till.stands(money) == {"unallocated": 400}
    assert (await till.sale_now(sale)).paid == 0


async def test_64_moves_at_once_move_exactly_what_there_is(till: Till) -> None:
    money, sale = await till.is_paid("300.00"), await till.opens_sale("10")

    results = await together(64, lambda _: till.shop.transact(refunds.move_money, money.id, move(sale.id, "10.00")))

    assert (count(results, Moved), count(results, MoneyShort)) == (30, 34)
    assert await till.stands(money) == {"sale": 300}
    assert (await till.sale_now(sale)).paid == 300


async def test_a_move_is_audited_with_its_reason_and_what_stood_before_and_after(till: Till) -> None:
    money, sale = await till.is_paid(), await till.opens_sale("1")
    await till.shop.transact(refunds.move_money, money.id, move(sale.id, "150.00"), role="manager")

    async def read(tx: Tx) -> dict[str, object]:
        facts: dict[str, object] = await tx.value(
            "SELECT facts FROM audit_entries WHERE business_id = $1 AND subject_id = $2 AND action = 'money_moved'",
            tx.business_id,
            money.id,
        )
        return facts

    facts = await till.shop.transact(read)
    assert facts["reason"] == "she says it was for this"
    assert facts["before"] == [{"purpose": "unallocated", "sale_id": None, "amount": "300.00"}]
    assert {(share["purpose"], share["amount"]) for share in facts["after"]} == {  # type: ignore[attr-defined]
        ("unallocated", "150.00"),
        ("sale", "150.00"),
    }
