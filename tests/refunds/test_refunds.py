"""Money is given back when two people said so, once, and the shop's books say how."""

import itertools
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from payme import claims, identity, refunds
from payme.identity import Role
from payme.kit.db.transaction import Database
from payme.money import MoneyClaimed, MoneyNotFound, MoneyShort
from payme.payments import MoneyOfPlatform
from payme.refunds import (
    MOVES,
    Method,
    NotYourRefund,
    OwnRefund,
    Payout,
    PayoutReceiptTaken,
    PayoutReceiptWrong,
    Refund,
    RefundNotFound,
    RefundNotMovable,
    RefundState,
    RefundTooLarge,
)
from payme.refunds import rules as refund_rules
from tests.refunds.conftest import Till
from tests.support.by_hand import new_receipt
from tests.support.daraja import Counter, paid
from tests.support.shops import acting
from tests.support.together import count, together

CASH = Payout(Method.CASH, None)


async def test_a_refund_is_asked_for_agreed_to_and_paid_in_cash(till: Till) -> None:
    money = await till.is_paid()
    asked = await till.asks(money)
    assert await till.stands(money) == {"unallocated": 300}  # nothing moves on one person's word

    agreed = await till.shop.transact(refunds.approve_refund, asked.id, "seen", role="manager")
    assert agreed.state is RefundState.APPROVED
    assert await till.stands(money) == {"refund": 300}

    await till.shop.transact(refunds.record_payout, asked.id, CASH, role="manager")

    refund = await till.refund(asked)
    manager, cashier = till.shop.person("manager").user_id, till.shop.person("cashier").user_id
    assert (refund.state, refund.method, refund.payout_receipt) == (RefundState.PAID, "cash", None)
    assert (refund.requested_by, refund.decided_by, refund.paid_by) == (cashier, manager, manager)
    assert await till.stands(money) == {"refund": 300}


async def test_who_asked_decides_nothing_in_whatever_role(till: Till, database: Database) -> None:
    asked = await till.asks(await till.is_paid(), role="manager")
    for decide in (refunds.approve_refund, refunds.reject_refund, refunds.give_up):
        with pytest.raises(OwnRefund):
            await till.shop.transact(decide, asked.id, "me", role="manager")

    # The same person comes again as an owner: it is the person that counts.
    manager = till.shop.person("manager")
    found = [one for one in await till.shop.transact(identity.list_members, None, 50) if one.user_id == manager.user_id]
    await till.shop.transact(identity.change_role, found[0].id, Role.OWNER)
    owner = till.shop.actor("owner")
    as_owner = acting(
        type(owner)("member", "owner", manager.user_id, manager.session_id, owner.permissions), till.shop.business_id
    )
    with pytest.raises(OwnRefund):
        await database.transact(as_owner, refunds.approve_refund, asked.id, "now I am the owner")

    assert await till.state(asked) is RefundState.REQUESTED


async def test_the_database_too_refuses_that_one_person_decides_alone(till: Till, owner_dsn: str) -> None:
    asked = await till.asks(await till.is_paid())
    connection = await asyncpg.connect(owner_dsn)
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                "UPDATE refunds SET state = 'approved', decided_by = requested_by WHERE id = $1", asked.id
            )
    finally:
        await connection.close()


async def test_no_more_is_asked_for_than_no_sale_needs(till: Till) -> None:
    money, sale = await till.is_paid("500.00"), await till.opens_sale("1")
    await till.shop.transact(
        refunds.move_money, money.id, refunds.MoneyMove(sale.id, Decimal("150.00"), "hers"), role="manager"
    )
    await till.asks(money, "200.00")

    with pytest.raises(RefundTooLarge) as refused:
        await till.asks(money, "150.01")
    assert refused.value.left == 150
    await till.asks(money, "150.00")
    with pytest.raises(MoneyNotFound):
        await till.shop.transact(refunds.request_refund, refunds.RefundDraft(uuid4(), Decimal(1), "?"))


async def test_an_overpayment_that_was_claimed_meanwhile_is_not_approved(till: Till) -> None:
    money = await till.is_paid()
    asked = await till.asks(money)
    sale = await till.opens_sale()
    await till.shop.transact(claims.claim_money, money.id, sale.id)

    with pytest.raises(MoneyShort):
        await till.shop.transact(refunds.approve_refund, asked.id, "", role="manager")
    await till.shop.transact(refunds.withdraw_refund, asked.id, "claimed", role="cashier")
    assert await till.stands(money) == {"sale": 300}


async def test_money_that_is_set_aside_is_claimed_by_nobody(till: Till) -> None:
    money = await till.is_paid()
    await till.agreed(money)
    sale = await till.opens_sale()

    with pytest.raises(MoneyClaimed):
        await till.shop.transact(claims.claim_money, money.id, sale.id)


