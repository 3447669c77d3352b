"""M-PESA gives the whole receipt back: ordered at most once, believed by its result, and never guessed."""

import asyncio
from dataclasses import replace

import pytest

from payme import payment_configs, refunds
from payme.callbacks import CallbackState
from payme.kit.secrets import SecretKeysMissing
from payme.money import MoneyShort
from payme.payment_configs import ConfigChange, Strongbox
from payme.refunds import Method, NotReversible, Payout, RefundMayBePaid, RefundNotMovable, RefundState
from payme.refunds.jobs import reverse_refund
from payme.refunds.types import AttemptState
from payme.shortcodes import Initiator, Refused, Taken, Unknown
from tests.refunds.conftest import Till, result
from tests.support.by_hand import new_receipt
from tests.support.daraja import applies
from tests.support.together import together

CASH = Payout(Method.CASH, None)


async def test_a_reversal_is_ordered_once_and_its_result_pays_the_refund(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    payout = new_receipt(till.shop)

    await till.orders_reversal(refund)
    assert await till.state(refund) is RefundState.PAYING
    [(receipt, amount, _)] = till.reverser.orders
    assert (receipt, amount) == (money.receipt, 300)
    assert till.reverser.initiators == [Initiator("apiop37", "c2VhbGVk")]
    told = result(0, receipt=receipt, amount=300.0, payout=payout)
    assert await till.hears(told) is CallbackState.APPLIED
    assert await till.hears(told) is CallbackState.DUPLICATE
    assert await till.hears(result("R000002")) is CallbackState.DUPLICATE

    paid = await till.refund(refund)
    assert (paid.state, paid.method, paid.payout_receipt) == (RefundState.PAID, "reversal", payout)
    assert await till.stands(money) == {"refund": 300}
    assert await till.issues() == []


async def test_the_job_run_by_many_sends_once(till: Till) -> None:
    refund = await till.agreed(await till.is_paid())
    attempt = await till.orders_reversal(refund, sends=False)

    await asyncio.gather(*(till.sends(attempt) for _ in range(8)))
    await till.sends(attempt)

    assert len(till.reverser.orders) == 1


async def test_a_worker_that_dies_while_it_sends_leaves_it_unknown_and_it_is_not_sent_again(till: Till) -> None:
    refund = await till.agreed(await till.is_paid())
    attempt = await till.orders_reversal(refund, sends=False)

    async def dies(*_: object) -> Taken:
        raise ConnectionError

    till.reverser.reverse = dies  # type: ignore[assignment,method-assign]
    with pytest.raises(ConnectionError):
        await till.sends(attempt)
    del till.reverser.reverse
    await till.sends(attempt)

    assert await till.state(refund) is RefundState.UNKNOWN
    assert till.reverser.orders == []
    assert await till.issues() == ["unsettled_refund"]


async def test_a_lost_answer_is_unknown_and_the_late_result_decides(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    till.reverser.answer = Unknown("no answer came in time")
    attempt = await till.orders_reversal(refund)

    assert await till.state(refund) is RefundState.UNKNOWN
    await till.sends(attempt)
    assert len(till.reverser.orders) == 1
    with pytest.raises(RefundMayBePaid):
        await till.shop.transact(refunds.record_payout, refund.id, CASH)
    assert await till.issues() == ["unsettled_refund"]

    assert await till.hears(result(0, receipt=money.receipt, amount=300)) is CallbackState.APPLIED
    assert await till.state(refund) is RefundState.PAID
    assert await till.issues() == []
    assert await till.issues("resolved") == ["unsettled_refund"]


async def test_a_refused_order_fails_and_the_money_waits_again(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    till.reverser.answer = Refused("400.002.02", "Bad Request - Invalid Initiator")
    await till.orders_reversal(refund)

    assert await till.state(refund) is RefundState.FAILED
    assert await till.stands(money) == {"unallocated": 300}
    assert await till.issues() == ["unallocated_money"]

    await till.shop.transact(refunds.record_payout, refund.id, CASH)  # by hand, then
    assert await till.stands(money) == {"refund": 300}
    assert await till.issues() == []


@pytest.mark.parametrize("code", ["R000002", "1", 1, 11, "21", 2001, "2006", 2028, "8006"])
async def test_a_failed_result_puts_the_money_back_and_a_person_may_order_again(till: Till, code: object) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    await till.orders_reversal(refund)

    assert await till.hears(result(code)) is CallbackState.APPLIED
    assert await till.state(refund) is RefundState.FAILED
    assert await till.stands(money) == {"unallocated": 300}

    await till.orders_reversal(refund)
    assert await till.stands(money) == {"refund": 300}
    again = result(0, conversation="AG_2", receipt=money.receipt, amount=300)
    assert await till.hears(again) is CallbackState.APPLIED
    assert await till.state(refund) is RefundState.PAID


async def test_money_that_went_elsewhere_after_a_failure_is_not_reversed(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    till.reverser.answer = Refused("400.002.02", "Bad Request")
    await till.orders_reversal(refund)
    other = await till.agreed(money)

    with pytest.raises(MoneyShort):
        await till.shop.transact(refunds.start_reversal, refund.id)
    with pytest.raises(MoneyShort):
        await till.shop.transact(refunds.record_payout, refund.id, CASH)
    await till.shop.transact(refunds.withdraw_refund, refund.id, "the other one counts")
    await till.shop.transact(refunds.record_payout, other.id, CASH)
    assert await till.stands(money) == {"refund": 300}


async def test_already_reversed_means_that_the_customer_has_it_and_a_person_is_told(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    await till.orders_reversal(refund)

    assert await till.hears(result("R000001")) is CallbackState.APPLIED

    assert await till.state(refund) is RefundState.PAID
    assert (await till.refund(refund)).payout_receipt is None
    assert await till.issues() == ["already_reversed"]


async def test_a_queue_timeout_is_unknown_until_the_result_comes_after_all(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    await till.orders_reversal(refund)

    assert await till.hears(b"{}", delay=True, outside=True) is CallbackState.DUPLICATE
    assert await till.hears(result(1), delay=True) is CallbackState.APPLIED
    assert await till.hears(result(1), delay=True) is CallbackState.DUPLICATE
    assert await till.state(refund) is RefundState.UNKNOWN

    assert await till.hears(result(0, receipt=money.receipt, amount=300)) is CallbackState.APPLIED
    assert await till.hears(result(1), delay=True) is CallbackState.DUPLICATE
    assert await till.state(refund) is RefundState.PAID


async def test_a_second_order_while_the_first_is_unknown_pays_once_and_fails_only_when_both_did(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    till.reverser.answer = Unknown("lost")
    await till.orders_reversal(refund)
    till.reverser.answer = Refused("500.003.02", "System is busy")
    await till.orders_reversal(refund)
    assert await till.state(refund) is RefundState.UNKNOWN  # the first may have paid

    till.reverser.answer = None
    await till.orders_reversal(refund)
    assert await till.hears(result(1), 0) is CallbackState.DUPLICATE  # the first did not; the third may yet
    assert await till.state(refund) is RefundState.PAYING
    assert await till.hears(result(1, conversation="AG_3"), 2) is CallbackState.APPLIED
    assert await till.state(refund) is RefundState.FAILED
    assert await till.stands(money) == {"unallocated": 300}


async def test_a_first_order_that_paid_late_makes_the_second_say_already_reversed(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    till.reverser.answer = Unknown("lost")
    await till.orders_reversal(refund)
    till.reverser.answer = None
    await till.orders_reversal(refund)

    assert await till.hears(result(0, receipt=money.receipt, amount=300), 0) is CallbackState.APPLIED
    assert await till.hears(result("R000001", conversation="AG_2"), 1) is CallbackState.DUPLICATE

    assert await till.state(refund) is RefundState.PAID
    assert [attempt.state for attempt in await till.attempts(refund)] == [AttemptState.DONE, AttemptState.DONE]


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        (b"{}", "unreadable"),
        (result(0, conversation="AG_other"), "other_request"),
        (result(0, receipt="UKZ0000001", amount=300), "other_receipt"),
        (result(0, receipt="", amount=1), "other_amount"),
        (result(777), "unknown_code"),
    ],
)
async def test_a_result_that_does_not_match_changes_nothing_and_waits_for_a_person(
    till: Till, body: bytes, doubt: str
) -> None:
    refund = await till.agreed(await till.is_paid())
    await till.orders_reversal(refund)

    assert await till.hears(body) is CallbackState.QUARANTINED

    assert await till.state(refund) is RefundState.PAYING
    assert await till.issues() == [doubt]


async def test_what_comes_from_elsewhere_and_what_names_a_receipt_that_came_in_is_not_believed(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    await till.orders_reversal(refund)

    told = result(0, receipt=money.receipt, amount=300)
    assert await till.hears(told, outside=True) is CallbackState.QUARANTINED
    told = result(0, receipt=money.receipt, amount=300, payout=money.receipt)
    assert await till.hears(told) is CallbackState.QUARANTINED
    assert await till.state(refund) is RefundState.PAYING
    assert sorted(await till.issues()) == ["other_source", "receipt_reuse"]


async def test_a_success_after_a_person_gave_up_is_for_a_person(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    attempt = await till.orders_reversal(refund)
    with pytest.raises(RefundNotMovable):
        await till.shop.transact(refunds.give_up, refund.id, "no patience")
    await till.waits_no_longer(attempt)
    assert await till.state(refund) is RefundState.UNKNOWN
    await till.shop.transact(refunds.give_up, refund.id, "not in the statement")
    assert await till.stands(money) == {"unallocated": 300}

    assert await till.hears(result(0, receipt=money.receipt, amount=300)) is CallbackState.QUARANTINED

    assert await till.state(refund) is RefundState.FAILED
    assert "refund_ended" in await till.issues()
    await till.shop.transact(refunds.record_payout, refund.id, Payout(Method.MPESA, new_receipt(till.shop)))
    assert await till.hears(result(0, receipt=money.receipt, amount=300)) is CallbackState.QUARANTINED  # paid by hand


async def test_an_order_that_no_worker_took_in_time_is_not_sent_any_more(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    attempt = await till.orders_reversal(refund, sends=False)

    await till.waits_no_longer(attempt)
    await till.sends(attempt)
    await till.waits_no_longer(attempt)

    assert await till.state(refund) is RefundState.FAILED
    assert till.reverser.orders == []
    assert await till.stands(money) == {"unallocated": 300}


async def test_the_result_may_come_before_the_answer(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)

    async def first(receipt: str) -> None:
        assert await till.hears(result(0, receipt=receipt, amount=300)) is CallbackState.APPLIED

    ordered = till.reverser.reverse

    async def slow(*args: object) -> Taken:
        answer = await ordered(*args)  # type: ignore[arg-type]
        await first(money.receipt)
        assert isinstance(answer, Taken)
        return answer

    till.reverser.reverse = slow  # type: ignore[assignment,method-assign]
    await till.orders_reversal(refund)
    [attempt] = await till.attempts(refund)
    assert (attempt.state, attempt.conversation_id) == (AttemptState.DONE, "AG_1")
    assert await till.state(refund) is RefundState.PAID


async def test_an_answer_that_proves_nothing_after_the_result_changes_nothing(till: Till) -> None:
    refund = await till.agreed(await till.is_paid())
    ordered = till.reverser.reverse

    async def slow(*args: object) -> Unknown:
        await ordered(*args)  # type: ignore[arg-type]
        assert await till.hears(result("R000002")) is CallbackState.APPLIED
        return Unknown("lost")

    till.reverser.reverse = slow  # type: ignore[assignment,method-assign]
    await till.orders_reversal(refund)
    assert await till.state(refund) is RefundState.FAILED


async def test_only_a_whole_receipt_is_reversed_and_only_by_an_initiator(till: Till) -> None:
    money = await till.is_paid()
    part = await till.agreed(money, "100.00")
    with pytest.raises(NotReversible) as refused:
        await till.shop.transact(refunds.start_reversal, part.id)
    assert (refused.value.whole, refused.value.initiator) == (False, True)

    whole = await till.agreed(await till.is_paid())
    attempt = await till.orders_reversal(whole, sends=False)
    config = await till.shop.transact(payment_configs.get_active)
    change = ConfigChange(secrets={}, without_initiator=True)
    await till.shop.transact(payment_configs.change_config, config.id, change, till.desk.box)
    await till.sends(attempt)
    assert await till.state(whole) is RefundState.FAILED
    with pytest.raises(NotReversible) as refused:
        await till.shop.transact(refunds.start_reversal, whole.id)
    assert (refused.value.whole, refused.value.initiator) == (True, False)
    assert till.reverser.orders == []


async def test_credentials_that_do_not_open_fail_the_order_before_it_is_sent(till: Till) -> None:
    refund = await till.agreed(await till.is_paid())
    attempt = await till.orders_reversal(refund, sends=False)

    def missing() -> object:
        raise SecretKeysMissing("no file")

    desk = replace(till.desk, box=Strongbox(missing, till.desk.box.base_urls))  # type: ignore[arg-type]
    await reverse_refund(desk, till.address(attempt))

    assert await till.state(refund) is RefundState.FAILED


async def test_one_result_in_50_copies_at_once_has_one_effect(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    await till.orders_reversal(refund)
    told = result(0, receipt=money.receipt, amount=300)

    states = await together(50, lambda _: till.hears(told))

    assert sorted(states) == [CallbackState.APPLIED] + [CallbackState.DUPLICATE] * 49  # type: ignore[type-var]
    assert await till.stands(money) == {"refund": 300}


async def test_a_stored_answer_that_two_workers_take_is_applied_once(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    await till.orders_reversal(refund)
    stored = await till.stores(result(0, receipt=money.receipt, amount=300))
    noticed = await till.stores(b"{}", delay=True)

    results = await asyncio.gather(*(applies(till.shop.database, stored) for _ in range(8)))
    notices = await asyncio.gather(*(applies(till.shop.database, noticed) for _ in range(8)))

    assert set(results) == {CallbackState.APPLIED}
    assert set(notices) == {CallbackState.DUPLICATE}


async def test_a_failure_after_a_person_gave_up_changes_nothing(till: Till) -> None:
    money = await till.is_paid()
    refund = await till.agreed(money)
    till.reverser.answer = Unknown("lost")
    await till.orders_reversal(refund)
    await till.shop.transact(refunds.give_up, refund.id, "not in the statement")

    assert await till.hears(result("R000002")) is CallbackState.DUPLICATE

    assert await till.state(refund) is RefundState.FAILED
    assert await till.stands(money) == {"unallocated": 300}
