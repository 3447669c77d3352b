"""What was not believed waits for a person, who may take it at its word where it names money."""

import json
from uuid import UUID

import pytest

from payme import callbacks, settlement
from payme.callbacks import Arrival, CallbackState
from payme.kit.db.transaction import Database
from payme.payments import Payment, PaymentState
from payme.sales import SaleState
from payme.settlement import CallbackNotApplicable
from tests.settlement.conftest import Street
from tests.support.by_hand import new_receipt, notice
from tests.support.daraja import applies, callback_state, not_paid, paid, receipt_of, stores
from tests.support.shops import make_shop


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
