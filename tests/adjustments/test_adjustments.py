"""A difference is put right after two people said so, exactly once, and nothing that was written is changed."""

from decimal import Decimal
from uuid import uuid4

import pytest

from payme.adjustments import (
    MOVES,
    Adjustment,
    AdjustmentAsked,
    AdjustmentNotFound,
    AdjustmentNotMovable,
    AdjustmentState,
    NotYourAdjustment,
    OwnAdjustment,
    approve_adjustment,
    get_adjustment,
    list_adjustments,
    reject_adjustment,
    request_adjustment,
    withdraw_adjustment,
)
from payme.kit.db.transaction import Tx
from payme.money import Source
from payme.payments import PaymentState
from payme.sales import SaleState
from payme.statements import (
    Difference,
    DifferenceNotFound,
    DifferenceSettled,
    DifferenceState,
    Fix,
    FixNotByAdjustment,
    MoneyNotBookable,
    Reason,
)
from tests.statements.conftest import Street
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.daraja import applies, paid
from tests.support.shops import make_shop
from tests.support.together import count, together


async def asks_for(street: Street, difference: Difference | None = None, role: str = "manager") -> Adjustment:
    found = difference or await street.only()
    return await street.shop.transact(request_adjustment, found.id, "seen in the portal", role=role)


async def puts_right(street: Street, difference: Difference | None = None) -> Adjustment:
    """The manager asks, the owner agrees."""
    asked = await asks_for(street, difference)
    return await street.shop.transact(approve_adjustment, asked.id, "so it is")


async def unknown_money(street: Street, amount: str = "300") -> str:
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), amount, reason="Pay Bill")
    await street.brings()
    return receipt


async def rows(street: Street, statement: str) -> list[tuple[object, ...]]:
    async def read(tx: Tx) -> list[tuple[object, ...]]:
        return [tuple(record.values()) for record in await tx.records(statement, tx.business_id)]

    return await street.shop.transact(read)


async def fees(street: Street) -> list[tuple[object, ...]]:
    return await rows(street, "SELECT receipt, amount FROM mpesa_fees WHERE business_id = $1 ORDER BY at, receipt")


async def entries(street: Street) -> list[tuple[object, ...]]:
    return await rows(street, "SELECT receipt, amount FROM statement_entries WHERE business_id = $1 ORDER BY at")


async def test_a_prompt_whose_callback_never_came_succeeds_by_the_statement(street: Street) -> None:
    payment = await street.asks()
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "300", account=payment.account_reference or "")
    await street.brings()

    done = await puts_right(street)

    assert (done.state, done.fix, done.amount) == (AdjustmentState.APPROVED, Fix.BOOK_MONEY, Decimal(300))
    booked = await street.booked(receipt)
    assert booked is not None
    assert (booked.source, booked.amount, booked.paid_at) == (Source.STATEMENT, Decimal(300), street.at(1))
    settled = await street.counter.payment(payment.id)
    assert (settled.state, settled.money_in_id) == (PaymentState.SUCCEEDED, booked.id)
    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert await street.told() == []
    assert await street.issues() == []
    await street.brings()
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_a_prompt_of_a_till_is_found_by_its_masked_phone(street: Street) -> None:
    payment = await street.asks()
    street.portal.pays(new_receipt(street.shop), street.at(1), "300")
    await street.brings()

    await puts_right(street)

    assert (await street.counter.payment(payment.id)).state is PaymentState.SUCCEEDED
    assert await street.shop.disagreements() == []


async def test_the_late_callback_of_money_that_the_statement_told_of_changes_nothing(street: Street) -> None:
    payment = await street.asks()
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "300", account=payment.account_reference or "")
    await street.brings()
    await puts_right(street)

    await street.counter.receives(paid(payment, receipt), payment)

    assert (await street.sale_now()).paid == 300
    assert await street.shop.disagreements() == []


async def test_the_code_of_a_prompt_typed_on_another_phone_pays_the_sale_and_not_the_prompt(street: Street) -> None:
    payment = await street.asks()
    receipt, answer = new_receipt(street.shop), new_receipt(street.shop)
    account = payment.account_reference or ""
    street.portal.pays(receipt, street.at(1), "300", account=account, party="2541****999 - JOHN DOE")
    await street.brings()
    assert await street.told() == [(Reason.UNKNOWN, Fix.BOOK_MONEY, Decimal(300))]

    await puts_right(street)
    await street.counter.receives(paid(payment, answer), payment)

    settled, booked, late = (
        await street.counter.payment(payment.id),
        await street.booked(receipt),
        await street.booked(answer),
    )
    assert booked is not None
    assert late is not None
    assert (settled.state, settled.money_in_id) == (PaymentState.SUCCEEDED, late.id)
    assert ((await street.sale_now()).state, (await street.sale_now()).paid) == (SaleState.COMPLETED, 300)
    placed = await rows(
        street,
        """SELECT money_in_id, purpose, amount FROM allocations WHERE business_id = $1 ORDER BY created_at, id""",
    )
    assert placed == [(booked.id, "sale", Decimal(300)), (late.id, "overpayment", Decimal(300))]
    assert await street.shop.disagreements() == []


