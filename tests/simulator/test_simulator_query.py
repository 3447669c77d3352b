"""What the STK query tells, and how little it proves."""

import pytest

from payme.simulator import Merchant, SimulatorConfig
from tests.simulator.shop import OpenShop, OpenTimedShop, Shop

PHONE = "254722000123"


async def test_a_finished_prompt_is_told_in_text_and_without_a_receipt(shop: Shop) -> None:
    checkout = await shop.push(PHONE)
    truth = await shop.settled(checkout)

    response = await shop.query(checkout)

    assert response.json() == {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successfully",
        "MerchantRequestID": truth["merchant_request_id"],
        "CheckoutRequestID": checkout,
        "ResultCode": "0",
        "ResultDesc": "The service request is processed successfully.",
    }


async def test_a_prompt_under_way_is_told_in_three_ways(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    checkout = await shop.push_in_time("254722001037")

    seen = set()
    for _ in range(60):
        response = await shop.query(checkout)
        body = response.json()
        seen.add((response.status_code, body.get("ResultCode") or (body["errorCode"], body["errorMessage"])))

    assert seen == {
        (200, "4999"),
        (500, ("500.001.1001", "The transaction is being processed")),
        (200, ("500.001.1001", "")),
    }


async def test_asking_in_the_first_second_is_too_early(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.direct("POST", "/outcomes", {"outcomes": ["early"]})
    checkout = await shop.push_in_time(PHONE)
    other = await shop.push_in_time("254722009004")
    shop.time.at = shop.time.at.replace(second=2, microsecond=900_000)

    late, early = await shop.query(checkout), await shop.query(other)

    assert late.json()["ResultCode"] == "0"
    assert (early.status_code, early.json()["errorMessage"]) == (400, "Bad Request - Invalid CheckoutRequestID")


async def test_an_unknown_prompt_does_not_exist(shop: Shop) -> None:
    response = await shop.query("ws_CO_22112026120000123722000123")

    assert (response.status_code, response.json()["errorCode"]) == (500, "500.001.1001")
    assert response.json()["errorMessage"] == "The transaction does not Exist"


async def test_a_query_without_an_id_or_with_a_wrong_password_is_refused(shop: Shop) -> None:
    assert (await shop.query("")).json()["errorMessage"] == "Bad Request - Invalid CheckoutRequestID"
    shop.passkey = "wrong"
    assert (await shop.query("ws_CO_1")).json()["errorMessage"] == "Wrong credentials"


async def test_a_lying_query_denies_a_payment_that_was_made(shop: Shop) -> None:
    checkout = await shop.push("254722009021")
    truth = await shop.settled(checkout)

    assert truth["state"] == "paid"
    assert (await shop.query(checkout)).json()["ResultCode"] == "1032"


async def test_a_stuck_query_says_processing_for_ten_minutes(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    checkout = await shop.push_in_time("254722009022")

    await shop.time.pass_by(590)
    stuck = (await shop.query(checkout)).json()
    await shop.time.pass_by(20)
    free = (await shop.query(checkout)).json()

    assert stuck.get("ResultCode", "500.001.1001") in {"4999", "500.001.1001"}
    assert free["ResultCode"] == "0"


async def test_a_flaky_query_fails_for_a_finished_prompt_too(shop: Shop) -> None:
    checkout = await shop.push(PHONE)
    await shop.settled(checkout)
    await shop.direct("PUT", "/faults", {"query_flaky_share": 0.5})

    answers = [(await shop.query(checkout)).json() for _ in range(40)]
    proofs = [answer for answer in answers if answer.get("ResultCode") == "0"]
    riddles = [answer for answer in answers if answer.get("errorCode") == "500.001.1001"]

    assert len(proofs) + len(riddles) == 40
    assert 5 < len(riddles) < 35


async def test_spike_arrest_lets_one_query_through_in_twelve_seconds(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    checkout = await shop.push_in_time("254722001025")
    await shop.direct("PUT", "/faults", {"query_spike_arrest": True})

    statuses = []
    for _ in range(3):
        statuses += [(await shop.query(checkout)).status_code, (await shop.query(checkout)).status_code]
        await shop.time.pass_by(12)

    assert [status == 429 for status in statuses] == [False, True] * 3


@pytest.mark.parametrize(
    ("outage", "status"), [("unavailable", 503), ("spike_arrest", 429), ("busy", 500), ("maintenance", 500)]
)
async def test_an_outage_reaches_every_path_until_it_ends(shop: Shop, outage: str, status: int) -> None:
    checkout = await shop.push("254722001025")
    await shop.settled(checkout)
    await shop.direct("PUT", "/faults", {"outage": outage})

    assert (await shop.query(checkout)).status_code == status
    assert (await shop.try_push(PHONE)).status_code == status
    token = await shop.daraja.get("/oauth/v1/generate?grant_type=client_credentials", auth=("simulator", "simulator"))
    assert token.status_code == status
    await shop.direct("PUT", "/faults", {})
    assert (await shop.query(checkout)).json()["ResultCode"] == "1025"


async def test_the_prompt_of_another_shortcode_does_not_exist(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=(Merchant(), Merchant(shortcode="600123"))))
    checkout = await shop.push("254722001025")
    await shop.settled(checkout)
    shop.shortcode = "600123"

    assert (await shop.query(checkout)).json()["errorMessage"] == "The transaction does not Exist"
