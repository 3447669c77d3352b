"""The paths for whoever directs the play: queued outcomes, the pretended phone, the ledger, the end."""

import asyncio
import re

import pytest

from payme.simulator import SimulatorConfig
from tests.simulator.shop import OpenShop, OpenTimedShop, Shop

PHONE = "254722000123"


async def test_queued_outcomes_come_in_order_and_a_phones_own_come_first(shop: Shop) -> None:
    await shop.direct("POST", "/outcomes", {"outcomes": ["wrong_pin"]})
    queued = await shop.direct("POST", "/outcomes", {"outcomes": ["cancelled", "no_answer"], "phone": PHONE})
    for phone in (PHONE, PHONE, PHONE, PHONE):
        await shop.settled(await shop.push(phone))

    outcomes = [prompt["outcome"] for prompt in (await shop.ledger())["prompts"]]
    assert queued.json() == {"queued": 2}
    assert outcomes == ["cancelled", "no_answer", "wrong_pin", "paid"]


async def test_queued_outcomes_can_be_dropped(shop: Shop) -> None:
    await shop.direct("POST", "/outcomes", {"outcomes": ["cancelled"]})
    await shop.direct("DELETE", "/outcomes")

    assert (await shop.truth_of(await shop.push(PHONE)))["outcome"] == "paid"


async def test_a_queued_outcome_can_have_its_own_delivery(shop: Shop) -> None:
    await shop.direct("POST", "/outcomes", {"outcomes": ["paid"], "delivery": {"copies": 3, "amount_off_by": 50}})
    await shop.push(PHONE)
    letters = await shop.mailbox.wait_for(3)

    assert [letter["CallbackMetadata"]["Item"][0]["Value"] for letter in letters] == [200, 200, 200]


async def test_the_delivery_toggle_holds_until_it_is_set_back(shop: Shop) -> None:
    await shop.direct("PUT", "/delivery", {"copies": 0})
    first = await shop.push(PHONE)
    await shop.settled(first)
    await asyncio.sleep(0.1)
    await shop.direct("PUT", "/delivery", {})
    second = await shop.push(PHONE)
    [letter] = await shop.mailbox.wait_for(1)

    assert letter["CheckoutRequestID"] == second
    assert (await shop.truth_of(first))["deliveries"] == []


async def test_copies_can_be_apart_and_a_delivery_can_wait(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.direct("PUT", "/delivery", {"copies": 2, "gap_s": 60, "delay_s": 60})
    await shop.push_in_time(PHONE)

    arrived = []
    for _ in range(4):
        await shop.time.pass_by(30)
        await shop.time.pass_by(30)
        arrived.append(len(shop.mailbox.letters))

    assert arrived == [0, 1, 2, 2]


async def test_a_callback_can_be_sent_fifty_times_again(shop: Shop) -> None:
    checkout = await shop.push(PHONE)
    await shop.delivered(checkout)
    await shop.direct("POST", f"/prompts/{checkout}/callbacks", {"copies": 50})
    letters = await shop.mailbox.wait_for(51)

    assert all(letter == letters[0] for letter in letters)
    assert len((await shop.delivered(checkout, 51))["deliveries"]) == 51


async def test_only_a_settled_prompt_has_a_callback_to_send_again(shop: Shop) -> None:
    checkout = await shop.push("254722009000")

    waiting = await shop.daraja.post(f"/simulator/prompts/{checkout}/callbacks", json={})
    unknown = await shop.daraja.post("/simulator/prompts/ws_CO_1/callbacks", json={})

    assert (waiting.status_code, unknown.status_code) == (409, 404)


@pytest.mark.parametrize(("answer", "code"), [("pin", 0), ("wrong_pin", 2001), ("cancel", 1032), ("ignore", 1037)])
async def test_a_person_decides_on_the_pretended_phone(shop: Shop, answer: str, code: int | str) -> None:
    checkout = await shop.push("254722009000")
    [waiting] = (await shop.daraja.get("/simulator/prompts")).json()
    await shop.direct("POST", f"/prompts/{checkout}/answer", {"answer": answer})
    [letter] = await shop.mailbox.wait_for(1)
    again = await shop.daraja.post(f"/simulator/prompts/{checkout}/answer", json={"answer": "pin"})

    assert (waiting["checkout_request_id"], waiting["asks"]) == (checkout, True)
    assert letter["ResultCode"] == code
    assert again.status_code == 409
    assert (await shop.daraja.get("/simulator/prompts")).json() == []


async def test_a_person_who_never_presses_anything_did_not_answer(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, ask_life_s=0.05))
    await shop.push("254722009000")
    [letter] = await shop.mailbox.wait_for(1)

    assert letter["ResultCode"] == 1037


async def test_nobody_can_answer_for_a_phone_that_decides_by_itself(shop: Shop) -> None:
    checkout = await shop.push(PHONE)

    own = await shop.daraja.post(f"/simulator/prompts/{checkout}/answer", json={"answer": "pin"})
    unknown = await shop.daraja.post("/simulator/prompts/ws_CO_1/answer", json={"answer": "pin"})

    assert (own.status_code, unknown.status_code) == (409, 404)


