"""What M-PESA says is read by name, whatever its types, its case, its language and its spaces."""

import contextlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.messages import (
    MessageKind,
    MessageNotUnderstood,
    UnreadableNotice,
    payment_code,
    read_message,
    read_notice,
    read_result,
    receipt_number,
)
from tests.support.by_hand import notice

HALF_PAST_TEN = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
MESSAGES = {
    "till": "UKM12AB3CD Confirmed. Ksh1,300.00 paid to DUKA MOJA. on 22/11/26 at 10:30 AM.New M-PESA balance is "
    "Ksh1,200.00. Transaction cost, Ksh0.00. Amount you can transact within the day is 499,700.00.",
    "paybill": "UKM12AB3CD Confirmed. Ksh1,300.00 sent to DUKA MOJA for account 1024 on 22/11/26 at 10:30 AM "
    "New M-PESA balance is Ksh1.00. Transaction cost, Ksh0.00.",
    "till in Swahili": "UKM12AB3CD Imethibitishwa. Umelipa Ksh1,300.00 kwa DUKA MOJA 22/11/26 10:30 AM.Baki yako mpya "
    "katika M-PESA ni Ksh5.00. Gharama ya kununua ni Ksh0.00.",
    "paybill in Swahili": "UKM12AB3CD Imethibitishwa Ksh1,300.00 imetumwa kwa DUKA MOJA kwa akaunti nambari 1024 "
    "tarehe 22/11/26 saa 10:30 AM. Baki yako ya M-PESA ni Ksh5.00.",
    "the shop's till": "UKM12AB3CD Confirmed.on 22/11/26 at 10:30 AM Ksh1,300.00 received from 254712345678 NYOTA "
    "MBUYU. New Account balance is Ksh900.00",
    "the shop's paybill": "UKM12AB3CD Confirmed. on 22/11/2026 at 10:30 AM Ksh1,300.00 received from 254712***678 "
    "NYOTA MBUYU. Account Number 1024 New Utility balance is Ksh1,000.00",
    "the shop's phone": "UKM12AB3CD Confirmed. You have received Kes 1300 from NYOTA MBUYU 0712345678 on 22-11-26 at "
    "10:30. New M-PESA balance is Ksh2,000.00",
    "the shop's phone in Swahili": "UKM12AB3CD Imethibitishwa. Umepokea Ksh1,300.00 kutoka kwa NYOTA MBUYU 0712345678 "
    "tarehe 22/11/26 saa 10:30 AM Baki yako ni Ksh5.00",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_names_receipt_amount_and_time(name: str) -> None:
    said = read_message(MESSAGES[name])

    assert (said.receipt, said.amount, said.paid_at) == ("UKM12AB3CD", Decimal(1300), HALF_PAST_TEN)
    is_shops = name.startswith("the shop's")
    assert said.kind is (MessageKind.SHOPS if is_shops else MessageKind.PAYERS)
    assert said.payer_name == ("NYOTA MBUYU" if is_shops else "")
    assert said.account_reference == ("1024" if "paybill" in name else "")


@given(st.sampled_from(sorted(MESSAGES)), st.data())
def test_case_and_spaces_say_nothing(name: str, data: st.DataObject) -> None:
    text = MESSAGES[name]
    change = data.draw(st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
    gaps = data.draw(st.lists(st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0"]), min_size=1, max_size=5))
    words = change(text).split(" ")
    mangled = "".join(word + gaps[place % len(gaps)] for place, word in enumerate(words))

    assert read_message(f"\n {mangled}") == read_message(text)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for written in (text, f"UKM12AB3CD Confirmed. {text}", f"UKM12AB3CD Confirmed. Ksh{text} paid to X"):
        with contextlib.suppress(MessageNotUnderstood):
            assert read_message(written).amount > 0


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "receipt number"),
        ("Ksh300.00 paid to DUKA MOJA", "receipt number"),
        ("1234567890 Confirmed. Ksh300.00 paid to DUKA", "receipt number"),
        ("UKM12AB3CD Confirmed. You bought Ksh10.00 of airtime on 22/11/26", "payment"),
        ("UKM12AB3CD confirmed. Reversal of transaction UKM12AB3CE has been successfully reversed", "payment"),
        ("UKM12AB3CD Confirmed. Withdraw Ksh300 received from agent", "payment"),
        ("UKM12AB3CD Confirmed. Some paid to DUKA MOJA", "amount"),
        ("UKM12AB3CD Confirmed. Ksh0.00 paid to DUKA MOJA", "amount"),
    ],
)
def test_what_is_no_payment_is_refused(text: str, missing: str) -> None:
    with pytest.raises(MessageNotUnderstood) as refused:
        read_message(text)
    assert refused.value.missing == missing


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("22/11/26 at 12:05 AM", datetime(2026, 11, 21, 21, 5, tzinfo=UTC)),
        ("22/11/26 at 12:05 PM", datetime(2026, 11, 22, 9, 5, tzinfo=UTC)),
        ("31/2/26 at 10:30 AM", None),
        ("some day", None),
    ],
)
def test_a_time_that_makes_no_sense_is_none(written: str, read: datetime | None) -> None:
    assert read_message(f"UKM12AB3CD Confirmed. Ksh3.00 paid to DUKA on {written}").paid_at == read


