"""Customers pay the till by hand: every receipt is booked once, and is somebody's once, for ever."""

from datetime import datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from payme import money, sales
from payme.callbacks import CallbackState
from payme.kit.db.transaction import Database
from payme.money.queries import list_unclaimed
from payme.payments import PaymentState
from payme.sales import Cancellation, SaleState
from payme.sales.schemas import ReceiptOut
from tests.settlement.conftest import Street
from tests.support.by_hand import HASHED, MASKED, new_receipt, notice, registers
from tests.support.daraja import PHONE, Counter, not_paid, paid, receipt_of
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop
from tests.support.together import together


@pytest.mark.parametrize("typed", ["{n}", " {n} ", "#{n}", "receipt {n}", "Sale no. {n}", "0{o}"])
async def test_the_receipt_number_as_account_pays_the_sale(street: Street, typed: str) -> None:
    number = str(street.sale.number)
    account = typed.format(n=number, o=number.replace("1", "I").replace("0", "O"))

    assert await street.safaricom.confirms(notice(new_receipt(street.shop), account=account)) is CallbackState.APPLIED

    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert await street.unclaimed() == []


async def test_the_customers_receipt_shows_what_was_paid_by_hand_and_in_cash(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    by_hand = new_receipt(street.shop)
    await street.safaricom.confirms(notice(by_hand, "120.00", account=payment.account_reference or ""))
    await street.shop.transact(sales.take_cash, street.sale.id, Decimal(200))

    shown = ReceiptOut.of(await street.shop.transact(sales.get_receipt, street.sale.id))

    assert shown.state is SaleState.COMPLETED
    assert [(tender.method, tender.amount, tender.tendered, tender.mpesa_receipt) for tender in shown.tenders] == [
        ("cash", 180, 200, None),
        ("mpesa", 120, None, by_hand),
    ]


async def test_a_receipt_number_with_another_amount_is_offered_and_not_taken(street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop), "200.00", account=str(street.sale.number)))

    assert (await street.sale_now()).state is SaleState.OPEN
    [found] = await street.unclaimed()
    assert (found.loose, found.payer_name, found.account_reference) == (
        200,
        "NYOTA MBUYU",
        str(street.sale.number),
    )


@pytest.mark.parametrize(
    ("amount", "state", "books"),
    [
        ("200.00", SaleState.OPEN, {"sale": 200}),  # N8
        ("350.00", SaleState.COMPLETED, {"sale": 300, "overpayment": 50}),  # N9
    ],
)
async def test_n8_n9_money_by_hand_under_the_sales_own_code_counts_as_it_is(
    street: Street, amount: str, state: SaleState, books: dict[str, int]
) -> None:
    payment = await street.counter.asks(street.sale.id)
    code = (payment.account_reference or "").replace("0", "o").replace("1", "l").lower()

    await street.safaricom.confirms(notice(new_receipt(street.shop), amount, account=f"{code[:4]} {code[4:]}"))

    assert (await street.sale_now()).state is state
    assert await street.books() == books
    assert (await street.counter.payment(payment.id)).state is PaymentState.SUBMITTED  # the prompt still stands


@pytest.mark.parametrize("phone", [PHONE, HASHED])
@pytest.mark.parametrize("minutes", [-0.5, 0, 14])
async def test_a_till_knows_the_phone_that_it_just_asked(street: Street, phone: str, minutes: float) -> None:
    await street.counter.asks(street.sale.id)
    at = stamp(minutes)

    await street.safaricom.confirms(notice(new_receipt(street.shop), phone=phone, at=at))

    assert (await street.sale_now()).state is SaleState.COMPLETED


def stamp(minutes: float) -> str:
    return (datetime.now().astimezone() + timedelta(hours=3, minutes=minutes)).strftime("%Y%m%d%H%M%S")


@pytest.mark.parametrize(("phone", "minutes"), [(MASKED, 0), (PHONE, 16), (PHONE, -3), ("254799999999", 0)])
async def test_a_till_guesses_nothing(street: Street, phone: str, minutes: float) -> None:
    await street.counter.asks(street.sale.id)

    await street.safaricom.confirms(notice(new_receipt(street.shop), phone=phone, at=stamp(minutes)))

    assert (await street.sale_now()).state is SaleState.OPEN
    assert len(await street.unclaimed()) == 1


async def test_one_phone_asked_for_two_sales_is_not_guessed_at(street: Street) -> None:
    other = await street.another_sale()
    for sale in (street.sale, other):
        await street.counter.asks(sale.id)

    await street.safaricom.confirms(notice(new_receipt(street.shop), phone=PHONE, at=stamp(0)))

    assert len(await street.unclaimed()) == 1


@pytest.mark.parametrize("by_hand_first", [False, True])
async def test_n24_a_confirmation_and_a_callback_of_one_payment_are_one_money(
    street: Street, by_hand_first: bool
) -> None:
    payment = await street.counter.asks(street.sale.id)
    told = notice(receipt_of(payment), account=payment.account_reference or "")
    secret = street.counter.daraja.secret_of(payment)

    ends = [
        await (street.safaricom.confirms(told) if by_hand else street.counter.receives_at(paid(payment), secret))
        for by_hand in (by_hand_first, not by_hand_first)
    ]

    assert ends == [CallbackState.APPLIED, CallbackState.DUPLICATE]
    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert (await street.counter.payment(payment.id)).state is PaymentState.SUCCEEDED
    assert await street.books() == {"sale": 300}