async def test_a_rejected_refund_leaves_the_money_where_it_was(till: Till) -> None:
    money = await till.is_paid()
    asked = await till.asks(money)

    await till.shop.transact(refunds.reject_refund, asked.id, "no", role="owner")

    assert await till.state(asked) is RefundState.REJECTED
    assert await till.stands(money) == {"unallocated": 300}
    await till.asks(money)  # and may be asked for again


async def test_an_agreed_refund_that_nobody_pays_is_withdrawn_and_the_money_waits_with_an_issue(till: Till) -> None:
    money = await till.is_paid()
    agreed = await till.agreed(money)
    other = await till.asks(await till.is_paid("10.00"), "10.00", role="manager")
    with pytest.raises(NotYourRefund):
        await till.shop.transact(refunds.withdraw_refund, other.id, "not mine", role="cashier")

    await till.shop.transact(refunds.withdraw_refund, agreed.id, "he took goods", role="manager")

    assert await till.stands(money) == {"unallocated": 300}
    assert await till.issues() == ["unallocated_money"]
    await till.agreed(money)
    assert await till.issues() == []


async def test_a_payout_names_a_receipt_of_its_own(till: Till) -> None:
    money, other = await till.is_paid("300.00"), await till.is_paid("300.00")
    first, second = await till.agreed(money), await till.agreed(other)
    receipt = new_receipt(till.shop)

    for wrong in (Payout(Method.MPESA, None), Payout(Method.CASH, receipt), Payout(Method.REVERSAL, receipt)):
        with pytest.raises(PayoutReceiptWrong):
            await till.shop.transact(refunds.record_payout, first.id, wrong)
    with pytest.raises(PayoutReceiptTaken):  # what came in did not go out
        await till.shop.transact(refunds.record_payout, first.id, Payout(Method.MPESA, money.receipt))
    await till.shop.transact(refunds.record_payout, first.id, Payout(Method.MPESA, receipt))
    with pytest.raises(PayoutReceiptTaken):
        await till.shop.transact(refunds.record_payout, second.id, Payout(Method.MPESA, receipt))

    assert (await till.refund(first)).payout_receipt == receipt


async def test_64_decide_and_pay_at_once_and_it_happens_once(till: Till) -> None:
    money = await till.is_paid()
    asked = await till.asks(money)

    approved = await together(
        64, lambda n: till.shop.transact(refunds.approve_refund, asked.id, "", role=("owner", "manager")[n % 2])
    )
    assert (count(approved, Refund), count(approved, RefundNotMovable)) == (1, 63)
    paid = await together(64, lambda _: till.shop.transact(refunds.record_payout, asked.id, CASH))
    assert (count(paid, Refund), count(paid, RefundNotMovable)) == (1, 63)
    assert await till.stands(money) == {"refund": 300}


async def test_64_ask_at_once_for_what_is_there_once(till: Till) -> None:
    money = await till.is_paid("300.00")

    asked = await together(64, lambda _: till.asks(money, "100.00"))

    assert (count(asked, Refund), count(asked, RefundTooLarge)) == (3, 61)


async def test_money_paid_for_tokens_is_not_the_shops_to_give(till: Till) -> None:
    counter, sale = Counter(till.shop), await till.opens_sale()
    bought = await counter.payment((await counter.buys_tokens(70)).payment_id)
    await counter.receives(paid(bought, amount=str(bought.amount)), bought)
    money_in_id = (await counter.payment(bought.id)).money_in_id
    assert money_in_id is not None

    with pytest.raises(MoneyOfPlatform):
        await till.shop.transact(refunds.request_refund, refunds.RefundDraft(money_in_id, Decimal(1), "mine"))
    with pytest.raises(MoneyOfPlatform):
        await till.shop.transact(refunds.move_money, money_in_id, refunds.MoneyMove(sale.id, Decimal(1), "mine"))


async def test_there_is_no_refund_that_nobody_asked_for(till: Till) -> None:
    for work in (refunds.approve_refund, refunds.reject_refund, refunds.withdraw_refund):
        with pytest.raises(RefundNotFound):
            await till.shop.transact(work, uuid4(), "?")
    with pytest.raises(RefundNotFound):
        await till.shop.transact(refunds.get_refund, uuid4())


@pytest.mark.parametrize(("current", "target"), list(itertools.product(RefundState, RefundState)))
def test_only_the_legal_moves_are_moves(current: RefundState, target: RefundState) -> None:
    legal = {
        "requested": {"approved", "rejected", "withdrawn"},
        "approved": {"paying", "paid", "withdrawn"},
        "paying": {"paid", "unknown", "failed"},
        "unknown": {"paying", "paid", "failed"},
        "failed": {"paying", "paid", "withdrawn"},
    }
    assert refund_rules.may_move(current, target) is (target.value in legal.get(current.value, set()))
    assert set(MOVES) == set(RefundState)
