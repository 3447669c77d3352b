"""What the pretended Daraja refuses, in Daraja's words and order."""

import base64
import re

import httpx
import pytest

from payme.simulator import Merchant, SimulatorConfig
from tests.simulator.shop import OpenShop, OpenTimedShop, Shop

PHONE = "254722000123"
PUSH = "/mpesa/stkpush/v1/processrequest"


def refused(response: httpx.Response, status: int, code: str, message: str) -> None:
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) == {"requestId", "errorCode", "errorMessage"}
    assert re.fullmatch(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[0-9]+", body["requestId"])
    assert (body["errorCode"], body["errorMessage"]) == (code, message)


async def test_the_right_key_buys_a_token_for_an_hour(shop: Shop) -> None:
    response = await shop.daraja.get(
        "/oauth/v1/generate?grant_type=client_credentials", auth=("simulator", "simulator")
    )

    assert response.status_code == 200
    assert response.json()["expires_in"] == "3599"
    assert re.fullmatch(r"[A-Za-z0-9]{28}", response.json()["access_token"])


@pytest.mark.parametrize("credentials", [("simulator", "wrong"), ("nobody", "simulator"), ("", "")])
async def test_a_wrong_key_gets_400_and_not_a_word(shop: Shop, credentials: tuple[str, str]) -> None:
    response = await shop.daraja.get("/oauth/v1/generate?grant_type=client_credentials", auth=credentials)

    assert (response.status_code, response.content) == (400, b"")


async def test_a_key_that_is_not_base64_gets_400_and_not_a_word(shop: Shop) -> None:
    response = await shop.daraja.get(
        "/oauth/v1/generate?grant_type=client_credentials", headers={b"Authorization": b"Basic ?\xe9?"}
    )

    assert (response.status_code, response.content) == (400, b"")


async def test_only_basic_and_client_credentials_buy_a_token(shop: Shop) -> None:
    path = "/oauth/v1/generate"
    auth = ("simulator", "simulator")

    bearer = await shop.daraja.get(f"{path}?grant_type=client_credentials", headers={"Authorization": "Bearer x"})
    nothing = await shop.daraja.get(f"{path}?grant_type=client_credentials")
    password = await shop.daraja.get(f"{path}?grant_type=password", auth=auth)

    refused(bearer, 400, "400.008.01", "Invalid Authentication passed")
    refused(nothing, 400, "400.008.01", "Invalid Authentication passed")
    refused(password, 400, "400.008.02", "Invalid grant type passed")


async def test_a_push_without_a_bearer_is_refused(shop: Shop) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        response = await shop.daraja.post(PUSH, json=shop.request(PHONE), headers=headers)
        refused(response, 404, "404.001.04", "Invalid Authentication Header")


async def test_a_made_up_token_is_refused(shop: Shop) -> None:
    shop.bearer = "c9SQxWWhmdVRlyh0zh8gZDTkubVF"

    refused(await shop.try_push(PHONE), 404, "404.001.03", "Invalid Access Token")
    refused(await shop.query("ws_CO_1"), 404, "404.001.03", "Invalid Access Token")


async def test_a_revoked_token_is_refused_and_a_new_one_works(shop: Shop) -> None:
    await shop.headers()
    await shop.direct("DELETE", "/tokens")

    refused(await shop.try_push(PHONE), 404, "404.001.03", "Invalid Access Token")
    shop.bearer = None
    await shop.push(PHONE)


async def test_a_token_dies_after_its_hour(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.headers()

    await shop.time.pass_by(3598)
    await shop.push_in_time(PHONE)
    refused(await shop.try_push(PHONE), 404, "404.001.03", "Invalid Access Token")


BAD_FIELDS = [
    ("BusinessShortCode", None, "BusinessShortCode"),
    ("BusinessShortCode", "17", "BusinessShortCode"),
    ("BusinessShortCode", True, "BusinessShortCode"),
    ("Password", None, "Password"),
    ("Password", "", "Password"),
    ("Timestamp", None, "Timestamp"),
    ("Timestamp", "2026-11-22", "Timestamp"),
    ("Timestamp", "20261332250000", "Timestamp"),
    ("TransactionType", "CustomerPayBill", "TransactionType"),
    ("TransactionType", "CustomerBuyGoodsOnline", "TransactionType"),
    ("Amount", None, "Amount"),
    ("Amount", 0, "Amount"),
    ("Amount", -5, "Amount"),
    ("Amount", 250_001, "Amount"),
    ("Amount", "1.50", "Amount"),
    ("Amount", 1.0, "Amount"),
    ("Amount", "١٢", "Amount"),
    ("PartyA", "0722000123", "PartyA"),
    ("PartyB", "x", "PartyB"),
    ("PhoneNumber", "+254722000123", "PhoneNumber"),
    ("PhoneNumber", "254222000123", "PhoneNumber"),
    ("PhoneNumber", {"a": 1}, "PhoneNumber"),
    ("CallBackURL", None, "CallBackURL"),
    ("CallBackURL", "not a url", "CallBackURL"),
    ("CallBackURL", "ftp://shop.example/x", "CallBackURL"),
    ("CallBackURL", "https://<your-domain>/x", "CallBackURL"),
    ("CallBackURL", "https://shop.example:99999/x", "CallBackURL"),
    ("CallBackURL", "http://[", "CallBackURL"),
    ("AccountReference", None, "AccountReference"),
    ("AccountReference", "R" * 1_001, "AccountReference"),
    ("TransactionDesc", None, "Remarks"),
]


@pytest.mark.parametrize(("field", "value", "named"), BAD_FIELDS)
async def test_a_bad_field_is_refused_by_its_name(shop: Shop, field: str, value: object, named: str) -> None:
    response = await shop.try_push(PHONE, **{field: value})

    refused(response, 400, "400.002.02", f"Bad Request - Invalid {named}")
    assert (await shop.ledger())["totals"]["accepted"] == 0


@pytest.mark.parametrize("amount", [1, "1", 250_000, "250000"])
async def test_whole_shillings_are_taken_as_number_or_text(shop: Shop, amount: int | str) -> None:
    checkout = await shop.push(PHONE, Amount=amount, BusinessShortCode=174379)

    assert (await shop.truth_of(checkout))["amount"] == int(amount)


async def test_a_form_is_refused_as_a_bad_shortcode(shop: Shop) -> None:
    response = await shop.daraja.post(PUSH, data=shop.request(PHONE), headers=await shop.headers())

    refused(response, 400, "400.002.02", "Bad Request - Invalid BusinessShortCode")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 50_000, b" " * 70_000])