async def test_money_that_nobody_knew_of_waits_to_be_claimed(street: Street) -> None:
    receipt = await unknown_money(street)

    await puts_right(street)

    booked = await street.booked(receipt)
    assert booked is not None
    loose = await rows(street, "SELECT purpose, amount FROM allocations WHERE business_id = $1")
    assert loose == [("unallocated", Decimal(300))]
    assert (await street.sale_now()).state is SaleState.OPEN
    assert await street.shop.disagreements() == []


async def test_less_than_was_asked_for_is_booked_as_it_came(street: Street) -> None:
    payment = await street.asks()
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "120", account=payment.account_reference or "")
    await street.brings()

    await puts_right(street)

    sale = await street.sale_now()
    assert (sale.state, sale.paid) == (SaleState.OPEN, Decimal(120))
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_all_fees_of_a_number_are_booked_together_line_by_line(street: Street) -> None:
    for minute in (1, 2, 3):
        receipt = await street.paid_by_hand(minute)
        street.portal.takes_fee(receipt, street.at(minute), f"{minute}.50")
    await street.brings()
    first = (await street.differences())[-1]

    done = await puts_right(street, first)

    assert (done.fix, done.amount) == (Fix.BOOK_FEES, Decimal("-7.50"))
    assert [amount for _, amount in await fees(street)] == [Decimal("1.50"), Decimal("2.50"), Decimal("3.50")]
    assert await street.told() == []
    assert [kind for kind, _ in await street.issues("resolved")] == ["statement_fee"]
    await street.brings()
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_a_fee_that_was_given_back_is_booked_below_nothing(street: Street) -> None:
    receipt = await street.paid_by_hand(1)
    street.portal.pays(receipt, street.at(2), "1", reason="Pay Bill Charge Reversal")
    await street.brings()

    await puts_right(street)

    assert await fees(street) == [(receipt, Decimal("-1.00"))]


