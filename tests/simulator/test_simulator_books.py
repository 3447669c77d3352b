"""What a merchant reads afterwards: pulled transactions, the statement, the messages; and what is forgotten."""

import csv
import io
import re
from datetime import timedelta

import pytest

from payme.simulator import Merchant, SimulatorConfig, rules
from payme.simulator.payloads import name_of
from payme.simulator.statement import HEADER
from tests.simulator.shop import OpenShop, OpenTimedShop, Shop

PHONE = "254722000123"
TILL = Merchant(shortcode="600111", till="5550001", name="Duka la Kona")


async def registers_pull(shop: Shop) -> str:
    body = {"ShortCode": shop.shortcode, "RequestType": "Pull", "NominatedNumber": PHONE, "CallBackURL": "https://x.y"}
    return str((await shop.call("/pulltransactions/v1/register", body)).json()["Response Status"])


async def pulls(shop: Shop, begin: str, end: str, offset: int = 0) -> dict[str, object]:
    body = {"ShortCode": shop.shortcode, "StartDate": begin, "EndDate": end, "OffSetValue": str(offset)}
    answer = await shop.call("/pulltransactions/v1/query", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_payments_of_two_days_are_pulled_in_pages(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    statuses = [await registers_pull(shop) for _ in range(2)]
    await shop.dials("174379", 7, "old")
    await shop.time.pass_by(timedelta(hours=49).total_seconds())
    shop.bearer = None
    for amount in range(1, 104):
        await shop.dials("174379", amount, "R7K2M")
    first = await pulls(shop, "2026-05-01 00:00:00", "2026-05-31 00:00:00")
    rest = await pulls(shop, "2026-05-01 00:00:00", "2026-05-31 00:00:00", 100)
    none = await pulls(shop, "2026-05-01 00:00:00", "2026-05-31 00:00:00", 200)

    assert statuses == ["1000", "1001"]
    [[*rows], [*last]] = first["Response"][0], rest["Response"][0]  # type: ignore[index]
    assert [row["amount"] for row in rows] == [f"{amount}.0" for amount in range(1, 101)]
    assert [row["amount"] for row in last] == ["101.0", "102.0", "103.0"]
    assert (none["ResponseCode"], none["Response"]) == ("1001", [[]])
    assert rows[0] == {
        "transactionId": rows[0]["transactionId"],
        "trxDate": "2026-05-06T22:00:00Z",
        "msisdn": 254722000123,
        "sender": "MPESA",
        "transactiontype": "c2b-pay-bill-debit",
        "billreference": "R7K2M",
        "amount": "1.0",
        "organizationname": "PayMe Simulator",
    }


async def test_only_who_is_registered_may_pull(shop: Shop) -> None:
    body = {"ShortCode": "174379", "StartDate": "x", "EndDate": "2026-05-31 00:00:00", "OffSetValue": "0"}
    unregistered = await shop.call("/pulltransactions/v1/query", body)
    await registers_pull(shop)
    wrong_date = await shop.call("/pulltransactions/v1/query", body)
    stranger = await shop.call("/pulltransactions/v1/register", body | {"ShortCode": "999999"})

    assert unregistered.json()["errorMessage"] == "Bad Request - Invalid ShortCode"
    assert wrong_date.json()["errorMessage"] == "Bad Request - Invalid StartDate"
    assert stranger.status_code == 400


async def statement_of(shop: Shop, **asked: str) -> list[dict[str, str]]:
    answer = await shop.daraja.get(f"/simulator/statements/{shop.shortcode}.csv", params=asked)
    assert answer.status_code == 200, answer.text
    lines = answer.text.splitlines()
    assert lines[4].split(",") == list(HEADER)
    return list(csv.DictReader(io.StringIO("\n".join(lines[4:]))))


async def test_the_statement_tells_every_movement_with_its_charge(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1, merchants=(TILL,)))
    shop.shortcode = "600111"
    large = (await shop.dials("5550001", 2_000)).json()["receipt"]
    await shop.time.pass_by(60)
    free = (await shop.dials("5550001", 100)).json()["receipt"]
    await shop.asks_reversal(free, 100)
    await shop.time.pass_by(60)
    rows = await statement_of(shop)
    back, second, *first = rows

    assert (second["Receipt No."], second["Paid In"], second["Balance"]) == (free, "100.00", "2,089.00")
    assert (back["Linked Transaction ID"], back["Withdrawn"], back["Balance"]) == (free, "-100.00", "1,989.00")
    assert {row["Receipt No."] for row in first} == {large}
    assert {(row["Reason Type"], row["Paid In"], row["Withdrawn"], row["Balance"]) for row in first} == {
        ("Customer Merchant Payment", "2,000.00", "", "2,000.00"),
        ("Pay merchant Charge", "", "-11.00", "1,989.00"),
    }
    assert second["Completion Time"] == "04-05-2026 21:01:00"
    assert second["Other Party Info"] == f"2547****123 - {name_of(PHONE).full}"
    assert [row["Receipt No."] for row in await statement_of(shop, begin="2026-05-04T18:00:30Z")] == [
        back["Receipt No."], free,
    ]  # fmt: skip
    assert len(await statement_of(shop, end="2026-05-04T18:00:30Z")) == 2
    assert (await shop.daraja.get("/simulator/statements/999999.csv")).status_code == 404


async def test_a_paybill_statement_names_the_account_and_tells_prompts_apart(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.push_in_time(PHONE)
    await shop.time.pass_by(60)
    await shop.dials("174379", 99, "HSE 12")
    rows = await statement_of(shop)

    paid = [row for row in rows if row["Paid In"]]
    assert [(row["Reason Type"], row["A/C No."]) for row in paid] == [
        ("Pay Bill", "HSE 12"),
        ("Pay Bill Online", "R7K2M"),
    ]
    assert paid[0]["Details"].endswith(" Acc. HSE 12")
    assert [row["Withdrawn"] for row in rows if row["Reason Type"] == "Pay Bill Charge"] == ["-5.00"]


async def test_the_portal_writes_days_in_either_form(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    await shop.dials("174379", 99)

    [day_first] = [row for row in await statement_of(shop) if row["Paid In"]]
    [year_first] = [row for row in await statement_of(shop, dates="year_first") if row["Paid In"]]

    assert day_first["Completion Time"] == "04-05-2026 21:00:00"
    assert year_first["Completion Time"] == year_first["Initiation Time"] == "2026-05-04 21:00:00"
    assert {**day_first, "Completion Time": "", "Initiation Time": ""} == {
        **year_first,
        "Completion Time": "",
        "Initiation Time": "",
    }


async def test_the_statement_of_a_day_and_the_ledger_agree(shop: Shop) -> None:
    for amount in (1, 150, 999, 25_000):
        await shop.dials("174379", amount)
    rows = await statement_of(shop)

    taken = sum(float(row["Paid In"].replace(",", "")) for row in rows if row["Paid In"])
    kept = sum(float(row["Withdrawn"].replace(",", "")) for row in rows if row["Withdrawn"])
    [merchant] = (await shop.daraja.get("/simulator/merchants")).json()
    assert taken == (await shop.daraja.get("/simulator/payments")).json()["totals"]["amount"]
    assert f"{taken + kept:.2f}" == merchant["balance"]


@pytest.mark.parametrize(
    ("till", "amount", "fee"),
    [
        (True, 200, "0.00"), (True, 2_000, "11.00"), (True, 2_500, "13.75"), (True, 201, "1.11"),
        (True, 250_000, "200.00"), (False, 100, "0.00"), (False, 101, "5.00"), (False, 250_000, "250.00"),
    ],
)  # fmt: skip
def test_m_pesa_keeps_what_its_tariff_says(amount: int, fee: str, *, till: bool) -> None:
    assert f"{rules.fee(TILL if till else Merchant(), amount):.2f}" == fee


async def messages(shop: Shop) -> list[dict[str, str]]:
    return list((await shop.daraja.get("/simulator/messages", params={"phone": PHONE})).json())


MONEY = r"[0-9,]+\.[0-9]{2}"


async def test_the_customer_of_a_paybill_gets_a_message_in_two_languages(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1))
    receipt = (await shop.dials("174379", 1_300, "HSE 12")).json()["receipt"]
    [sms] = await messages(shop)

    assert re.fullmatch(
        rf"{receipt} Confirmed\. Ksh1,300\.00 sent to PAYME SIMULATOR for account HSE 12 on 4/5/26 at 9:00 PM "
        rf"New M-PESA balance is Ksh{MONEY}\. Transaction cost, Ksh0\.00\."
        rf"Amount you can transact within the day is 498,700\.00\.",
        sms["english"],
    )
    assert re.fullmatch(
        rf"{receipt} Imethibitishwa Ksh1,300\.00 imetumwa kwa PAYME SIMULATOR kwa akaunti nambari HSE 12 "
        rf"tarehe 4/5/26 saa 9:00 PM\. Baki yako ya M-PESA ni Ksh{MONEY}\. Gharama ya kutuma ni Ksh0\.00\. "
        rf"Kiwango cha Pesa unachoweza kutuma kwa siku ni 498,700\.00\.",
        sms["swahili"],
    )


async def test_the_customer_of_a_till_gets_a_message_in_two_languages(open_timed_shop: OpenTimedShop) -> None:
    shop = await open_timed_shop(SimulatorConfig(seed=1, merchants=(TILL,)))
    shop.time.at = shop.time.at.replace(hour=21, minute=5)
    receipt = (await shop.dials("5550001", 50)).json()["receipt"]
    [sms] = await messages(shop)

    assert re.fullmatch(
        rf"{receipt} Confirmed\. Ksh50\.00 paid to DUKA LA KONA\. on 5/5/26 at 12:05 AM\.New M-PESA balance is "
        rf"Ksh{MONEY}\. Transaction cost, Ksh0\.00\. Amount you can transact within the day is 499,950\.00\.",
        sms["english"],
    )
    assert re.fullmatch(
        rf"{receipt} Imethibitishwa\. Umelipa Ksh50\.00 kwa DUKA LA KONA 5/5/26 12:05 AM\.Baki yako mpya katika "
        rf"M-PESA ni Ksh{MONEY}\. Gharama ya kununua ni Ksh0\.00\. Kiwango cha Pesa unachoweza kutuma kwa siku ni "
        rf"499,950\.00\.",
        sms["swahili"],
    )


async def test_the_oldest_payments_are_forgotten_and_the_totals_are_not(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payme.simulator.ledger.MESSAGES_KEPT_MAX", 3)
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, payments_max=2))
    await shop.registers()
    receipts = [(await shop.dials("174379", amount)).json()["receipt"] for amount in (1, 2, 3, 4)]
    await shop.mailbox.wait_for_other("confirm", 4)
    truth = (await shop.daraja.get("/simulator/payments")).json()
    page = (await shop.daraja.get("/simulator/payments", params={"limit": 1})).json()

    assert [one["receipt"] for one in truth["payments"]] == receipts[2:]
    assert truth["totals"] == {"payments": 4, "amount": 10, "reversed": 0, "reversed_amount": 0, "forgotten": 2}
    assert page["next_after"] == 3
    assert len(await messages(shop)) == 3


async def test_of_all_deliveries_the_newest_are_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payme.simulator.ledger.ATTEMPTS_KEPT_MAX", 5)
    first = await shop.push(PHONE)
    await shop.delivered(first)
    second = await shop.push(PHONE)
    await shop.delivered(second)
    await shop.direct("POST", f"/prompts/{second}/callbacks", {"copies": 4})
    await shop.delivered(second, 5)

    assert (await shop.truth_of(first))["deliveries"] == []


async def test_too_much_under_way_makes_every_product_busy(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, live_max=1))
    receipt = (await shop.dials("174379", 300)).json()["receipt"]
    await shop.push("254722009000")
    simulated = {"ShortCode": 174379, "CommandID": "CustomerPayBillOnline", "Amount": 1, "Msisdn": 254708374149}

    for answer in (
        await shop.dials("174379", 300),
        await shop.asks_status(TransactionID=receipt),
        await shop.asks_reversal(receipt, 300),
        await shop.call("/mpesa/c2b/v2/simulate", simulated),
        await shop.daraja.post("/simulator/forgeries", json={"url": shop.letter_url("forged")}),
    ):
        assert (answer.status_code, answer.json()["errorCode"]) == (500, "500.003.02")
