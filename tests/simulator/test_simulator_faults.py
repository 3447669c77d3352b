"""Every fault, switched on alone, over HTTP; and mixes of them, which a seed repeats."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from payme.simulator import Fault, FaultRule, SimulatorConfig
from payme.simulator.faults import FAULTS, RULES_MAX
from payme.simulator.types import Stage
from tests.simulator.shop import OpenShop, OpenTimedShop, Shop, TimedShop

PHONE = "254722000123"
OTHER = "254722000124"


async def switched_on(shop: Shop, *faults: Fault, **changes: object) -> int:
    answer = await shop.direct("POST", "/fault-rules", {"faults": list(faults)} | changes)
    return int(answer.json()["rule"])


def test_every_fault_is_described_and_has_a_place() -> None:
    assert set(FAULTS) == set(Fault)
    assert {spec.stage for spec in FAULTS.values()} == set(Stage)


REFUSED = {
    Fault.TOKEN_REVOKED: (404, "404.001.03"),
    Fault.WRONG_PRODUCT: (401, "401.003.01"),
    Fault.SERVER_ERROR: (500, "500.003.1001"),
    Fault.UNAVAILABLE: (503, "Incapsula"),
    Fault.HTML: (200, "Incapsula"),
    Fault.SPIKE_ARREST: (429, "SpikeArrestViolation"),
    Fault.QUOTA: (500, "500.003.03"),
    Fault.BUSY: (500, "500.003.02"),
    Fault.MAINTENANCE: (500, "under maintenance"),
    Fault.PHONE_LOCKED: (500, "Unable to lock subscriber"),
    Fault.NO_ICCID: (500, "No ICCID found"),
}


@pytest.mark.parametrize("fault", list(REFUSED))
async def test_a_fault_that_refuses_strikes_once_and_nothing_happened(shop: Shop, fault: Fault) -> None:
    status, words = REFUSED[fault]
    await switched_on(shop, fault, times=1)
    struck = await shop.try_push(PHONE)
    nothing = (await shop.ledger())["prompts"]
    after = await shop.try_push(PHONE)

    assert (struck.status_code, nothing, after.status_code) == (status, [], 200)
    assert words in struck.text
    strikes = {one["fault"]: one["strikes"] for one in (await shop.daraja.get("/simulator/faults")).json()}
    assert strikes[fault] == 1


async def test_a_fault_strikes_the_next_requests_and_no_more(shop: Shop) -> None:
    await switched_on(shop, Fault.BUSY, times=3)

    assert [(await shop.try_push(f"25472200030{number}")).status_code for number in range(5)] == [500] * 3 + [200] * 2


async def test_a_reset_before_anything_happened(shop: Shop) -> None:
    await shop.headers()
    await switched_on(shop, Fault.CONNECTION_RESET)

    with pytest.raises(httpx.ReadError):
        await shop.try_push(PHONE)
    assert (await shop.ledger())["prompts"] == []


async def test_the_token_endpoint_alone_can_be_down(shop: Shop) -> None:
    await shop.headers()
    await switched_on(shop, Fault.TOKEN_DOWN)
    down = await shop.daraja.get("/oauth/v1/generate?grant_type=client_credentials", auth=("simulator", "simulator"))

    assert (down.status_code, (await shop.try_push(PHONE)).status_code) == (503, 200)


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.ANSWER_TRUNCATED])
async def test_an_answer_is_lost_after_the_work_is_done(shop: Shop, fault: Fault) -> None:
    await shop.registers()
    receipt = (await shop.dials("174379", 300)).json()["receipt"]
    await switched_on(shop, fault)
    with pytest.raises(httpx.TransportError):
        await shop.try_push(PHONE)
    with pytest.raises(httpx.TransportError):
        await shop.asks_status(TransactionID=receipt)

    await shop.mailbox.wait_for(1)
    await shop.mailbox.wait_for_other("result")


async def test_an_answer_can_be_slow_for_every_product(open_shop: OpenShop) -> None:
    config = SimulatorConfig(seed=1, fast=True, slow_answer_after_s=60, faults=(FaultRule((Fault.ANSWER_SLOW,)),))
    shop = await open_shop(config)
    began = asyncio.get_running_loop().time()
    await shop.push(PHONE)
    await shop.registers()

    assert asyncio.get_running_loop().time() - began >= 0.6


PAYERS = {
    Fault.INSUFFICIENT_BALANCE: 1,
    Fault.CANCELLED: 1032,
    Fault.NO_ANSWER: 1037,
    Fault.WRONG_PIN: 2001,
    Fault.EXPIRED: 1019,
    Fault.PUSH_FAILED: 1025,
    Fault.RULE_LIMITED: 17,
    Fault.PIN_LOCKED: 8006,
    Fault.UNKNOWN_CODE: 7777,
    Fault.UNKNOWN_TEXT: "ZX_0099",
}


@pytest.mark.parametrize("fault", list(PAYERS))
async def test_a_payer_can_be_at_fault(shop: Shop, fault: Fault) -> None:
    await switched_on(shop, fault, phone=PHONE)
    checkout, spared = await shop.push(PHONE), await shop.push(OTHER)
    letters = {letter["CheckoutRequestID"]: letter["ResultCode"] for letter in await shop.mailbox.wait_for(2)}

    assert letters == {checkout: PAYERS[fault], spared: 0}
    assert (await shop.truth_of(checkout))["faults"] == [fault]


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


def items(letter: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item.get("Value") for item in letter["CallbackMetadata"]["Item"]}


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


async def test_rules_are_listed_limited_and_switched_off(shop: Shop) -> None:
    first = await switched_on(shop, Fault.BUSY, share=0.5, times=3, shortcode="600111")
    second = await switched_on(shop, Fault.QUOTA)
    [one, _] = (await shop.daraja.get("/simulator/fault-rules")).json()
    await shop.direct("DELETE", f"/fault-rules/{second}")
    spared = await shop.try_push(PHONE)
    await switched_on(shop, Fault.QUOTA)
    await shop.direct("DELETE", "/fault-rules")

    assert one == {
        "rule": first, "faults": ["busy"], "share": 0.5, "left": 3, "phone": None, "shortcode": "600111"
    }  # fmt: skip
    assert spared.status_code == 200
    assert (await shop.daraja.get("/simulator/fault-rules")).json() == []


async def test_there_is_a_limit_to_rules(open_shop: OpenShop) -> None:
    rules = tuple(FaultRule((Fault.BUSY,), share=0.001) for _ in range(RULES_MAX))
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, faults=rules))

    assert (await shop.daraja.post("/simulator/fault-rules", json={})).status_code == 409


async def trace_of(open_timed_shop: OpenTimedShop, seed: int) -> object:
    """What a shop sees in one evening of every fault at once."""
    shop = await open_timed_shop(SimulatorConfig(seed=seed, faults=(FaultRule(tuple(Fault), share=0.4),)))
    office = shop.callback_url
    answers: list[object] = []
    shop.bearer = "none"
    for attempt in range(40):
        try:
            if attempt % 8 == 0:
                shop.bearer = None
            pushing = asyncio.create_task(shop.try_push(f"2547220003{attempt:02}"))
            await shop.time.pass_by(40)
            answers.append((await pushing).status_code)
        except (AssertionError, httpx.TransportError) as failure:
            answers.append(type(failure).__name__)
    await shop.time.pass_by(400_000)
    ledger = (await shop.daraja.get("/simulator/ledger")).json()
    prompts = [
        {name: value for name, value in prompt.items() if name != "callback_url"} for prompt in ledger["prompts"]
    ]
    assert office
    return answers, ledger["totals"], prompts, shop.mailbox.letters


async def test_the_same_seed_makes_the_same_evening_of_faults(open_timed_shop: OpenTimedShop) -> None:
    first = await trace_of(open_timed_shop, 5)
    again = await trace_of(open_timed_shop, 5)
    other = await trace_of(open_timed_shop, 6)

    assert first == again
    assert first != other


async def test_everything_held_back_comes_in_one_burst(shop: Shop) -> None:
    await shop.direct("PUT", "/hold")
    for number in range(20):
        await shop.settled(await shop.push(f"2547220003{number:02}"))
    await asyncio.sleep(0.2)
    held = len(shop.mailbox.letters)
    await shop.direct("DELETE", "/hold")
    await shop.mailbox.wait_for(20)

    assert held == 0


async def test_an_early_callback_that_is_held_back_does_not_hold_the_answer(shop: Shop) -> None:
    await shop.direct("PUT", "/hold")

    assert (await shop.try_push("254722009004")).status_code == 200


async def test_a_storm_of_forgeries_enters_no_ledger(shop: Shop) -> None:
    storm = {"url": shop.letter_url("forged") + "?s={secret}", "count": 130, "per_s": 10_000}
    await shop.direct("POST", "/forgeries", storm)
    letters = await shop.mailbox.wait_for_other("forged", 130)

    receipts = {items(letter["Body"]["stkCallback"])["MpesaReceiptNumber"] for letter in letters}
    assert len(receipts) == 130
    async with asyncio.timeout(5):
        while (said := (await shop.daraja.get("/simulator/forgeries")).json())["sent"] < 130:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert said == {"sent": 130, "answered": {"200": 130}}
    assert (await shop.ledger())["totals"]["accepted"] == 0


async def test_an_outage_ends_by_itself(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.headers()
    await shop.direct("PUT", "/faults", {"outage": "unavailable", "outage_for_s": 7_200})
    seen = []
    for _ in range(2):
        seen.append((await shop.query("ws_CO_1")).status_code)
        await shop.time.pass_by(3_000)
    shop.bearer = None
    await shop.time.pass_by(1_300)

    assert seen == [503, 503]
    await shop.push_in_time(PHONE)