async def test_what_cannot_be_booked_gets_an_adjusting_entry(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.books(receipt, "300", street.at(1))
    street.portal.pays(receipt, street.at(1), "250")
    await street.brings()

    done = await puts_right(street)

    assert (done.fix, done.amount) == (Fix.WRITE_ENTRY, Decimal(-50))
    assert await entries(street) == [(receipt, Decimal(-50))]
    booked = await street.booked(receipt)
    assert booked is not None
    assert booked.amount == 300
    await street.brings()
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_money_that_only_we_have_gets_an_adjusting_entry(street: Street) -> None:
    await street.paid_by_hand(1)
    await street.books(forged := new_receipt(street.shop), "999", street.at(20))
    await street.paid_by_hand(40)
    await street.brings()

    await puts_right(street)

    assert await entries(street) == [(forged, Decimal(-999))]
    await street.brings()
    assert await street.told() == []


async def test_whoever_asked_does_not_agree(street: Street) -> None:
    await unknown_money(street)
    asked = await asks_for(street, role="owner")

    for decide in (approve_adjustment, reject_adjustment):
        with pytest.raises(OwnAdjustment):
            await street.shop.transact(decide, asked.id, "")

    assert await street.told() == [(Reason.UNKNOWN, Fix.BOOK_MONEY, Decimal(300))]


async def test_a_wish_is_taken_back_by_who_had_it(street: Street) -> None:
    await unknown_money(street)
    asked = await asks_for(street)

    with pytest.raises(NotYourAdjustment):
        await street.shop.transact(withdraw_adjustment, asked.id, "")
    done = await street.shop.transact(withdraw_adjustment, asked.id, "it was mine", role="manager")

    assert (done.state, done.decided_by, done.note) == (AdjustmentState.WITHDRAWN, None, "it was mine")
    assert (await asks_for(street)).state is AdjustmentState.REQUESTED


async def test_a_refused_wish_leaves_the_difference(street: Street) -> None:
    receipt = await unknown_money(street)
    asked = await asks_for(street)
    with pytest.raises(AdjustmentAsked):
        await asks_for(street, role="owner")

    done = await street.shop.transact(reject_adjustment, asked.id, "not ours")

    assert done.state is AdjustmentState.REJECTED
    assert await street.booked(receipt) is None
    assert len(await street.differences()) == 1
    for decide in (approve_adjustment, reject_adjustment):
        with pytest.raises(AdjustmentNotMovable):
            await street.shop.transact(decide, asked.id, "")


async def test_eight_people_agree_at_once_and_it_is_done_once(street: Street) -> None:
    receipt = await unknown_money(street)
    asked = await asks_for(street)

    results = await together(8, lambda _: street.shop.transact(approve_adjustment, asked.id, ""))

    assert count(results, Adjustment) == 1
    assert count(results, AdjustmentNotMovable) + count(results, DifferenceSettled) == 7
    assert await rows(street, "SELECT receipt FROM money_in WHERE business_id = $1") == [(receipt,)]
    assert await street.shop.disagreements() == []


async def test_two_wishes_about_fees_at_once_book_each_fee_once(street: Street) -> None:
    for minute in (1, 2):
        street.portal.takes_fee(new_receipt(street.shop), street.at(minute), "5")
    await street.brings()
    asked = [await asks_for(street, found) for found in await street.differences()]

    results = await together(2, lambda place: street.shop.transact(approve_adjustment, asked[place].id, ""))

    assert (count(results, Adjustment), count(results, DifferenceSettled)) == (1, 1)
    assert [amount for _, amount in await fees(street)] == [Decimal(5), Decimal(5)]
    open_one = next(one for one in asked if one.id not in {done.id for done in results if isinstance(done, Adjustment)})
    done = await street.shop.transact(reject_adjustment, open_one.id, "done by another")
    assert done.state is AdjustmentState.REJECTED


async def test_a_statement_is_compared_while_people_agree(street: Street) -> None:
    await unknown_money(street)
    asked = await asks_for(street)

    async def one(place: int) -> object:
        return await street.brings() if place else await street.shop.transact(approve_adjustment, asked.id, "")

    await together(6, one)

    assert await street.told() == []
    assert len(await street.differences(DifferenceState.SETTLED)) == 1
    assert await street.shop.disagreements() == []


async def test_money_that_came_meanwhile_is_not_booked_again(street: Street) -> None:
    receipt = await unknown_money(street)
    asked = await asks_for(street)
    await street.books(receipt, "300", street.at(1))

    with pytest.raises(MoneyNotBookable):
        await street.shop.transact(approve_adjustment, asked.id, "")

    await street.brings()
    with pytest.raises(DifferenceSettled):
        await street.shop.transact(approve_adjustment, asked.id, "")
    assert await rows(street, "SELECT amount FROM money_in WHERE business_id = $1") == [(Decimal(300),)]


async def test_money_that_another_shop_books_meanwhile_is_not_booked(street: Street) -> None:
    receipt = await unknown_money(street)
    asked = await asks_for(street)
    await (await registers(await make_shop(street.shop.database))).confirms(notice(receipt))

    with pytest.raises(MoneyNotBookable):
        await street.shop.transact(approve_adjustment, asked.id, "")


async def test_what_has_a_way_of_its_own_is_no_adjustment(street: Street) -> None:
    receipt = new_receipt(street.shop)
    waiting = await street.safaricom.stores(notice(receipt))
    street.portal.pays(receipt, street.at(1), "300")
    await street.brings()

    with pytest.raises(FixNotByAdjustment):
        await asks_for(street)
    await applies(street.shop.database, waiting)


async def test_what_is_settled_is_not_adjusted(street: Street) -> None:
    receipt = await unknown_money(street)
    found = await street.only()
    await street.books(receipt, "300", street.at(1))
    await street.brings()

    with pytest.raises(DifferenceSettled):
        await asks_for(street, found)


async def test_nobody_adjusts_what_is_not_there(street: Street) -> None:
    with pytest.raises(DifferenceNotFound):
        await street.shop.transact(request_adjustment, uuid4(), "x")
    with pytest.raises(AdjustmentNotFound):
        await street.shop.transact(get_adjustment, uuid4())


async def test_adjustments_are_listed_by_state(street: Street) -> None:
    await unknown_money(street)
    done = await puts_right(street)

    assert await street.shop.transact(list_adjustments, None, None, 10) == [done]
    assert await street.shop.transact(list_adjustments, AdjustmentState.REQUESTED, None, 10) == []
    assert await street.shop.transact(get_adjustment, done.id) == done


def test_the_square_of_moves() -> None:
    assert set(MOVES) == set(AdjustmentState)
    assert {target for targets in MOVES.values() for target in targets} == set(AdjustmentState) - {
        AdjustmentState.REQUESTED
    }