async def test_the_phone_page_stands_alone(shop: Shop) -> None:
    page = await shop.daraja.get("/simulator/phone")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r" style=|\son\w+=", page.text)
    assert sorted(parts) == ["/simulator/phone.css", "/simulator/phone.js"]
    assert "<style" not in page.text
    assert not re.search(r"<script[^>]*>[^<]", page.text)
    for part in parts:
        served = await shop.daraja.get(part)
        assert served.status_code == 200
        assert served.headers["content-type"].split(";")[0] in {"text/css", "text/javascript"}
        assert "http" not in served.text.replace("https://", "http")


async def test_the_table_of_phones_can_be_read(shop: Shop) -> None:
    phones = (await shop.daraja.get("/simulator/phones")).json()

    assert (phones["1032"], phones["9000"]) == ("cancelled", "ask")


async def test_nonsense_for_the_director_is_refused(shop: Shop) -> None:
    for method, path, body in [
        ("POST", "/outcomes", {"outcomes": ["rich"]}),
        ("POST", "/outcomes", {"outcomes": []}),
        ("POST", "/outcomes", {"outcomes": ["paid"], "phone": "0722"}),
        ("PUT", "/delivery", {"copies": -1}),
        ("PUT", "/faults", {"query_flaky_share": 2}),
        ("PUT", "/faults", {"outrage": "busy"}),
        ("GET", "/ledger?limit=0", None),
    ]:
        response = await shop.daraja.request(method, f"/simulator{path}", json=body)
        assert response.status_code == 422, (path, body)


async def test_the_ledger_is_read_in_pages_and_by_phone_and_state(shop: Shop) -> None:
    first = await shop.push("254722000001")
    second = await shop.push("254722000102")
    await shop.settled(first)
    await shop.settled(second)

    page = await shop.ledger(limit=1)
    rest = await shop.ledger(after=page["next_after"])
    paid = await shop.ledger(state="paid")
    by_phone = await shop.ledger(phone="254722000001")

    assert [prompt["checkout_request_id"] for prompt in page["prompts"] + rest["prompts"]] == [first, second]
    assert rest["next_after"] is None
    assert [prompt["checkout_request_id"] for prompt in paid["prompts"]] == [second]
    assert [prompt["checkout_request_id"] for prompt in by_phone["prompts"]] == [first]
    assert page["totals"] | {"refusals": {}} == {
        "accepted": 2, "paid": 1, "paid_amount": 150, "forgotten": 0, "refusals": {},
    }  # fmt: skip


async def test_old_prompts_are_forgotten_but_their_money_is_not(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, prompts_max=2))
    for number in range(4):
        await shop.settled(await shop.push(f"25472200010{number}"))

    truth = await shop.ledger()
    assert [prompt["number"] for prompt in truth["prompts"]] == [3, 4]
    assert (truth["totals"]["paid_amount"], truth["totals"]["forgotten"]) == (600, 2)


async def test_the_same_seed_tells_the_same_story(open_timed_shop: OpenTimedShop) -> None:
    stories = []
    for seed in (7, 7, 8):
        shop = await open_timed_shop(SimulatorConfig(seed=seed))
        for number in range(5):
            await shop.push_in_time(f"25472200010{number}")
        await shop.time.pass_by(60)
        stories.append((await shop.ledger(), shop.mailbox.letters))

    assert len(stories[0][1]) == 5
    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


async def test_without_a_seed_a_restart_never_repeats_a_receipt(open_timed_shop: OpenTimedShop) -> None:
    receipts = set()
    for _ in range(2):
        shop = await open_timed_shop(SimulatorConfig())
        await shop.push_in_time(PHONE)
        await shop.time.pass_by(60)
        receipts.add((await shop.ledger())["prompts"][0]["receipt"])

    assert len(receipts) == 2


async def test_real_times_are_those_of_a_real_phone(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    paying = await shop.push_in_time(PHONE)
    silent = await shop.push_in_time("254722001037")

    await shop.time.pass_by(3)
    assert (await shop.truth_of(paying))["state"] == "waiting"
    await shop.time.pass_by(10)
    await shop.time.pass_by(13)
    assert (await shop.truth_of(paying))["deliveries"]
    assert (await shop.truth_of(silent))["state"] == "waiting"
    await shop.time.pass_by(50)
    assert (await shop.truth_of(silent))["result_code"] == 1037


async def test_stopping_ends_every_prompt_under_way(open_timed_shop: OpenTimedShop) -> None:
    before = asyncio.all_tasks()
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    for phone in ("254722009000", "254722009001", PHONE):
        await shop.push_in_time(phone)
    await shop.time.pass_by(20)
    under_way = asyncio.all_tasks() - before

    await shop.stop()
    await shop.time.pass_by(600)

    assert len(under_way) >= 2
    assert all(task.done() for task in under_way)
    assert len(shop.mailbox.letters) <= 1


async def test_a_person_can_ask_to_decide_every_prompt(shop: Shop) -> None:
    await shop.direct("PUT", "/payer", {"default_outcome": "ask"})
    checkout = await shop.push(PHONE)
    await shop.direct("POST", f"/prompts/{checkout}/answer", {"answer": "pin"})

    assert (await shop.settled(checkout))["state"] == "paid"
    assert (await shop.daraja.get("/simulator/payer")).json() == {"default_outcome": "ask"}