async def test_a_body_that_is_not_an_object_is_refused(shop: Shop, body: bytes) -> None:
    headers = await shop.headers() | {"Content-Type": "application/json"}

    response = await shop.daraja.post(PUSH, content=body, headers=headers)

    refused(response, 400, "400.002.05", "Invalid Request Payload")


async def test_fields_are_checked_before_the_password(shop: Shop) -> None:
    shop.passkey = "wrong"

    refused(await shop.try_push(PHONE, Amount=0), 400, "400.002.02", "Bad Request - Invalid Amount")
    refused(await shop.try_push(PHONE), 500, "500.001.1001", "Wrong credentials")


async def test_the_password_must_hold_the_very_timestamp_sent(shop: Shop) -> None:
    response = await shop.try_push(PHONE, Timestamp="20261122120001")

    refused(response, 500, "500.001.1001", "Wrong credentials")


@pytest.mark.parametrize("password", ["not base64!", base64.b64encode(b"174379").decode(), "é"])
async def test_a_password_that_says_something_else_is_refused(shop: Shop, password: str) -> None:
    refused(await shop.try_push(PHONE, Password=password), 500, "500.001.1001", "Wrong credentials")


async def test_an_unknown_shortcode_is_refused(shop: Shop) -> None:
    shop.shortcode = "600123"

    refused(await shop.try_push(PHONE), 500, "500.001.1001", "Merchant does not exist")


