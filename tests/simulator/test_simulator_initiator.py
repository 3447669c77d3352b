"""What an initiator may ask: acknowledged at once, answered later."""

import re
from typing import Any

import pytest

from payme.simulator import Merchant, SimulatorConfig
from tests.simulator.shop import OpenShop, Shop

PHONE = "254722000123"


def parameters(result: dict[str, Any]) -> dict[str, Any]:
    return {item["Key"]: item.get("Value") for item in result["ResultParameters"]["ResultParameter"]}


async def result_of(shop: Shop, count: int = 1) -> dict[str, Any]:
    letters = await shop.mailbox.wait_for_other("result", count)
    return dict(letters[count - 1]["Result"])


async def test_the_status_of_a_payment_is_told_later_with_its_receipt(shop: Shop) -> None:
    receipt = (await shop.dials("174379", 300, "R7K2M")).json()["receipt"]
    answer = (await shop.asks_status(TransactionID=receipt)).json()
    result = await result_of(shop)

    assert (answer["ResponseCode"], answer["ResponseDescription"]) == ("0", "Accept the service request successfully.")
    assert re.fullmatch(r"AG_[0-9]{8}_[0-9a-f]{20}", answer["ConversationID"])
    assert {name: result[name] for name in ("OriginatorConversationID", "ConversationID")} == {
        name: answer[name] for name in ("OriginatorConversationID", "ConversationID")
    }
    assert (result["ResultCode"], result["ReferenceData"]) == (0, {"ReferenceItem": {"Key": "Occasion"}})
    told = parameters(result)
    assert (told["ReceiptNo"], told["Amount"], told["TransactionStatus"]) == (receipt, 300, "Completed")
    assert told["DebitPartyName"].startswith(f"{PHONE} - ")
    assert {"Key": "TransactionReason"} in result["ResultParameters"]["ResultParameter"]


async def test_a_payment_is_found_by_its_conversation_too(shop: Shop) -> None:
    receipt = (await shop.dials("174379", 300)).json()["receipt"]
    await shop.asks_status(TransactionID=receipt)
    conversation = parameters(await result_of(shop))["ConversationID"]
    await shop.asks_status(OriginalConversationID=conversation)

    assert parameters(await result_of(shop, 2))["ReceiptNo"] == receipt


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"TransactionID": "UAA0000000"}, "R000002"),
        ({"OriginalConversationID": "AG_1"}, "R000002"),
        ({"TransactionID": "UAA0000000", "Initiator": "stranger"}, 2001),
    ],
)
async def test_a_question_without_an_answer_fails_later(
    shop: Shop, changes: dict[str, object], code: int | str
) -> None:
    assert (await shop.asks_status(**changes)).status_code == 200
    result = await result_of(shop)

    assert result["ResultCode"] == code
    assert "ResultParameters" not in result


async def test_nobody_learns_of_anothers_payment(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants=(Merchant(), Merchant(shortcode="600111"))))
    receipt = (await shop.dials("600111", 300)).json()["receipt"]
    await shop.asks_status(TransactionID=receipt)

    assert (await result_of(shop))["ResultCode"] == 21


BAD = [
    ("Initiator", None, "Initiator"),
    ("SecurityCredential", "not base64!", "SecurityCredential"),
    ("CommandID", "TransactionReversal", "CommandID"),
    ("PartyA", "999999", "PartyA"),
    ("IdentifierType", "9", "IdentifierType"),
    ("ResultURL", "nowhere", "ResultURL"),
    ("QueueTimeOutURL", None, "QueueTimeOutURL"),
    ("Remarks", "x" * 101, "Remarks"),
    ("TransactionID", None, "TransactionID"),
]


@pytest.mark.parametrize(("field", "value", "named"), BAD)
async def test_a_bad_field_of_a_status_question_is_named(shop: Shop, field: str, value: object, named: str) -> None:
    answer = await shop.asks_status(**({"TransactionID": "UAA0000000"} | {field: value}))

    assert (answer.status_code, answer.json()["errorMessage"]) == (400, f"Bad Request - Invalid {named}")


async def test_a_payment_is_given_back_once(shop: Shop) -> None:
    checkout = await shop.push(PHONE, Amount=99)
    receipt = (await shop.settled(checkout))["receipt"]
    await shop.asks_reversal(receipt, 99)
    first = await result_of(shop)
    await shop.asks_reversal(receipt, 99)
    second = await result_of(shop, 2)

    told = parameters(first)
    assert (first["ResultCode"], told["OriginalTransactionID"], told["Amount"]) == (0, receipt, 99.0)
    assert told["DebitAccountBalance"] == "Utility Account|KES|0.00|0.00|0.00|0.00"
    assert second["ResultCode"] == "R000001"
    truth = (await shop.daraja.get(f"/simulator/payments/{receipt}")).json()
    assert truth["reversal"]["amount"] == 99
    totals = (await shop.daraja.get("/simulator/payments")).json()["totals"]
    assert (totals["payments"], totals["reversed"], totals["reversed_amount"]) == (1, 1, 99)
    newest = (await shop.daraja.get("/simulator/messages")).json()[0]
    assert f"Reversal of transaction {receipt} has been successfully reversed" in newest["english"]
    assert f"Muamala {receipt} umerudishwa" in newest["swahili"]
    await shop.asks_status(TransactionID=receipt)
    assert parameters(await result_of(shop, 3))["TransactionStatus"] == "Reversed"


async def test_a_reversal_that_cannot_be_says_why(shop: Shop) -> None:
    receipt = (await shop.dials("174379", 300)).json()["receipt"]
    codes: list[object] = []
    for asked, amount, initiator in (
        (receipt, 301, "testapi"),
        ("UAA0000000", 300, "testapi"),
        (receipt, 300, "stranger"),
        (receipt, 300, "testapi"),
    ):
        await shop.asks_reversal(asked, amount, Initiator=initiator)
        codes.append((await result_of(shop, len(codes) + 1))["ResultCode"])

    assert codes == ["R000002", "R000002", 2001, 1]  # the fee has gone: the account holds less than it took


async def test_a_reversal_names_its_bad_field(shop: Shop) -> None:
    wrong = await shop.asks_reversal("UAA0000000", 300, RecieverIdentifierType="4")

    assert wrong.json()["errorMessage"] == "Bad Request - Invalid RecieverIdentifierType"
