"""Customers pay the till by hand: addresses, validation, confirmation."""

import hashlib
import re

import httpx
import pytest

from payme.simulator import Merchant, SimulatorConfig
from payme.simulator.types import MsisdnForm, NamesShown
from tests.simulator.shop import OpenShop, Shop

PHONE = "254722000123"
TILL = Merchant(shortcode="600111", till="5550001", name="Duka la Kona")
CODES = ["C2B00011", "C2B00012", "C2B00013", "C2B00014", "C2B00015", "C2B00016"]


def refused(response: httpx.Response, status: int, code: str, message: str) -> None:
    assert response.status_code == status, response.text
    assert {"errorCode": code, "errorMessage": message}.items() <= response.json().items()


async def test_addresses_are_registered_once_and_deleted_in_the_portal(shop: Shop) -> None:
    first = await shop.registers()
    again = await shop.registers()
    await shop.direct("DELETE", f"/merchants/{shop.shortcode}/urls")
    after = await shop.registers("Cancelled")

    assert first.json() == {
        "OriginatorCoversationID": first.json()["OriginatorCoversationID"],
        "ResponseCode": "0",
        "ResponseDescription": "Success",
    }
    refused(again, 500, "500.003.1001", "Urls are already registered.")
    assert after.status_code == 200


async def test_the_sandbox_takes_addresses_again(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, register_again=True))

    assert [(await shop.registers()).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ShortCode": "999999"}, "Invalid ShortCode"),
        ({"ResponseType": "completed"}, "Invalid ResponseType"),
        ({"ResponseType": None}, "Invalid ResponseType"),
        ({"ConfirmationURL": "not a url"}, "Invalid ConfirmationURL"),
        ({"ValidationURL": 7}, "Invalid ValidationURL"),
        ({"ValidationURL": "https://shop.example/Mpesa/x"}, "Invalid ValidationURL - URL has the word MPESA"),
        ({"ConfirmationURL": "https://shop.example/M-PESA"}, "Invalid ConfirmationURL - URL has the word M-PESA"),
        ({"ConfirmationURL": "https://shop.example/c?x=sql"}, "Invalid ConfirmationURL - URL has the word SQL"),
        ({"ConfirmationURL": "https://query.example/c"}, "Invalid ConfirmationURL - URL has the word QUERY"),
    ],
)
async def test_a_bad_registration_is_refused_with_its_reason(
    shop: Shop, changes: dict[str, object], reason: str
) -> None:
    refused(await shop.registers(**changes), 400, "400.003.02", f"Bad Request - {reason}")


async def test_c2b_knows_its_own_word_for_a_bad_token(shop: Shop) -> None:
    shop.bearer = "nothing"

    refused(await shop.registers(), 400, "400.003.01", "Invalid Access Token")


async def test_a_paybill_paid_by_hand_is_confirmed(shop: Shop) -> None:
    await shop.registers()
    paid = await shop.dials("174379", 300, "hse 12")
    [letter] = await shop.mailbox.wait_for_other("confirm")

    truth = paid.json()
    assert (paid.status_code, truth["state"], truth["origin"]) == (201, "paid", "hand")
    assert re.fullmatch(r"[0-9]{14}", letter.pop("TransTime"))
    assert letter == {
        "TransactionType": "Pay Bill",
        "TransID": truth["receipt"],
        "TransAmount": "300.00",
        "BusinessShortCode": "174379",
        "BillRefNumber": "hse 12",
        "InvoiceNumber": "",
        "OrgAccountBalance": "300.00",
        "ThirdPartyTransID": "",
        "MSISDN": "2547 ***** 123",
        "FirstName": letter["FirstName"],
        "MiddleName": "",
        "LastName": letter["LastName"],
    }
    assert f"{letter['FirstName']} {letter['LastName']}" == truth["name"]
    assert shop.mailbox.others["validate"] == []


async def test_a_till_paid_by_hand_has_no_account(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=(TILL,)))
    shop.shortcode = "600111"
    await shop.registers()
    await shop.dials("5550001", 2_000, "ignored")
    await shop.dials("5550001", 100)
    first, second = await shop.mailbox.wait_for_other("confirm", 2)

    assert {first["TransactionType"], second["TransactionType"]} == {"Customer Merchant Payment"}
    assert {first["BillRefNumber"], second["BillRefNumber"]} == {""}
    assert {first["BusinessShortCode"], second["BusinessShortCode"]} == {"600111"}
    balances = {first["OrgAccountBalance"], second["OrgAccountBalance"]}
    assert balances == {"2000.00", "2089.00"}  # the fee of the first, 0.55 %, went out between
    assert (await shop.dials("600111", 100)).status_code == 404


async def test_a_number_nobody_has_is_not_paid(shop: Shop) -> None:
    assert (await shop.dials("999999", 100)).status_code == 404
    assert (await shop.daraja.get("/simulator/payments")).json()["totals"]["payments"] == 0


async def test_a_prompt_that_is_paid_is_confirmed_under_the_same_receipt(shop: Shop) -> None:
    await shop.registers()
    checkout = await shop.push(PHONE)
    [callback] = await shop.mailbox.wait_for(1)
    [letter] = await shop.mailbox.wait_for_other("confirm")

    items = {item["Name"]: item["Value"] for item in callback["CallbackMetadata"]["Item"]}
    assert letter["TransID"] == items["MpesaReceiptNumber"]
    assert (letter["BillRefNumber"], letter["TransAmount"]) == ("R7K2M", "150.00")
    truth = (await shop.daraja.get(f"/simulator/payments/{letter['TransID']}")).json()
    assert (truth["checkout_request_id"], truth["origin"]) == (checkout, "prompt")
    assert (await shop.daraja.get("/simulator/payments/nothing")).status_code == 404