def test_a_confirmation_is_read_by_name() -> None:
    said = read_notice(notice("ukm12ab3cd", "1300.00", account="  Sale  1024 ", shortcode="600966"))

    assert (said.receipt, said.amount, said.shortcode) == ("UKM12AB3CD", Decimal(1300), "600966")
    assert (said.account_reference, said.payer_name) == ("Sale 1024", "NYOTA MBUYU")
    assert said.paid_at == HALF_PAST_TEN


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("TransAmount", 5, "amount", Decimal(5)),
        ("TransAmount", 5.5, "amount", Decimal("5.50")),
        ("TransAmount", "1,300.00", "amount", Decimal(1300)),
        ("TransAmount", True, "amount", None),
        ("TransAmount", None, "amount", None),
        ("TransAmount", 10**30, "amount", None),
        ("TransID", ["UKM12AB3CD"], "receipt", None),
        ("BusinessShortCode", 600966, "shortcode", "600966"),
        ("BusinessShortCode", 600966.0, "shortcode", "600966"),
        ("MSISDN", 254712345678, "phone", "254712345678"),
        ("MSISDN", None, "phone", ""),
        ("LastName", None, "payer_name", "NYOTA"),
        ("FirstName", "A\x00B", "payer_name", "A B MBUYU"),
        ("TransTime", 20261122103000, "paid_at", HALF_PAST_TEN),
        ("TransTime", "yesterday", "paid_at", None),
    ],
)
def test_types_and_missing_items_are_borne(name: str, value: Any, field: str, read: object) -> None:
    body = json.loads(notice("UKM12AB3CD")) | {name: value}

    assert getattr(read_notice(json.dumps(body).encode()), field) == read


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"TransID": "X"}', b'{"TransAmount": 1}', b"\xff"])
def test_what_is_no_confirmation_is_not_read(body: bytes) -> None:
    with pytest.raises(UnreadableNotice):
        read_notice(body)


def result(parameters: object, code: object = 0) -> bytes:
    said: dict[str, object] = {"ResultType": 0, "ResultCode": code, "ResultDesc": "as asked"}
    return json.dumps({"Result": said | {"ResultParameters": {"ResultParameter": parameters}}}).encode()


def test_the_status_of_a_receipt_is_read_by_name() -> None:
    said = read_result(
        result(
            [
                {"Key": "DebitPartyName", "Value": "254712345678 - NYOTA MBUYU"},
                {"Key": "DebitPartyName", "Value": "another"},
                {"Key": "CreditPartyName", "Value": "600310 - DUKA MOJA"},
                {"Key": "TransactionReason"},
                {"Key": "Transaction Status", "Value": "Completed"},
                {"Key": "FinalisedTime", "Value": 20261122103000},
                {"Key": "Amount", "Value": 300.0},
                {"Key": "ReceiptNo", "Value": "UKM12AB3CD"},
                {"Value": "without a key"},
                "nonsense",
            ]
        )
    )

    assert said.succeeded
    assert (said.receipt, said.amount, said.status, said.credit_party) == (
        "UKM12AB3CD",
        Decimal(300),
        "Completed",
        "600310",
    )
    assert (said.phone, said.payer_name, said.paid_at) == ("254712345678", "NYOTA MBUYU", HALF_PAST_TEN)


def test_one_item_need_not_be_a_list_and_a_failure_has_none() -> None:
    assert read_result(result({"Key": "InitiatedTime", "Value": "20261122103000"})).paid_at == HALF_PAST_TEN
    failed = read_result(json.dumps({"Result": {"ResultCode": "SFC_IC0003", "ResultDesc": "no"}}).encode())
    assert (failed.code, failed.succeeded, failed.receipt, failed.credit_party) == ("SFC_IC0003", False, None, "")


@pytest.mark.parametrize("body", [b"{}", b'{"Result": 1}', b'{"Result": {}}', b'{"Result": {"ResultCode": null}}'])
def test_what_is_no_result_is_not_read(body: bytes) -> None:
    with pytest.raises(UnreadableNotice):
        read_result(body)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1024", 1024),
        (" 10 24 ", 1024),
        ("#1024", 1024),
        ("1O24", 1024),
        ("l024", 1024),
        ("Receipt 1024", 1024),
        ("sale no. 12", 12),
        ("INV-77", 77),
        ("R5", 5),
        ("0", None),
        ("OIL", None),
        ("JOHN", None),
        ("254712345678", None),
        ("", None),
        ("٣٤", None),
    ],
)
def test_a_receipt_number_is_found_in_what_people_type(typed: str, number: int | None) -> None:
    assert receipt_number(typed) == number


@given(st.integers(1, 10**9 - 1), st.sampled_from(["{}", "#{}", "receipt no {}", " {} ", "Sale-{}"]))
def test_every_receipt_number_is_found(number: int, around: str) -> None:
    assert receipt_number(around.format(number)) == number


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=12, max_size=12), st.data())
def test_a_code_is_found_however_it_is_typed(code: str, data: st.DataObject) -> None:
    typed = "".join(
        data.draw(st.sampled_from({"0": ["0", "O", "o"], "1": ["1", "I", "l"]}.get(sign, [sign, sign.lower()])))
        + data.draw(st.sampled_from(["", " ", "-"]))
        for sign in code
    )

    assert payment_code(typed) == code


@pytest.mark.parametrize("typed", ["", "1024", "0123456789ABC", "UUUUUUUUUUUU"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert payment_code(typed) is None
