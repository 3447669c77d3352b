"""What the payers do, what the callbacks say, and what the truth is."""

import asyncio
import re
from datetime import datetime

import httpx
import pytest

from payme.simulator import Merchant, Outcome, SimulatorConfig
from payme.simulator.scenarios import LAST_DIGITS, SCRIPTS
from tests.simulator.shop import OpenShop, OpenTimedShop, Shop

PHONE = "254722000123"


async def test_an_ordinary_phone_pays_and_says_so(shop: Shop) -> None:
    response = await shop.try_push(PHONE)
    answer = response.json()
    [letter] = await shop.mailbox.wait_for(1)

    assert list(answer) == [
        "MerchantRequestID",
        "CheckoutRequestID",
        "ResponseCode",
        "ResponseDescription",
        "CustomerMessage",
    ]
    assert answer["ResponseCode"] == "0"
    assert re.fullmatch(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[0-9]+", answer["MerchantRequestID"])
    assert re.fullmatch(r"ws_CO_[0-9]{17}722000123", answer["CheckoutRequestID"])
    assert letter["CheckoutRequestID"] == answer["CheckoutRequestID"]
    assert letter["MerchantRequestID"] == answer["MerchantRequestID"]
    assert letter["ResultCode"] == 0
    items = {item["Name"]: item["Value"] for item in letter["CallbackMetadata"]["Item"]}
    assert list(items) == ["Amount", "MpesaReceiptNumber", "TransactionDate", "PhoneNumber"]
    assert (items["Amount"], items["PhoneNumber"]) == (150, 254722000123)
    assert all(type(items[name]) is int for name in ("Amount", "TransactionDate", "PhoneNumber"))

    truth = await shop.delivered(answer["CheckoutRequestID"])
    assert (truth["state"], truth["receipt"], truth["amount"]) == ("paid", items["MpesaReceiptNumber"], 150)
    assert (truth["shortcode"], truth["account_reference"], truth["phone"]) == ("174379", "R7K2M", PHONE)
    assert datetime.fromisoformat(truth["paid_at"]) >= datetime.fromisoformat(truth["accepted_at"])
    assert [(tried["status"], tried["error"]) for tried in truth["deliveries"]] == [(200, None)]


async def test_the_callback_comes_with_darajas_headers_to_the_very_address(shop: Shop) -> None:
    await shop.push(PHONE)
    await shop.mailbox.wait_for(1)

    [headers] = shop.mailbox.headers
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert headers["businessshortcode"] == "174379"
    assert "authorization" not in headers


RESULTS = [
    ("0001", 1), ("0003", "SFC_IC0003"), ("0017", 17), ("1019", 1019), ("1025", 1025), ("1032", 1032), ("1037", 1037),
    ("2001", 2001), ("2028", 2028), ("7777", 7777), ("8006", 8006),
]  # fmt: skip


@pytest.mark.parametrize(("digits", "code"), RESULTS)
async def test_a_phone_that_fails_says_why_and_carries_no_metadata(shop: Shop, digits: str, code: int | str) -> None:
    checkout = await shop.push(f"25472200{digits}")
    [letter] = await shop.mailbox.wait_for(1)
    truth = await shop.delivered(checkout)
    query = (await shop.query(checkout)).json()

    assert letter["ResultCode"] == code
    assert letter["ResultDesc"]
    assert "CallbackMetadata" not in letter
    assert (truth["state"], truth["receipt"], truth["paid_at"]) == ("failed", None, None)
    assert query["ResultCode"] == str(code)


async def test_the_sandbox_test_number_never_answers(shop: Shop) -> None:
    checkout = await shop.push("254708374149")
    [letter] = await shop.mailbox.wait_for(1)
    query = (await shop.query(checkout)).json()

    assert (letter["ResultCode"], letter["ResultDesc"]) == (1037, "No response from user.")
    assert query["ResultDesc"] == "DS timeout user cannot be reached."


def test_every_outcome_can_be_dialled_and_has_a_script() -> None:
    assert set(SCRIPTS) == set(Outcome) == set(LAST_DIGITS.values())


async def test_a_lost_callback_leaves_a_payment_that_only_the_query_knows(shop: Shop) -> None:
    checkout = await shop.push("254722009002")
    truth = await shop.settled(checkout)
    await asyncio.sleep(0.1)

    assert truth["state"] == "paid"
    assert shop.mailbox.letters == []
    assert (await shop.query(checkout)).json()["ResultCode"] == "0"


async def test_a_late_callback_comes_long_after_the_money(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    checkout = await shop.push_in_time("254722009001")

    await shop.time.pass_by(20)
    paid = await shop.truth_of(checkout)
    query = (await shop.query(checkout)).json()
    early = list(shop.mailbox.letters)
    await shop.time.pass_by(150)

    assert (paid["state"], query["ResultCode"], early) == ("paid", "0", [])
    assert [letter["ResultCode"] for letter in shop.mailbox.letters] == [0]


async def test_a_late_callback_comes_when_it_was_told_to(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, late_after_s=0.3))
    truth = await shop.delivered(await shop.push("254722009001"))

    waited = datetime.fromisoformat(truth["deliveries"][0]["at"]) - datetime.fromisoformat(truth["paid_at"])
    assert waited.total_seconds() >= 0.3


async def test_a_doubled_callback_is_the_same_twice(shop: Shop) -> None:
    checkout = await shop.push("254722009003")
    first, second = await shop.mailbox.wait_for(2)

    assert first == second
    assert len((await shop.delivered(checkout, 2))["deliveries"]) == 2
    assert (await shop.ledger())["totals"]["paid"] == 1


async def test_an_early_callback_overtakes_the_answer(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.headers()
    pushing = asyncio.create_task(shop.push("254722009004"))

    await shop.time.pass_by(0.1)
    [letter] = shop.mailbox.letters
    overtaken = not pushing.done()
    await shop.time.pass_by(2)

    assert overtaken
    assert await pushing == letter["CheckoutRequestID"]


async def test_a_cancelled_prompt_may_still_be_paid(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, late_after_s=0.05))
    checkout = await shop.push("254722009005")
    cancelled, paid = await shop.mailbox.wait_for(2)

    assert (cancelled["ResultCode"], paid["ResultCode"]) == (1032, 0)
    assert (await shop.truth_of(checkout))["state"] == "paid"
    assert (await shop.ledger())["totals"]["paid_amount"] == 150


async def test_callbacks_can_be_crooked(shop: Shop) -> None:
    for digits in range(9011, 9019):
        await shop.push(f"25472200{digits}")
    letters = {letter["CheckoutRequestID"][-4:]: letter for letter in await shop.mailbox.wait_for(8)}
    items = {
        digits: {item["Name"]: item.get("Value") for item in letter["CallbackMetadata"]["Item"]}
        for digits, letter in letters.items()
        if "CallbackMetadata" in letter
    }

    assert items["9011"]["Amount"] == 149
    assert items["9012"]["PhoneNumber"] == 254722009013
    assert (letters["9013"]["ResultCode"], "9013" in items) == (0, False)
    assert letters["9014"]["ResultCode"] == "0"
    assert items["9015"]["PhoneNumber"] == "254722***015"
    assert list(items["9016"])[2] == "Balance"
    assert items["9016"]["Balance"] is None
    assert isinstance(items["9017"]["Amount"], float)
    assert letters["9018"]["ResultDesc"] == "[STK_CB - ]Request cancelled by user"
    assert {prompt["amount"] for prompt in (await shop.ledger())["prompts"]} == {150}


@pytest.mark.parametrize("digits", ["9032", "9033"])
async def test_an_answer_lost_on_the_way_leaves_the_prompt_running(shop: Shop, digits: str) -> None:
    with pytest.raises(httpx.TransportError):
        await shop.try_push(f"25472200{digits}")
    await shop.mailbox.wait_for(1)

    [prompt] = (await shop.ledger())["prompts"]
    assert prompt["state"] == "paid"


async def test_a_reset_is_a_true_reset(shop: Shop) -> None:
    with pytest.raises(httpx.ReadError):
        await shop.try_push("254722009032")


async def test_an_outage_can_reset_every_connection(shop: Shop) -> None:
    await shop.headers()
    await shop.direct("PUT", "/faults", {"outage": "reset"})

    with pytest.raises(httpx.ReadError):
        await shop.try_push(PHONE)
    assert (await shop.ledger())["prompts"] == []


@pytest.mark.parametrize(("digits", "error"), [("9032", httpx.ReadError), ("9033", httpx.RemoteProtocolError)])
async def test_an_answer_is_lost_in_process_as_on_the_wire(
    open_timed_shop: OpenTimedShop, digits: str, error: type[httpx.TransportError]
) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.headers()
    pushing = asyncio.create_task(shop.try_push(f"25472200{digits}"))
    await shop.time.pass_by(60)

    with pytest.raises(error):
        await pushing
    assert (await shop.ledger())["prompts"][0]["state"] == "paid"


async def test_prompts_of_one_instant_have_different_ids(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.headers()
    pushing = []
    for _ in range(3):
        pushing.append(asyncio.create_task(shop.push("254722009004")))
        await shop.time.pass_by(0)
    await shop.time.pass_by(5)

    assert len({await push for push in pushing}) == 3


async def test_a_slow_answer_outlasts_the_client(shop: Shop) -> None:
    await shop.headers()
    with pytest.raises(httpx.ReadTimeout):
        await shop.daraja.post(
            "/mpesa/stkpush/v1/processrequest",
            json=shop.request("254722009031"),
            headers=await shop.headers(),
            timeout=0.08,
        )
    [letter] = await shop.mailbox.wait_for(1)

    assert letter["ResultCode"] == 0


REFUSED = [
    ("9034", 503, "Incapsula incident"),
    ("9035", 429, "policies.ratelimit.SpikeArrestViolation"),
    ("9036", 500, "500.003.02"),
    ("9037", 500, "under maintenance"),
    ("9038", 500, "Unable to lock subscriber"),
    ("9039", 500, "No ICCID found"),
]


@pytest.mark.parametrize(("digits", "status", "words"), REFUSED)
async def test_a_refused_push_leaves_no_prompt(shop: Shop, digits: str, status: int, words: str) -> None:
    response = await shop.try_push(f"25472200{digits}")

    assert response.status_code == status
    assert words in response.text
    assert (await shop.ledger())["prompts"] == []


async def test_an_old_callback_can_carry_a_balance(shop: Shop) -> None:
    await shop.direct("PUT", "/delivery", {"balance": "with_value"})
    await shop.push(PHONE)
    [letter] = await shop.mailbox.wait_for(1)

    items = letter["CallbackMetadata"]["Item"]
    assert [item["Name"] for item in items][2] == "Balance"
    assert "BasicAmount" in items[2]["Value"]


async def test_daraja_does_not_retry_when_we_answer_500(shop: Shop) -> None:
    shop.mailbox.status = 500
    checkout = await shop.push(PHONE)
    await shop.mailbox.wait_for(1)
    await asyncio.sleep(0.2)

    assert len(shop.mailbox.letters) == 1
    assert [tried["status"] for tried in (await shop.truth_of(checkout))["deliveries"]] == [500]


async def test_daraja_does_not_retry_when_we_are_down(shop: Shop) -> None:
    checkout = await shop.push(PHONE, CallBackURL="http://127.0.0.1:9/callbacks/x")
    truth = await shop.delivered(checkout)
    await asyncio.sleep(0.1)

    assert [(tried["status"], tried["error"]) for tried in truth["deliveries"]] == [(None, "ConnectError")]
    assert len((await shop.truth_of(checkout))["deliveries"]) == 1


async def test_a_till_is_paid_through_its_store_number(open_shop: OpenShop) -> None:
    till = Merchant(shortcode="600111", till="5550001")
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=(till,)))
    shop.shortcode = "600111"

    await shop.push("254722000201", TransactionType="CustomerBuyGoodsOnline", PartyB="5550001")
    await shop.push("254722000202", TransactionType="CustomerBuyGoodsOnline", PartyB="600111")
    await shop.push("254722000203", TransactionType="CustomerPayBillOnline", PartyB="5550001")
    letters = {letter["CheckoutRequestID"][-3:]: letter["ResultCode"] for letter in await shop.mailbox.wait_for(3)}

    assert letters == {"201": 0, "202": "SFC_IC0003", "203": 2028}