async def test_the_shortcode_of_another_app_does_not_exist(open_shop: OpenShop) -> None:
    merchants = (Merchant(), Merchant(shortcode="600123", passkey="p", consumer_key="k", consumer_secret="s"))
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=merchants))
    shop.shortcode, shop.passkey = "600123", "p"

    refused(await shop.try_push(PHONE), 500, "500.001.1001", "Merchant does not exist")
    shop.key, shop.secret, shop.bearer = "k", "s", None
    await shop.push(PHONE)


@pytest.mark.parametrize("phone", ["254733000123", "254750000123", "254770000123", "254100000123"])
async def test_a_phone_of_another_network_has_no_sim_card(shop: Shop, phone: str) -> None:
    refused(await shop.try_push(phone), 500, "500.001.1001", "[CBS - ] No ICCID found")


async def test_a_phone_shows_one_prompt_at_a_time(shop: Shop) -> None:
    asked = "254722009000"
    first = await shop.push(asked)
    again = await shop.try_push(asked)
    other = await shop.try_push("254722000124")

    locked = "Unable to lock subscriber, a transaction is already in process for the current subscriber"
    refused(again, 500, "500.001.1001", locked)
    assert other.status_code == 200
    await shop.direct("POST", f"/prompts/{first}/answer", {"answer": "cancel"})
    await shop.settled(first)
    assert await shop.push(asked) != first


async def test_too_many_prompts_at_once_make_the_system_busy(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, live_max=2))
    await shop.push("254722009000")
    await shop.push("254723009000")

    busy = await shop.try_push("254722000103")

    refused(busy, 500, "500.003.02", "System is busy. Please try again in few minutes.")


async def test_a_wrong_verb_or_path_is_refused_in_the_same_shape(shop: Shop) -> None:
    refused(await shop.daraja.get(PUSH), 405, "405.001", "GET Method Not Allowed")
    refused(await shop.daraja.post("/mpesa/nothing", json={}), 404, "404.001.01", "Resource not found")


STRICTLY_REFUSED = [
    "http://shop.example/x",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://10.0.0.7/x",
    "https://Shop.example/x",
    "https://shop.localhost/x",
]


async def test_a_strict_daraja_calls_back_to_public_https_only(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, strict_callback_urls=True))

    for url in STRICTLY_REFUSED:
        refused(
            await shop.try_push("254722001025", CallBackURL=url), 400, "400.002.02", "Bad Request - Invalid CallBackURL"
        )
    for number, url in enumerate(("https://shop.invalid/mpesa/x", "https://user@shop.invalid:8443/x")):
        assert (await shop.try_push(f"2547220{number}9002", CallBackURL=url)).status_code == 200


async def test_every_refusal_is_counted(shop: Shop) -> None:
    await shop.try_push(PHONE, Amount=0)
    await shop.try_push(PHONE, Amount=0)
    await shop.try_push("254722009035")

    assert (await shop.ledger())["totals"]["refusals"] == {"400.002.02": 2, "spike_arrest": 1}


async def test_old_tokens_are_forgotten_when_there_are_too_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payme.simulator.gate.TOKENS_MAX", 1)
    address, auth = "/oauth/v1/generate?grant_type=client_credentials", ("simulator", "simulator")
    first = (await shop.daraja.get(address, auth=auth)).json()["access_token"]
    await shop.daraja.get(address, auth=auth)

    late = await shop.daraja.post(PUSH, json={}, headers={"Authorization": f"Bearer {first}"})

    refused(late, 404, "404.001.03", "Invalid Access Token")


async def test_a_phone_asked_too_often_in_one_moment_is_busy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payme.simulator.rules.CHECKOUT_FRACTIONS", 0)

    refused(await shop.try_push(PHONE), 500, "500.003.02", "System is busy. Please try again in few minutes.")
