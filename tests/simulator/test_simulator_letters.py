"""Faults of what the simulator sends: callbacks, confirmations and results that are lost, late, doubled or crooked."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from payme.simulator import Fault, SimulatorConfig
from tests.simulator.shop import PHONE, OpenTimedShop, TimedShop, items, switched_on


async def timed(open_timed_shop: OpenTimedShop, fault: Fault, **changes: object) -> tuple[TimedShop, str]:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.registers()
    await switched_on(shop, fault, **changes)
    return shop, await shop.push_in_time(PHONE)


async def test_a_prompt_can_be_paid_twice(open_timed_shop: OpenTimedShop) -> None:
    shop, checkout = await timed(open_timed_shop, Fault.PAID_TWICE)
    await shop.time.pass_by(300)

    receipts = [letter["CallbackMetadata"]["Item"][1]["Value"] for letter in shop.mailbox.letters]
    payments = (await shop.daraja.get("/simulator/payments")).json()
    assert len(set(receipts)) == 2
    assert [one["receipt"] for one in payments["payments"]] == receipts
    assert {one["checkout_request_id"] for one in payments["payments"]} == {checkout}
    assert payments["totals"]["amount"] == 300


async def test_a_payer_who_does_not_pay_does_not_pay_twice(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await switched_on(shop, Fault.PAID_TWICE)
    await shop.push_in_time("254722001032")
    await shop.time.pass_by(300)

    assert [letter["ResultCode"] for letter in shop.mailbox.letters] == [1032]


@pytest.mark.parametrize(
    ("fault", "codes"), [(Fault.PAID_THEN_FAILED, [0, 1032]), (Fault.PAID_AFTER_CANCEL, [1032, 0])]
)
async def test_two_callbacks_can_contradict(open_timed_shop: OpenTimedShop, fault: Fault, codes: list[int]) -> None:
    shop, checkout = await timed(open_timed_shop, fault)
    await shop.time.pass_by(300)

    assert [letter["ResultCode"] for letter in shop.mailbox.letters] == codes
    assert (await shop.truth_of(checkout))["state"] == "paid"


@pytest.mark.parametrize(
    ("fault", "copies"), [(Fault.CALLBACK_LOST, 0), (Fault.CALLBACK_DOUBLED, 2), (Fault.CALLBACK_FLOOD, 50)]
)
async def test_a_callback_comes_as_often_as_the_fault_says(
    open_timed_shop: OpenTimedShop, fault: Fault, copies: int
) -> None:
    shop, _ = await timed(open_timed_shop, fault)
    await shop.time.pass_by(60)

    assert len(shop.mailbox.letters) == copies


@pytest.mark.parametrize(
    ("fault", "late_s"),
    [(Fault.CALLBACK_LATE, 150), (Fault.CALLBACK_LATE_HOUR, 3_600), (Fault.CALLBACK_LATE_DAYS, 259_200)],
)
async def test_a_callback_can_be_late(open_timed_shop: OpenTimedShop, fault: Fault, late_s: float) -> None:
    shop, checkout = await timed(open_timed_shop, fault)
    await shop.time.pass_by(late_s - 3)
    early = list(shop.mailbox.letters)
    state = (await shop.truth_of(checkout))["state"]
    await shop.time.pass_by(30)

    assert (early, state, len(shop.mailbox.letters)) == ([], "paid", 1)


async def test_callbacks_can_overtake_one_another(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await switched_on(shop, Fault.CALLBACK_REORDERED)
    pushed = [await shop.push_in_time(f"25472200020{number}") for number in range(8)]
    await shop.time.pass_by(120)

    arrived = [letter["CheckoutRequestID"] for letter in shop.mailbox.letters]
    assert sorted(arrived) == sorted(pushed)
    assert arrived != pushed


async def test_a_callback_can_overtake_the_answer(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await switched_on(shop, Fault.CALLBACK_EARLY)
    await shop.headers()
    pushing = asyncio.create_task(shop.push(PHONE))
    await shop.time.pass_by(0.1)

    assert (len(shop.mailbox.letters), pushing.done()) == (1, False)
    await shop.time.pass_by(2)
    await pushing


async def test_the_confirmation_can_come_before_the_callback(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.registers()
    await switched_on(shop, Fault.CALLBACK_AFTER_C2B)
    await switched_on(shop, Fault.CONFIRMATION_LATE)
    await shop.push_in_time(PHONE)
    await shop.time.pass_by(100)
    early = (len(shop.mailbox.letters), len(shop.mailbox.others["confirm"]))
    await shop.time.pass_by(100)

    assert early == (0, 0)
    assert (len(shop.mailbox.letters), len(shop.mailbox.others["confirm"])) == (1, 1)


@pytest.mark.parametrize("phone", [PHONE, "254722001032"])
async def test_somebody_can_forge_a_success(open_timed_shop: OpenTimedShop, phone: str) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await switched_on(shop, Fault.CALLBACK_FORGED)
    await shop.push_in_time(phone)
    await shop.time.pass_by(60)

    forged, true = shop.mailbox.letters
    made_up = forged["CallbackMetadata"]["Item"][1]["Value"]
    assert forged["ResultCode"] == 0
    assert true["ResultCode"] == (0 if phone == PHONE else 1032)
    assert (await shop.daraja.get(f"/simulator/payments/{made_up}")).status_code == 404


CROOKED: dict[Fault, Callable[[dict[str, Any], dict[str, str]], bool]] = {
    Fault.WRONG_AMOUNT: lambda letter, _: items(letter)["Amount"] == 149,
    Fault.WRONG_PHONE: lambda letter, _: items(letter)["PhoneNumber"] == 254722000124,
    Fault.WRONG_SHORTCODE: lambda _, headers: headers["businessshortcode"] == "174370",
    Fault.NO_METADATA: lambda letter, _: "CallbackMetadata" not in letter,
    Fault.STRING_CODE: lambda letter, _: letter["ResultCode"] == "0",
    Fault.MASKED_PHONE: lambda letter, _: items(letter)["PhoneNumber"] == "254722***123",
    Fault.FLOAT_AMOUNT: lambda letter, _: isinstance(items(letter)["Amount"], float),
    Fault.BALANCE_ITEM: lambda letter, _: items(letter)["Balance"] is None,
    Fault.OLD_WORDING: lambda letter, _: letter["ResultDesc"].startswith("[STK_CB - ]"),
}


@pytest.mark.parametrize("fault", list(CROOKED))
async def test_a_callback_can_be_crooked(open_timed_shop: OpenTimedShop, fault: Fault) -> None:
    shop, _ = await timed(open_timed_shop, fault)
    await shop.time.pass_by(60)

    [letter], [headers] = shop.mailbox.letters, shop.mailbox.headers
    assert CROOKED[fault](letter, headers)


async def test_a_query_can_lie_stick_and_shake(open_timed_shop: OpenTimedShop) -> None:
    shop, checkout = await timed(open_timed_shop, Fault.QUERY_LIES)
    await shop.time.pass_by(60)
    lie = (await shop.query(checkout)).json()["ResultCode"]
    shop, checkout = await timed(open_timed_shop, Fault.QUERY_STUCK)
    await shop.time.pass_by(500)
    codes = [(await shop.query(checkout)).json().get("ResultCode") for _ in range(9)]
    await shop.time.pass_by(200)
    truth = (await shop.query(checkout)).json()["ResultCode"]
    await switched_on(shop, Fault.QUERY_FLAKY, times=1)
    shaken = (await shop.query(checkout)).json()
    again = (await shop.query(checkout)).json()["ResultCode"]

    assert (lie, set(codes) <= {"4999", None}, truth) == ("1032", True, "0")
    assert (shaken["errorCode"], shaken["errorMessage"], again) == ("500.001.1001", "", "0")


@pytest.mark.parametrize(("fault", "copies"), [(Fault.CONFIRMATION_LOST, 0), (Fault.CONFIRMATION_DOUBLED, 2)])
async def test_a_confirmation_can_be_lost_or_doubled(open_timed_shop: OpenTimedShop, fault: Fault, copies: int) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.registers()
    await switched_on(shop, fault)
    receipt = (await shop.dials("174379", 300)).json()["receipt"]
    await shop.time.pass_by(60)

    assert len(shop.mailbox.others["confirm"]) == copies
    assert (await shop.daraja.get(f"/simulator/payments/{receipt}")).status_code == 200


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (Fault.RESULT_LOST, [(0, 0), (0, 0), (0, 0)]),
        (Fault.RESULT_DOUBLED, [(2, 0), (2, 0), (2, 0)]),
        (Fault.RESULT_LATE, [(0, 0), (0, 0), (1, 0)]),
        (Fault.QUEUE_TIMEOUT, [(0, 0), (0, 1), (1, 1)]),
    ],
)
async def test_a_result_can_be_lost_doubled_late_or_announced_as_timed_out(
    open_timed_shop: OpenTimedShop, fault: Fault, arrived: list[tuple[int, int]]
) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    receipt = (await shop.dials("174379", 300)).json()["receipt"]
    await switched_on(shop, fault)
    await shop.asks_status(TransactionID=receipt)

    seen = []
    for seconds in (30, 60, 200):
        await shop.time.pass_by(seconds)
        seen.append((len(shop.mailbox.others["result"]), len(shop.mailbox.others["timeout"])))
    assert seen == arrived
