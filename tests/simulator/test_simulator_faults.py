"""Every fault, switched on alone, over HTTP; and mixes of them, which a seed repeats."""

import asyncio

import httpx
import pytest

from payme.simulator import Fault, FaultRule, SimulatorConfig
from payme.simulator.faults import FAULTS, RULES_MAX
from payme.simulator.types import Stage
from tests.simulator.shop import PHONE, OpenShop, OpenTimedShop, Shop, items, switched_on

OTHER = "254722000124"


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
