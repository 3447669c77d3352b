"""Callback bodies, as recorded, as old, as odd and as forged."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payme.daraja.rules import TEXT_MAX
from payme.mpesa import (
    StkResult,
    UnreadableCallback,
    read_callback,
)

PAID = (
    b'{"Body":{"stkCallback":{"MerchantRequestID":"4ddd-4866-824e-3f944c695ba350353555",'
    b'"CheckoutRequestID":"ws_CO_04052026210410237700000000","ResultCode":0,'
    b'"ResultDesc":"The service request is processed successfully.",'
    b'"CallbackMetadata":{"Item":[{"Name":"Amount","Value":1},{"Name":"MpesaReceiptNumber","Value":"UE4JS31RBV"},'
    b'{"Name":"TransactionDate","Value":20260504210428},{"Name":"PhoneNumber","Value":254700000000}]}}}}'
)
CANCELLED = (
    b'{"Body":{"stkCallback":{"MerchantRequestID":"f1e2-4b95-a71d-b30d3cdbb7a7942864",'
    b'"CheckoutRequestID":"ws_CO_21072024125243250722943992","ResultCode":1032,'
    b'"ResultDesc":"Request cancelled by user"}}}'
)
RESULT = StkResult(
    checkout_request_id="ws_CO_04052026210410237700000000",
    merchant_request_id="4ddd-4866-824e-3f944c695ba350353555",
    code="0",
    text="The service request is processed successfully.",
    amount=Decimal("1.00"),
    receipt="UE4JS31RBV",
    phone="254700000000",
    paid_at=datetime(2026, 5, 4, 18, 4, 28, tzinfo=UTC),
)


def paid_with(**values: object) -> StkResult:
    """Read the success with other item values, and other fields of the callback where the name is one of its own."""
    said = json.loads(PAID)
    callback = said["Body"]["stkCallback"]
    for name, value in values.items():
        for item in callback["CallbackMetadata"]["Item"]:
            if item["Name"] == name:
                item["Value"] = value
                break
        else:
            callback[name] = value
    return read_callback(json.dumps(said).encode())


def test_a_success_is_read_whole() -> None:
    assert read_callback(PAID) == RESULT
    assert RESULT.succeeded


def test_a_cancelled_prompt_has_no_money() -> None:
    cancelled = read_callback(CANCELLED)
    assert cancelled == StkResult(
        "ws_CO_21072024125243250722943992",
        "f1e2-4b95-a71d-b30d3cdbb7a7942864",
        "1032",
        "Request cancelled by user",
    )
    assert not cancelled.succeeded


@pytest.mark.parametrize(
    "balance", [b'{"Name":"Balance"}', b'{"Name":"Balance","Value":"{Amount={CurrencyCode=KES}}"}']
)
def test_five_items_are_read_by_name(balance: bytes) -> None:
    assert read_callback(PAID.replace(b'{"Name":"TransactionDate"', balance + b',{"Name":"TransactionDate"')) == RESULT


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "0"),
        ("0", "0"),
        (" 0 ", "0"),
        (0.0, "0"),
        (1037, "1037"),
        ("SFC_IC0003", "SFC_IC0003"),
        (-1, "-1"),
        (0.5, "0.5"),
    ],
)
def test_a_code_is_text_whatever_it_came_as(code: object, text: str) -> None:
    assert paid_with(ResultCode=code).code == text


@pytest.mark.parametrize(
    ("amount", "read"),
    [
        (b"1.00", "1.00"),
        (b"10500.0", "10500.00"),
        (b'"71.0"', "71.00"),
        (b'"300"', "300.00"),
        (b"1.5e3", "1500.00"),
        (b"70000.10", "70000.10"),
        (b"0.1", "0.10"),
        (b"9999999999.99", "9999999999.99"),
        (b"10000000000", None),
        (b"1.005", None),
        (b"0", None),
        (b"-1", None),
        (b"true", None),
        (b"null", None),
        (b'""', None),
        (b'"1_0"', None),
        (b'"1,000"', None),
        (b"NaN", None),
        (b"Infinity", None),
        (b"1e400", None),
        (b"1e-400", None),
        (b"[1]", None),
    ],
)
def test_an_amount_is_exact_or_absent(amount: bytes, read: str | None) -> None:
    seen = read_callback(PAID.replace(b'"Value":1}', b'"Value":' + amount + b"}")).amount
    assert (seen is None) if read is None else (str(seen) == read)


@given(st.decimals(Decimal("0.01"), Decimal("9999999999.99"), places=2))
def test_no_amount_passes_through_a_float(amount: Decimal) -> None:
    body = PAID.replace(b'"Value":1}', f'"Value":{amount}}}'.encode())
    assert read_callback(body).amount == amount


@pytest.mark.parametrize(
    ("phone", "read"),
    [
        (254700000000, "254700000000"),
        ("254700000000", "254700000000"),
        (254700000000.0, "254700000000"),
        ("254708***430", "254708***430"),
        ("2547 ***** 126", "2547 ***** 126"),
        (None, None),
        ("", None),
        ("7\0", None),
        (False, None),
        ({}, None),
    ],
)
def test_a_phone_is_kept_as_sent(phone: object, read: str | None) -> None:
    assert paid_with(PhoneNumber=phone).phone == read


@pytest.mark.parametrize(
    ("stamp", "read"),
    [
        ("20260504210428", RESULT.paid_at),
        (20261231235959, datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC)),
        ("2026-05-04 21:04:28", None),
        (20261399000000, None),
        (20260229000000, None),
        (0, None),
        (10101000000, None),
        (None, None),
    ],
)
def test_a_date_is_east_africa_time_or_absent(stamp: object, read: datetime | None) -> None:
    assert paid_with(TransactionDate=stamp).paid_at == read


@pytest.mark.parametrize("receipt", ["", "ue4js31rbv", "U", "UE4JS31RBV\n", "U" * 21, 5, None])
def test_a_receipt_that_is_none_is_absent(receipt: object) -> None:
    assert paid_with(MpesaReceiptNumber=receipt).receipt is None


@pytest.mark.parametrize(
    "metadata", [None, "", [], {}, {"Item": None}, {"Item": {}}, {"Item": [None, {}, {"Name": 5}]}]
)
def test_a_success_without_items_claims_no_money(metadata: object) -> None:
    bare = paid_with(CallbackMetadata=metadata)
    assert bare == replace(RESULT, amount=None, receipt=None, phone=None, paid_at=None)
    assert bare.succeeded


def test_what_postgresql_cannot_store_is_taken_out() -> None:
    odd = paid_with(ResultDesc="Asante\0 sana\ud800" + "a" * 1000, MerchantRequestID=5)
    assert odd.text.startswith("Asante  sana ")
    assert len(odd.text) == TEXT_MAX
    assert odd.text.encode()
    assert odd.merchant_request_id == ""
    assert paid_with(ResultDesc=None).text == ""


def test_an_item_told_twice_is_believed_only_if_it_stays_the_same() -> None:
    again = b'{"Name":"Amount","Value":1},'
    assert read_callback(PAID.replace(b'{"Name":"Amount"', again + b'{"Name":"Amount"')) == RESULT
    with pytest.raises(UnreadableCallback, match="twice"):
        read_callback(PAID.replace(b'{"Name":"Amount"', again.replace(b"1", b"2") + b'{"Name":"Amount"'))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no Body"),
        (b"not json", "no Body"),
        (b"\xff\xfe\xfa", "no Body"),
        (b"[]", "no Body"),
        (b"[" * 16_000, "no Body"),
        (b'{"a":' * 3_000 + b"1" * 5_000, "no Body"),
        (b'{"Body":{},"a":1e99999999999999999999}', "no Body"),
        (b'{"Body":5}', "no Body"),
        (b'{"Body":{}}', "no stkCallback"),
        (b'{"Body":{"stkCallback":[]}}', "no stkCallback"),
        (CANCELLED.replace(b"CheckoutRequestID", b"Checkout"), "no CheckoutRequestID"),
        (CANCELLED.replace(b'"ws_CO_21072024125243250722943992"', b'"ws CO"'), "no CheckoutRequestID"),
        (CANCELLED.replace(b'"ws_CO_21072024125243250722943992"', b"7"), "no CheckoutRequestID"),
        (CANCELLED.replace(b"ResultCode", b"Code"), "no ResultCode"),
        (CANCELLED.replace(b"1032", b"null"), "no ResultCode"),
        (CANCELLED.replace(b"1032", b"false"), "no ResultCode"),
        (CANCELLED.replace(b"1032", b'""'), "no ResultCode"),
        (CANCELLED.replace(b"1032", b"1" * 33), "no ResultCode"),
    ],
)
def test_a_body_that_is_no_callback_is_unreadable(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableCallback) as unreadable:
        read_callback(body)
    assert unreadable.value.reason == reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "MerchantRequestID": JSON,
            "CheckoutRequestID": JSON | st.just("ws_CO_1"),
            "ResultCode": JSON | st.just(0),
            "ResultDesc": JSON,
            "CallbackMetadata": JSON
            | st.fixed_dictionaries(
                {
                    "Item": st.lists(
                        st.fixed_dictionaries(
                            {
                                "Name": st.sampled_from(
                                    ["Amount", "MpesaReceiptNumber", "TransactionDate", "PhoneNumber"]
                                ),
                                "Value": JSON,
                            }
                        ),
                        max_size=5,
                    )
                }
            ),
        },
    )
)
def test_a_forger_gets_a_storable_result_or_a_refusal(callback: dict[str, object]) -> None:
    body = json.dumps({"Body": {"stkCallback": callback}}).encode()
    try:
        read = read_callback(body)
    except UnreadableCallback:
        return
    for field in fields(read):
        value = getattr(read, field.name)
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()  # what cannot be encoded cannot be stored
    assert read.amount is None or read.amount == read.amount.quantize(Decimal("0.01")) > 0


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(UnreadableCallback):
        read_callback(body)
