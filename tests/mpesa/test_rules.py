"""Daraja's bodies, as recorded and as documented, and everything near them."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.daraja import Health, Lost, NoToken, NotSent, Reply, Unsent
from payme.mpesa import (
    MpesaAccount,
    NotAsked,
    Outcome,
    PushAccepted,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryPending,
    QueryResult,
    QueryUnknown,
    TransactionType,
    explain,
    outcome_of,
    rules,
)
from payme.mpesa.types import RESULT_CODES
from tests.mpesa.gateway import SPIKE, Http, accepted, envelope, result

NOW = datetime(2026, 11, 22, 21, 30, 5, tzinfo=UTC)


def reply(answer: Http) -> Reply:
    return Reply(answer.status, answer.body)


def reply_json(status: int, **said: object) -> Reply:
    return Reply(status, json.dumps(said).encode())


# What is sent


def test_the_password_is_the_one_of_safaricoms_own_example() -> None:
    passkey = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"
    assert rules.password("174379", passkey, "20160216165627") == (
        "MTc0Mzc5YmZiMjc5ZjlhYTliZGJjZjE1OGU5N2RkNzFhNDY3Y2QyZTBjODkzMDU5YjEwZjc4ZTZiNzJhZGExZWQyYzkxOTIwMTYwMjE2MTY1NjI3"
    )


def test_a_till_is_pushed_by_store_number_and_paid_by_till_number() -> None:
    account = MpesaAccount("https://x", "k", "s", "600100", "p", "5551234", TransactionType.TILL)
    body = json.loads(rules.push_body(account, PushOrder(Decimal("1.00"), "254110000001", "A", "B", "https://y"), NOW))
    assert body["BusinessShortCode"] == "600100"
    assert body["PartyB"] == "5551234"
    assert body["TransactionType"] == "CustomerBuyGoodsOnline"
    assert body["Amount"] == 1
    assert base64.b64decode(body["Password"]).decode() == f"600100p{body['Timestamp']}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": Decimal(0)},
        {"amount": Decimal(250_001)},
        {"amount": Decimal("1.50")},
        {"amount": Decimal("NaN")},
        {"amount": 5},
        {"phone": "0722000111"},
        {"phone": "254822000111"},
        {"phone": "+254722000111"},
        {"phone": "254722000111\n"},
        {"account_reference": "A" * 13},
        {"account_reference": ""},
        {"description": "D" * 14},
        {"description": ""},
    ],
)
def test_an_order_daraja_would_refuse_cannot_be_made(wrong: Mapping[str, object]) -> None:
    good: dict[str, object] = {
        "amount": Decimal(250_000),
        "phone": "254722000111",
        "account_reference": "A" * 12,
        "description": "D" * 13,
        "callback_url": "https://y",
    }
    PushOrder(**good)  # type: ignore[arg-type]
    with pytest.raises(AssertionError) as refused:
        PushOrder(**{**good, **wrong})  # type: ignore[arg-type]
    assert "722000111" not in str(refused.value)


# What an answer to a push proves


@pytest.mark.parametrize(
    ("status", "code", "message", "advice"),
    [
        (400, "400.002.02", "Bad Request - Invalid PhoneNumber", "phone number"),
        (400, "400.002.02", "Bad Request - Invalid Amount", "whole shillings"),
        (400, "400.002.02", "Bad Request - Invalid CallBackURL", "settings"),
        (400, "400.002.02", "Bad Request - Invalid Remarks", "settings"),
        (400, "400.002.05", "Invalid Request Payload", "settings"),
        (404, "404.001.01", "Resource not found", "cash"),
        (404, "404.001.03", "Invalid Access Token", "cash"),
        (401, "401.003.01", "Error Occurred - Invalid Access Token - no apiproduct match found", "M-Pesa Express"),
        (405, "405.001", "GET Method Not Allowed", "cash"),
        (500, "500.001.1001", "Wrong credentials", "passkey"),
        (500, "500.001.1001", "[MerchantValidate] - Wrong credentials", "passkey"),
        (500, "500.001.001", "Wrong credentials", "passkey"),
        (500, "500.001.1001", "Merchant does not exist", "store number"),
        (
            500,
            "500.001.1001",
            "[STK] - Unable to lock subscriber, a transaction is already in process for the current subscriber",
            "wait a minute",
        ),
        (500, "500.001.1001", "[CBS - ] No ICCID found", "another number"),
        (500, "500.003.02", "System is busy. Please try again in few minutes.", "busy"),
        (500, "500.003.02", "Error Occurred: Spike Arrest Violation", "busy"),
        (500, "500.003.03", "Error Occurred: Quota Violation", "busy"),
        (500, "500.002.1001", "Service is currently under maintenance. Please try again later", "serviced"),
        (500, "00.002.1001", "Service is currently under maintenance. Please try again later", "serviced"),
        (429, "429.001", "Too many", "cash"),
        (200, "400.002.02", "Bad Request - Invalid BusinessShortCode", "settings"),
    ],
)
def test_a_refusal_that_rules_out_a_prompt_says_what_to_do(status: int, code: str, message: str, advice: str) -> None:
    answer = rules.push_answer(reply(envelope(status, code, message)))

    assert isinstance(answer, PushRefused), answer
    assert (answer.code, answer.text) == (code, message)
    assert advice in answer.advice


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (500, "500.001.1001", "The transaction is being processed"),
        (500, "500.001.1001", "The transaction does not Exist"),
        (500, "500.001.1001", ""),
        (500, "500.001.1001", None),
        (200, "500.001.1001", ""),
        (400, "500.001.1001", ""),
        (500, "500.002.1001", "Duplicate OriginatorConversationID."),
        (500, "500.003.1001", "Internal Server Error"),
        (500, "599.999", "Something new"),
        (409, "conflict", "Something new"),
    ],
)
def test_a_refusal_that_does_not_rule_out_a_prompt_is_unknown(status: int, code: str, message: str | None) -> None:
    answer = rules.push_answer(reply(envelope(status, code, message)))

    assert isinstance(answer, PushUnknown), answer
    assert code in answer.reason


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(accepted()), PushAccepted),
        (reply_json(201, ResponseCode=0, CheckoutRequestID="ws_CO_1"), PushAccepted),
        (reply_json(200, ResponseCode="0", CheckoutRequestID=""), PushUnknown),
        (reply_json(200, ResponseCode="0"), PushUnknown),
        (reply_json(200, ResponseCode="1", CheckoutRequestID="ws_CO_1"), PushUnknown),
        (reply_json(200, ResponseCode="1", ResponseDescription="no"), PushUnknown),
        (reply_json(500, ResponseCode="0", CheckoutRequestID="ws_CO_1"), PushUnknown),
        (reply_json(400, errorCode="400.002.02", errorMessage="", CheckoutRequestID="ws_CO_1"), PushUnknown),
        (reply_json(400, errorCode=None), PushRefused),
        (reply_json(500, errorCode=None), PushUnknown),
        (reply(SPIKE), PushRefused),
        (Reply(500, SPIKE.body), PushRefused),
        (
            reply_json(504, fault={"faultstring": "Gateway Timeout", "detail": {"errorcode": "a.GatewayTimeout"}}),
            PushUnknown,
        ),
        (reply_json(404, fault={"faultstring": "Unable to identify proxy", "detail": "none"}), PushRefused),
        (reply_json(500, fault="none"), PushUnknown),
        (Reply(200, b"[]"), PushUnknown),
        (Reply(200, b""), PushUnknown),
        (Reply(302, b""), PushUnknown),
        *((Reply(status, b"<html>"), PushRefused) for status in (400, 401, 403, 404, 405, 413, 415, 429)),
        *((Reply(status, b"<html>"), PushUnknown) for status in (408, 409, 425, 499, 500, 502, 503, 504)),
        (Lost("no answer came in time"), PushUnknown),
        *((NotSent(why), PushRefused) for why in Unsent),
        (NoToken("no_token", "none", Health.WELL), PushRefused),
    ],
)
def test_only_what_is_certain_is_accepted_or_refused(answer: Reply | Lost | NotSent | NoToken, kind: type) -> None:
    assert type(rules.push_answer(answer)) is kind


@given(st.integers(500, 599), st.binary(max_size=200))
def test_no_broken_gateway_makes_a_push_look_refused(status: int, body: bytes) -> None:
    assert isinstance(rules.push_answer(Reply(status, body)), PushUnknown)


def test_an_acceptance_without_words_is_one() -> None:
    assert rules.push_answer(reply_json(200, ResponseCode="0", CheckoutRequestID="ws_CO_1")) == PushAccepted(
        "", "ws_CO_1", ""
    )
    assert rules.push_answer(
        reply_json(200, ResponseCode="0", CheckoutRequestID="ws_CO_1", ResponseDescription="yes\0")
    ) == PushAccepted("", "ws_CO_1", "yes")


# What an answer to a question proves


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(result("0", "Processed.")), QueryResult("0", "Processed.")),
        (reply_json(200, ResponseCode=0, ResultCode=1037), QueryResult("1037", "")),
        (reply(result("SFC_IC0003", "x")), QueryResult("SFC_IC0003", "x")),
        (reply(result("4999", "still")), QueryPending("still")),
    ],
)
def test_a_result_is_one_only_if_final(answer: Reply, expected: object) -> None:
    assert rules.query_answer(answer, json.loads(answer.body).get("CheckoutRequestID", "ws")) == expected


@pytest.mark.parametrize(
    "answer",
    [
        reply_json(200, ResponseCode="0"),
        reply_json(200, ResponseCode="0", ResultCode=""),
        reply_json(200, ResponseCode="0", ResultCode=True),
        reply_json(200, ResponseCode="1", ResultCode="0"),
        reply_json(200, ResultCode="0"),
        reply_json(500, ResponseCode="0", ResultCode="0"),
        reply_json(200, ResponseCode="0", ResultCode="0", CheckoutRequestID="another"),
        Lost("x"),
        NoToken("no_token", "x", Health.ILL),
        NotSent(Unsent.CONNECT_FAILED),
        NotSent(Unsent.TOO_MANY_AT_ONCE),
    ],
)
def test_a_result_about_nothing_certain_is_unknown(answer: Reply | Lost | NoToken | NotSent) -> None:
    assert isinstance(rules.query_answer(answer, "ws"), QueryUnknown)


@pytest.mark.parametrize("why", [Unsent.BREAKER_OPEN, Unsent.PACED, Unsent.BOOKS_AWAY])
def test_a_question_that_was_held_back_was_not_asked(why: Unsent) -> None:
    answer = rules.query_answer(NotSent(why, NOW), "ws")
    assert isinstance(answer, NotAsked)
    assert answer.again_at == NOW


def test_wrong_keys_are_named() -> None:
    answer = rules.push_answer(NoToken("no_token", "M-PESA does not accept the consumer key and secret.", Health.WELL))
    assert isinstance(answer, PushRefused)
    assert "consumer key and secret" in answer.advice


# Codes


def test_only_code_0_is_paid_and_only_documented_final_codes_fail() -> None:
    by_outcome = {outcome: {code for code in RESULT_CODES if outcome_of(code) is outcome} for outcome in Outcome}
    assert by_outcome == {
        Outcome.PAID: {"0"},
        Outcome.UNDECIDED: {"26", "4999"},
        Outcome.FAILED: {
            *("1", "2", "3", "4", "8", "17", "1001", "1019", "1025", "1032", "1037", "2001", "2028", "8006", "9999"),
            *("E3008", "SFC_IC0003"),
        },
    }


@given(st.text().filter(lambda code: code not in RESULT_CODES))
def test_a_code_nobody_documented_decides_nothing(code: str) -> None:
    assert outcome_of(code) is Outcome.UNDECIDED


def test_every_code_is_explained() -> None:
    assert explain("1032") == "The customer cancelled, or let the prompt run out."
    assert all(explain(code).endswith(".") for code in RESULT_CODES)
    assert "7777" in explain("7777")