async def test_a_validating_merchant_may_refuse_and_the_customer_is_told(shop: Shop) -> None:
    await shop.direct("PUT", "/merchants/174379", {"validates": True})
    await shop.registers()
    for code in CODES:
        shop.mailbox.answers["validate"] = f'{{"ResultCode":"{code}","ResultDesc":"Rejected"}}'
        answer = await shop.dials("174379", 300, "typo")
        assert (answer.status_code, answer.json()["code"]) == (409, code)

    asked = await shop.mailbox.wait_for_other("validate", len(CODES))
    assert {letter["OrgAccountBalance"] for letter in asked} == {""}
    messages = (await shop.daraja.get("/simulator/messages", params={"phone": PHONE})).json()
    assert len(messages) == len(CODES)
    assert messages[0]["english"].startswith("Failed.")
    assert (await shop.daraja.get("/simulator/payments")).json()["payments"] == []
    assert shop.mailbox.others["confirm"] == []


async def test_an_accepted_validation_is_echoed_in_the_confirmation(shop: Shop) -> None:
    await shop.direct("PUT", "/merchants/174379", {"validates": True})
    await shop.registers()
    shop.mailbox.answers["validate"] = '{"ResultCode":"0","ResultDesc":"Accepted","ThirdPartyTransID":"our-77"}'
    await shop.dials("174379", 300, "R7K2M")
    [letter] = await shop.mailbox.wait_for_other("confirm")

    assert letter["ThirdPartyTransID"] == "our-77"
    assert shop.mailbox.others["validate"][0]["TransID"] == letter["TransID"]


@pytest.mark.parametrize(("response_type", "status"), [("Completed", 201), ("Cancelled", 409)])
@pytest.mark.parametrize("silence", ["slow", "500", "nonsense", "list"])
async def test_without_a_validation_the_response_type_decides(
    open_shop: OpenShop, response_type: str, status: int, silence: str
) -> None:
    merchant = Merchant(validates=True)
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=(merchant,), validation_timeout_s=0.1))
    await shop.registers(response_type)
    shop.mailbox.thinks_s = 0.3 if silence == "slow" else 0.0
    shop.mailbox.status = 500 if silence == "500" else 200
    shop.mailbox.answers["validate"] = {"nonsense": "<html>", "list": "[1]"}.get(silence, '{"ResultCode":"0"}')

    assert (await shop.dials("174379", 300)).status_code == status


SEEN = {
    MsisdnForm.PLAIN: PHONE,
    MsisdnForm.MASKED: "2547 ***** 123",
    MsisdnForm.HASHED: hashlib.sha256(PHONE.encode()).hexdigest(),
}


@pytest.mark.parametrize("form", list(MsisdnForm))
async def test_the_payers_number_has_four_forms(open_shop: OpenShop, form: MsisdnForm) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=(Merchant(msisdn=form),)))
    await shop.registers()
    await shop.dials("174379", 300)
    [letter] = await shop.mailbox.wait_for_other("confirm")

    if form is MsisdnForm.HASHED_MASKED:
        assert re.fullmatch(r"[0-9a-f]{8}\*{48}[0-9a-f]{8}", letter["MSISDN"])
    else:
        assert letter["MSISDN"] == SEEN[form]


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (NamesShown.ALL, {"FirstName", "MiddleName", "LastName"}),
        (NamesShown.FIRST, {"FirstName"}),
        (NamesShown.NONE, set()),
    ],
)
async def test_names_may_be_missing_keys(open_shop: OpenShop, names: NamesShown, keys: set[str]) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=(Merchant(names=names),)))
    await shop.registers()
    await shop.dials("174379", 300)
    [letter] = await shop.mailbox.wait_for_other("confirm")

    assert {key for key in letter if key.endswith("Name")} == keys


async def test_a_person_can_be_given_a_name(shop: Shop) -> None:
    body = {"to": "174379", "amount": 10, "phone": PHONE, "name": {"first": "CHUI", "last": "MKUBWA"}}
    paid = await shop.direct("POST", "/payments", body)

    assert paid.json()["name"] == "CHUI MKUBWA"


async def test_a_confirmation_can_be_sent_again(shop: Shop) -> None:
    early = (await shop.dials("174379", 300)).json()["receipt"]
    before = await shop.daraja.post(f"/simulator/payments/{early}/confirmations", json={})
    await shop.registers()
    receipt = (await shop.dials("174379", 300)).json()["receipt"]
    await shop.mailbox.wait_for_other("confirm")
    await shop.direct("POST", f"/payments/{receipt}/confirmations", {"copies": 5})
    letters = await shop.mailbox.wait_for_other("confirm", 6)

    assert before.status_code == 404
    assert all(letter == letters[0] for letter in letters)


async def test_darajas_own_simulation_pays(shop: Shop) -> None:
    await shop.registers()
    body = {
        "ShortCode": 174379, "CommandID": "CustomerPayBillOnline", "Amount": 1, "Msisdn": 254708374149,
        "BillRefNumber": "x",
    }  # fmt: skip
    answer = await shop.call("/mpesa/c2b/v2/simulate", body)
    wrong = await shop.call("/mpesa/c2b/v1/simulate", body | {"CommandID": "CustomerBuyGoodsOnline"})
    [letter] = await shop.mailbox.wait_for_other("confirm")

    assert answer.json()["ResponseDescription"] == "Accept the service request successfully."
    assert set(answer.json()) == {"OriginatorCoversationID", "ResponseCode", "ResponseDescription"}
    assert (letter["BillRefNumber"], letter["TransAmount"]) == ("x", "1.00")
    refused(wrong, 400, "400.003.02", "Bad Request - Invalid CommandID")