@pytest.mark.parametrize("attempt", range(4))
async def test_n24_in_a_race(street: Street, attempt: int) -> None:
    payment = await street.counter.asks(street.sale.id)
    account = (payment.account_reference or "") if attempt % 2 else ""
    told = notice(receipt_of(payment), account=account)
    secret = street.counter.daraja.secret_of(payment)

    await together(
        8,
        lambda number: (
            street.safaricom.confirms(told) if number % 2 else street.counter.receives_at(paid(payment), secret)
        ),
    )

    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert (await street.counter.payment(payment.id)).state is PaymentState.SUCCEEDED
    assert await street.books() == {"sale": 300}


async def test_a_second_payment_by_hand_under_the_code_of_a_paid_prompt_is_an_overpayment(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    by_hand = notice(new_receipt(street.shop), account=payment.account_reference or "")

    for first in ("callback", "hand"):
        if first == "callback":
            await street.counter.receives(paid(payment), payment)
        else:
            await street.safaricom.confirms(by_hand)

    assert await street.books() == {"sale": 300, "overpayment": 300}


async def test_a_prompt_that_was_taken_for_paid_by_hand_may_yet_bring_its_own_money(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    await street.safaricom.confirms(notice(new_receipt(street.shop), account=payment.account_reference or ""))
    assert (await street.counter.payment(payment.id)).state is PaymentState.SUCCEEDED

    assert await street.counter.receives(paid(payment), payment) is CallbackState.APPLIED

    assert await street.books() == {"sale": 300, "overpayment": 300}
    assert await street.counter.receives(not_paid(payment), payment) is CallbackState.DUPLICATE


async def test_late_money_by_hand_for_a_cancelled_sale_waits(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("left", even_if_paying=True))

    await street.safaricom.confirms(notice(receipt_of(payment), account=payment.account_reference or ""))

    assert await street.books() == {"unallocated": 300}
    assert "late_money" in await street.issues()


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"<html>",
        notice("UKM1234567", shortcode="600000"),
        notice("", account="1"),
        notice("UKM1234567", amount="-5"),
        notice("UKM1234567", amount="0.001"),
    ],
)
async def test_a_confirmation_that_makes_no_sense_changes_nothing(street: Street, body: bytes) -> None:
    assert await street.safaricom.confirms(body) is CallbackState.QUARANTINED
    assert await street.books() == {}


async def test_a_till_is_told_of_under_its_own_number_or_its_stores(database: Database, owner_dsn: str) -> None:
    shop = await make_shop(database)
    street = Street(Counter(shop), await registers(shop), (await opens_sale(shop, (await has_stock(shop), "2"))).sale)
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute(
        "UPDATE confirmation_registrations SET till_number = '5551112' WHERE business_id = $1", shop.business_id
    )
    await connection.close()

    for shortcode in ("5551112", street.safaricom.shortcode):
        told = notice(new_receipt(shop), shortcode=shortcode)
        assert await street.safaricom.confirms(told) is CallbackState.APPLIED

    assert {found.shortcode for found in await street.unclaimed()} == {street.safaricom.shortcode}


async def test_a_receipt_that_another_shop_has_is_not_booked_here(database: Database, street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))
    other = await make_shop(database)
    elsewhere = await registers(other)

    assert await elsewhere.confirms(notice(receipt)) is CallbackState.QUARANTINED
    assert await other.transact(list_unclaimed, None, None, 50) == []


async def test_a_confirmation_that_names_another_amount_than_is_booked_is_not_believed(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))

    assert await street.safaricom.confirms(notice(receipt, "900.00")) is CallbackState.QUARANTINED
    assert await street.safaricom.confirms(notice(receipt)) is CallbackState.DUPLICATE


async def test_money_of_two_prompts_cannot_be_one(street: Street) -> None:
    """N13, with the first of the two callbacks lost."""
    payment = await street.counter.asks(street.sale.id)
    other = await street.counter.asks((await street.another_sale()).id)
    await street.safaricom.confirms(notice(receipt_of(payment)))
    assert await street.counter.receives(paid(payment), payment) is CallbackState.APPLIED

    assert await street.counter.receives(paid(other, receipt=receipt_of(payment)), other) is CallbackState.QUARANTINED


@pytest.mark.parametrize(("amount", "phone"), [("900.00", MASKED), ("300.00", "254799999999")])
async def test_a_leaked_path_does_not_take_a_strangers_money(street: Street, amount: str, phone: str) -> None:
    payment = await street.counter.asks(street.sale.id)
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt, amount, phone=phone))

    assert await street.counter.receives(paid(payment, receipt=receipt), payment) is CallbackState.QUARANTINED
    assert (await street.sale_now()).state is SaleState.OPEN


async def test_money_in_is_told_with_who_told_of_it(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))
    [found] = await street.unclaimed()

    booked = await street.shop.transact(money.get_money_in, found.id)
    assert (booked.source, booked.receipt, booked.payer_name) == ("confirmation", receipt, "NYOTA MBUYU")