async def test_a_prompt_too_long_to_show_cannot_be_sent(shop: Shop) -> None:
    await shop.push(PHONE, AccountReference="R" * 160)
    [letter] = await shop.mailbox.wait_for(1)

    assert letter["ResultCode"] == 1025


async def test_a_mix_sends_every_kind_of_payer(open_shop: OpenShop) -> None:
    mix = {Outcome.PAID: 1, Outcome.CANCELLED: 1}
    shop = await open_shop(SimulatorConfig(seed=4, fast=True, mix=mix))
    for number in range(20):
        await shop.push(f"2547220003{number:02}")

    outcomes = {prompt["outcome"] for prompt in (await shop.ledger())["prompts"]}
    assert outcomes == {"paid", "cancelled"}


async def test_a_payment_after_a_cancellation_comes_late_and_is_dated_in_east_africa(
    open_timed_shop: OpenTimedShop,
) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    checkout = await shop.push_in_time("254722009005")

    await shop.time.pass_by(100)
    cancelled = (await shop.truth_of(checkout))["state"]
    await shop.time.pass_by(150)

    assert (cancelled, (await shop.truth_of(checkout))["state"]) == ("failed", "paid")
    paid = shop.mailbox.letters[1]["CallbackMetadata"]["Item"]
    assert str(paid[2]["Value"]).startswith("20260504210")
