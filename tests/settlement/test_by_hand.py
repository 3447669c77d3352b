"""Customers pay the till by hand: every receipt is booked once, and is somebody's once, for ever."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from payme import callbacks, money, sales, settlement
from payme.callbacks import Arrival, CallbackState
from payme.claims import paste_message
from payme.kit.db.transaction import Database, Tx
from payme.money import Claim, ClaimState, MoneyClaimed, MoneyNotFound, ReceiptNotClaimable, ReceiptTaken, Unclaimed
from payme.money.queries import list_claims, list_unclaimed
from payme.payments import Payment, PaymentState
from payme.sales import Cancellation, Sale, SaleNotFound, SaleNotOpen, SaleState
from payme.settlement import CallbackNotApplicable, Claimed
from tests.support.by_hand import HASHED, MASKED, Safaricom, message, new_receipt, notice, registers
from tests.support.daraja import PHONE, Counter, applies, callback_state, not_paid, paid, receipt_of, stores
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together


@dataclass
class Street:
    """A shop with an open sale of KES 300, and Safaricom, which tells it of money paid by hand."""

    counter: Counter
    safaricom: Safaricom
    sale: Sale

    @property
    def shop(self) -> Shop:
        return self.counter.shop

    async def sale_now(self, sale: Sale | None = None) -> Sale:
        return await self.shop.transact(sales.get_sale, (sale or self.sale).id)

    async def another_sale(self) -> Sale:
        return (await opens_sale(self.shop, (await has_stock(self.shop, name="Tea"), "2"))).sale

    async def unclaimed(self) -> list[Unclaimed]:
        return await self.shop.transact(list_unclaimed, None, None, 50)

    async def claims(self) -> list[Claim]:
        return await self.shop.transact(list_claims, None, None, None, 50)

    async def issues(self) -> set[str]:
        async def read(tx: Tx) -> set[str]:
            rows = await tx.records("SELECT kind FROM reconciliation_issues WHERE business_id = $1", tx.business_id)
            return {row["kind"] for row in rows}

        return await self.shop.transact(read)

    async def books(self) -> dict[str, Decimal]:
        """What stands for which purpose."""

        async def read(tx: Tx) -> dict[str, Decimal]:
            rows = await tx.records(
                "SELECT purpose, sum(amount) AS amount FROM allocations WHERE business_id = $1 GROUP BY 1",
                tx.business_id,
            )
            return {row["purpose"]: row["amount"] for row in rows if row["amount"]}

        return await self.shop.transact(read)


@pytest.fixture
async def street(database: Database) -> Street:
    shop = await make_shop(database)
    sugar = await has_stock(shop, price="150.00", quantity="10")
    opened = await opens_sale(shop, (sugar, "2"))
    return Street(Counter(shop), await registers(shop), opened.sale)


@pytest.mark.parametrize("typed", ["{n}", " {n} ", "#{n}", "receipt {n}", "Sale no. {n}", "0{o}"])
async def test_the_receipt_number_as_account_pays_the_sale(street: Street, typed: str) -> None:
    number = str(street.sale.number)
    account = typed.format(n=number, o=number.replace("1", "I").replace("0", "O"))

    assert await street.safaricom.confirms(notice(new_receipt(street.shop), account=account)) is CallbackState.APPLIED

    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert await street.unclaimed() == []


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


async def test_n25_a_wrong_account_waits_to_be_claimed_once(street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop), account="MAMA MBOGA"))
    [found] = await street.unclaimed()
    assert (await street.sale_now()).state is SaleState.OPEN

    claimed = await street.shop.transact(settlement.claim_money, found.id, street.sale.id, role="cashier")

    assert claimed == Claimed(found.id, street.sale.id, Decimal(300), Decimal(300), SaleState.COMPLETED)
    assert await street.unclaimed() == []
    other = await street.another_sale()
    with pytest.raises(MoneyClaimed) as refused:
        await street.shop.transact(settlement.claim_money, found.id, other.id)
    assert refused.value.sale_ids == (street.sale.id,)


async def test_sixty_four_tills_claim_one_receipt_and_one_has_it(street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop)))
    [found] = await street.unclaimed()
    tea = await has_stock(street.shop, name="Tea", quantity="100")
    wanted = [(await opens_sale(street.shop, (tea, "2"))).sale for _ in range(8)]

    results = await together(
        64, lambda number: street.shop.transact(settlement.claim_money, found.id, wanted[number % 8].id)
    )

    assert count(results, Claimed) == 1
    assert count(results, MoneyClaimed) + count(results, SaleNotOpen) == 63
    assert await street.books() == {"sale": 300}


async def test_more_than_is_due_is_an_overpayment_and_less_leaves_a_balance(street: Street) -> None:
    for amount in ("100.00", "250.00"):
        await street.safaricom.confirms(notice(new_receipt(street.shop), amount))
    for found in sorted(await street.unclaimed(), key=lambda one: one.amount):
        await street.shop.transact(settlement.claim_money, found.id, street.sale.id)

    assert await street.books() == {"sale": 300, "overpayment": 50}
    assert "overpayment" in await street.issues()


async def test_money_is_claimed_for_an_open_sale_of_this_shop_only(database: Database, street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop)))
    [found] = await street.unclaimed()
    other = await make_shop(database)
    theirs = (await opens_sale(other, (await has_stock(other), "2"))).sale
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("left"))

    with pytest.raises(SaleNotOpen):
        await street.shop.transact(settlement.claim_money, found.id, street.sale.id)
    with pytest.raises(SaleNotFound):
        await street.shop.transact(settlement.claim_money, found.id, theirs.id)
    with pytest.raises(MoneyNotFound):
        await other.transact(settlement.claim_money, found.id, theirs.id)
    assert await street.books() == {"unallocated": 300}


async def test_money_of_a_cancelled_sale_can_be_claimed_for_the_next(street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop), "100.00"))
    [found] = await street.unclaimed()
    await street.shop.transact(settlement.claim_money, found.id, street.sale.id)
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("left"))
    [again] = await street.unclaimed()
    assert again.id == found.id
    other = await street.another_sale()

    await street.shop.transact(settlement.claim_money, found.id, other.id)

    assert await street.books() == {"sale": 100}
    assert (await street.sale_now(other)).paid == 100


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


async def test_money_claimed_for_another_sale_than_it_was_paid_for_stays_there_and_is_told(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    await street.safaricom.confirms(notice(receipt_of(payment)))
    [found] = await street.unclaimed()
    other = await street.another_sale()
    await street.shop.transact(settlement.claim_money, found.id, other.id)

    assert await street.counter.receives(paid(payment), payment) is CallbackState.APPLIED

    assert (await street.sale_now(other)).state is SaleState.COMPLETED
    assert (await street.sale_now()).state is SaleState.OPEN
    assert await street.books() == {"sale": 300}
    assert "claimed_elsewhere" in await street.issues()


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


# Pasted messages


async def test_a_pasted_message_is_no_money_until_safaricom_tells(street: Street) -> None:
    receipt = new_receipt(street.shop)

    claim = await street.shop.transact(paste_message, street.sale.id, message(receipt), role="cashier")

    assert (claim.state, claim.receipt, claim.amount) == (ClaimState.UNVERIFIED, receipt, 300)
    assert (await street.sale_now()).state is SaleState.OPEN
    assert await street.books() == {}

    assert await street.safaricom.confirms(notice(receipt)) is CallbackState.APPLIED

    assert (await street.sale_now()).state is SaleState.COMPLETED
    [confirmed] = await street.claims()
    assert confirmed.state is ClaimState.CONFIRMED
    assert await street.books() == {"sale": 300}


async def test_a_pasted_message_claims_money_that_waits(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))

    claim = await street.shop.transact(paste_message, street.sale.id, message(receipt))

    assert claim.state is ClaimState.CONFIRMED
    assert (await street.sale_now()).state is SaleState.COMPLETED


async def test_a_message_that_says_more_than_was_paid_is_believed_for_what_was_paid(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.shop.transact(paste_message, street.sale.id, message(receipt, "300.00"))

    await street.safaricom.confirms(notice(receipt, "30.00"))

    assert (await street.sale_now()).paid == 30
    assert "claim_differs" in await street.issues()


async def test_a_receipt_is_pasted_once_and_the_shop_is_told_who_has_it(street: Street) -> None:
    receipt = new_receipt(street.shop)
    other = await street.another_sale()
    await street.shop.transact(paste_message, street.sale.id, message(receipt))

    for sale in (street.sale, other):
        with pytest.raises(ReceiptTaken) as refused:
            await street.shop.transact(paste_message, sale.id, message(receipt))
        assert refused.value.sale_id == street.sale.id

    await street.safaricom.confirms(notice(receipt))
    with pytest.raises(ReceiptTaken):
        await street.shop.transact(paste_message, other.id, message(receipt))


async def test_a_receipt_that_paid_a_prompt_is_not_pasted_for_another_sale(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    await street.counter.receives(paid(payment), payment)
    other = await street.another_sale()

    with pytest.raises(ReceiptTaken) as refused:
        await street.shop.transact(paste_message, other.id, message(receipt_of(payment)))
    assert refused.value.sale_id == street.sale.id


async def test_another_shops_receipt_is_refused_and_nothing_is_told(database: Database, street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))
    other = await make_shop(database)
    theirs = (await opens_sale(other, (await has_stock(other), "2"))).sale

    with pytest.raises(ReceiptNotClaimable) as refused:
        await other.transact(paste_message, theirs.id, message(receipt))

    assert refused.value.facts() == {"receipt": receipt}


async def test_only_an_open_sale_is_pasted_for(street: Street) -> None:
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("left"))

    with pytest.raises(SaleNotOpen):
        await street.shop.transact(paste_message, street.sale.id, message(new_receipt(street.shop)))


async def test_a_claim_for_one_sale_of_a_prompt_for_another_is_denied(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    other = await street.another_sale()
    await street.shop.transact(paste_message, other.id, message(receipt_of(payment)))

    await street.counter.receives(paid(payment), payment)

    assert (await street.sale_now()).state is SaleState.COMPLETED
    [denied] = await street.claims()
    assert (denied.state, denied.reason) == (ClaimState.DENIED, "it was paid for another sale")
    assert "claim_denied" in await street.issues()
    with pytest.raises(ReceiptTaken):
        await street.shop.transact(paste_message, other.id, message(receipt_of(payment)))


@pytest.mark.parametrize("attempt", range(6))
async def test_a_message_and_its_confirmation_race_and_the_sale_is_paid_once(street: Street, attempt: int) -> None:
    receipt = new_receipt(street.shop)

    results = await together(
        4,
        lambda number: (
            street.safaricom.confirms(notice(receipt))
            if (number + attempt) % 2
            else street.shop.transact(paste_message, street.sale.id, message(receipt))
        ),
    )

    assert count(results, Claim) == 1
    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert await street.books() == {"sale": 300}
    [claim] = await street.claims()
    assert claim.state is ClaimState.CONFIRMED


async def test_sixty_four_pastes_of_one_message_are_one_claim(street: Street) -> None:
    receipt = new_receipt(street.shop)

    results = await together(64, lambda _: street.shop.transact(paste_message, street.sale.id, message(receipt)))

    assert count(results, Claim) == 1
    assert count(results, ReceiptTaken) == 63


# What an owner decides of quarantined callbacks


async def quarantined(street: Street, payment: Payment, body: bytes) -> UUID:
    callback_id = await street.counter.stores(body, street.counter.daraja.secret_of(payment))
    assert await applies(street.shop.database, callback_id) is CallbackState.QUARANTINED
    return callback_id


async def test_an_owner_may_take_another_amount_at_its_word(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    callback_id = await quarantined(street, payment, paid(payment, amount="120"))

    applied = await street.shop.transact(settlement.apply_quarantined, callback_id)

    assert (applied.state, applied.reason) == (CallbackState.APPLIED, "by hand")
    assert (await street.sale_now()).paid == 120
    with pytest.raises(callbacks.CallbackNotMovable):
        await street.shop.transact(settlement.apply_quarantined, callback_id)


async def test_an_owner_may_take_a_second_receipt_at_its_word(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    await street.counter.receives(paid(payment), payment)
    callback_id = await quarantined(street, payment, paid(payment, receipt=new_receipt(street.shop)))

    await street.shop.transact(settlement.apply_quarantined, callback_id)

    assert await street.books() == {"sale": 300, "overpayment": 300}


@pytest.mark.parametrize("said", ["nothing", "no receipt", "an unknown failure", "a receipt that is used"])
async def test_nobody_can_apply_what_names_no_money(street: Street, said: str) -> None:
    payment = await street.counter.asks(street.sale.id)
    other = await street.counter.asks((await street.another_sale()).id)
    await street.counter.receives(paid(other), other)
    body = {
        "nothing": b"{}",
        "no receipt": paid(payment, receipt=""),
        "an unknown failure": not_paid(payment, code="SFC_NEW"),
        "a receipt that is used": paid(payment, receipt=receipt_of(other)),
    }[said]
    callback_id = await quarantined(street, payment, body)

    with pytest.raises(CallbackNotApplicable):
        await street.shop.transact(settlement.apply_quarantined, callback_id)
    assert await callback_state(street.shop, callback_id) is CallbackState.QUARANTINED


@pytest.mark.parametrize(
    ("body", "works"),
    [
        (notice("UKMZZ00001", shortcode="600000"), True),
        (b"{}", False),
        (notice("", account="1"), False),
    ],
)
async def test_an_owner_may_take_a_confirmation_at_its_word(street: Street, body: bytes, works: bool) -> None:
    said = json.loads(body)
    if works:
        body = json.dumps(said | {"TransID": new_receipt(street.shop)}).encode()
    callback_id = await street.safaricom.stores(body)
    assert await applies(street.shop.database, callback_id) is CallbackState.QUARANTINED

    if works:
        await street.shop.transact(settlement.apply_quarantined, callback_id)
        assert await street.books() == {"unallocated": 300}
    else:
        with pytest.raises(CallbackNotApplicable):
            await street.shop.transact(settlement.apply_quarantined, callback_id)


async def test_another_shop_applies_nothing_here(database: Database, street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    callback_id = await quarantined(street, payment, paid(payment, amount="120"))
    other = await make_shop(database)

    with pytest.raises(callbacks.CallbackNotFound):
        await other.transact(settlement.apply_quarantined, callback_id)


async def test_money_in_is_told_with_who_told_of_it(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))
    [found] = await street.unclaimed()

    booked = await street.shop.transact(money.get_money_in, found.id)
    assert (booked.source, booked.receipt, booked.payer_name) == ("confirmation", receipt, "NYOTA MBUYU")


# What was done is not done again


async def test_what_is_closed_is_not_opened_by_a_second_worker(street: Street) -> None:
    receipt = new_receipt(street.shop)
    confirmed = await street.safaricom.stores(notice(receipt))
    asked = await stores(street.shop.database, Arrival(street.safaricom.validation, notice(receipt), "", ""))

    for _ in range(2):
        assert await applies(street.shop.database, confirmed) is CallbackState.APPLIED
        assert await applies(street.shop.database, asked) is CallbackState.DUPLICATE
    with pytest.raises(callbacks.CallbackNotMovable):
        await street.shop.transact(settlement.apply_quarantined, asked)


@pytest.mark.parametrize("kind", ["callback", "confirmation"])
async def test_what_comes_from_elsewhere_is_kept_until_a_person_decides(street: Street, kind: str) -> None:
    payment = await street.counter.asks(street.sale.id)
    secret, body = {
        "callback": (street.counter.daraja.secret_of(payment), paid(payment)),
        "confirmation": (
            street.safaricom.confirmation,
            notice(receipt_of(payment), account=payment.account_reference or "", shortcode=payment.shortcode or ""),
        ),
    }[kind]
    outside = Arrival(secret, body, payment.shortcode or "", "41.90.1.1", outside=True)
    callback_id = await stores(street.shop.database, outside)

    assert await applies(street.shop.database, callback_id) is CallbackState.QUARANTINED
    assert (await street.sale_now()).state is SaleState.OPEN

    await street.shop.transact(settlement.apply_quarantined, callback_id)
    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert (await street.counter.payment(payment.id)).state is PaymentState.SUCCEEDED


async def test_a_claim_that_is_settled_is_not_denied(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))
    claim = await street.shop.transact(paste_message, street.sale.id, message(receipt))

    assert await street.shop.transact(money.deny_claim, claim, "too late") is False
    assert (await street.claims())[0].state is ClaimState.CONFIRMED
