"""Whatever differs between M-PESA's statement and the books is found, named once, and settled when it is gone."""

from dataclasses import replace
from decimal import Decimal

import pytest

from payme import payment_configs, refunds, sales
from payme.callbacks import Arrival, CallbackState
from payme.kit.db.transaction import Database, Tx
from payme.refunds import Method, Payout, RefundDraft
from payme.sales import Cancellation
from payme.settlement import apply_quarantined
from payme.statements import DifferenceState, Fix, Reason
from payme.statements.jobs import compare_again
from tests.statements.conftest import Street
from tests.statements.portal import Portal
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.daraja import applies, paid, receipt_of, stores
from tests.support.shops import BOX, make_shop, paybill_draft

ACCOUNT = "HSE12"


async def test_a_day_on_which_all_agrees_has_no_difference(street: Street) -> None:
    await street.paid_by_hand(1)
    await street.paid_by_hand(2, "12", ACCOUNT)
    payment = await street.asks()
    street.portal.pays(receipt_of(payment), street.at(3), "300", account=payment.account_reference or "")
    await street.counter.receives(paid(payment), payment)

    brought = await street.brings()

    assert brought.compared is not None
    assert brought.compared.open == 0
    assert await street.told() == []
    assert await street.issues() == []
    assert await street.shop.disagreements() == []


async def test_a_callback_that_waits(street: Street) -> None:
    payment = await street.asks()
    street.portal.pays(receipt_of(payment), street.at(1), "300", account=payment.account_reference or "")
    waiting = await street.counter.stores(paid(payment), street.counter.daraja.secret_of(payment))
    await street.brings()

    found = await street.only()
    assert (found.reason, found.fix, found.callback_id) == (Reason.LATE_CALLBACK, Fix.APPLY_CALLBACK, waiting)
    assert await street.issues() == [("statement_late_callback", found.line_id)]

    await applies(street.shop.database, waiting)
    await street.brings()
    assert await street.told() == []
    assert await street.issues("resolved") == [("statement_late_callback", found.line_id)]


async def test_a_callback_that_was_doubted(street: Street) -> None:
    payment = await street.asks()
    street.portal.pays(receipt_of(payment), street.at(1), "250", account=payment.account_reference or "")
    assert await street.counter.receives(paid(payment, amount="250"), payment) is CallbackState.QUARANTINED
    await street.brings()

    found = await street.only()
    assert found.reason is Reason.LATE_CALLBACK
    assert found.callback_id is not None

    await street.shop.transact(apply_quarantined, found.callback_id)
    await street.brings()
    assert await street.told() == []


async def test_a_confirmation_that_waits(street: Street) -> None:
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "300", reason="Pay Bill")
    waiting = await street.safaricom.stores(notice(receipt))
    await street.brings()

    assert (await street.only()).callback_id == waiting
    await applies(street.shop.database, waiting)


@pytest.mark.parametrize("names_account", [True, False])
async def test_a_callback_that_never_came(street: Street, names_account: bool) -> None:
    payment = await street.asks()
    account = payment.account_reference or "" if names_account else ""
    street.portal.pays(new_receipt(street.shop), street.at(1), "300", account=account)
    await street.brings()

    found = await street.only()
    assert (found.reason, found.fix) == (Reason.MISSING_CALLBACK, Fix.BOOK_MONEY)
    assert (found.payment_id, found.amount) == (payment.id, Decimal(300))
    assert await street.issues() == [("statement_missing_callback", found.line_id)]


async def test_money_that_nobody_asked_for_is_unknown(street: Street) -> None:
    payment = await street.asks()
    street.portal.pays(new_receipt(street.shop), street.at(1), "300", reason="Pay Bill")  # by hand
    street.portal.pays(new_receipt(street.shop), street.at(1), "301")  # another amount
    street.portal.pays(new_receipt(street.shop), street.at(30), "300")  # long after the prompt
    street.portal.pays(new_receipt(street.shop), street.at(1), "300", party="2541****999 - JOHN DOE")
    await street.brings()

    assert {(one.reason, one.fix, one.payment_id) for one in await street.differences()} == {
        (Reason.UNKNOWN, Fix.BOOK_MONEY, None)
    }
    assert len(await street.differences()) == 4
    assert payment.money_in_id is None


@pytest.mark.parametrize(("came", "reason"), [("299", Reason.SHORT), ("301", Reason.OVER)])
async def test_another_amount_than_asked_for(street: Street, came: str, reason: Reason) -> None:
    payment = await street.asks()
    street.portal.pays(new_receipt(street.shop), street.at(1), came, account=payment.account_reference or "")
    await street.brings()

    assert await street.told() == [(reason, Fix.BOOK_MONEY, Decimal(came))]


@pytest.mark.parametrize(("came", "reason"), [("299", Reason.SHORT), ("301", Reason.OVER)])
async def test_another_amount_than_booked(street: Street, came: str, reason: Reason) -> None:
    receipt = new_receipt(street.shop)
    await street.books(receipt, "300", street.at(1))
    street.portal.pays(receipt, street.at(1), came)
    await street.brings()

    assert await street.told() == [(reason, Fix.WRITE_ENTRY, Decimal(came) - 300)]


async def test_one_receipt_twice_with_another_amount(street: Street) -> None:
    receipt = await street.paid_by_hand(1)
    street.portal.pays(receipt, street.at(2), "700")
    street.portal.pays(unbooked := new_receipt(street.shop), street.at(3), "50", reason="Pay Bill")
    street.portal.pays(unbooked, street.at(4), "60", reason="Pay Bill")
    await street.brings()

    assert await street.told() == [
        (Reason.DUPLICATE_RECEIPT, Fix.WRITE_ENTRY, Decimal(700)),
        (Reason.UNKNOWN, Fix.BOOK_MONEY, Decimal(50)),
        (Reason.DUPLICATE_RECEIPT, Fix.WRITE_ENTRY, Decimal(60)),
    ]


async def test_the_line_that_is_booked_is_the_one_to_go_by(street: Street) -> None:
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "700")
    street.portal.pays(receipt, street.at(2), "300")
    await street.books(receipt, "300", street.at(2))
    await street.brings()

    assert await street.told() == [(Reason.DUPLICATE_RECEIPT, Fix.WRITE_ENTRY, Decimal(700))]


async def test_a_receipt_that_another_shop_has(street: Street, database: Database) -> None:
    receipt = new_receipt(street.shop)
    await (await registers(await make_shop(database))).confirms(notice(receipt))
    street.portal.pays(receipt, street.at(1), "300")
    await street.brings()

    assert await street.told() == [(Reason.DUPLICATE_RECEIPT, Fix.WRITE_ENTRY, Decimal(300))]


async def test_money_at_the_wrong_till(street: Street) -> None:
    """The shop changes its paybill; a customer answers an old message, and an old booking turns out to be the new's."""
    payment = await street.asks()
    booked = new_receipt(street.shop)
    await street.books(booked, "40", street.at(1))
    config = await street.shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    other = Portal(config.shortcode)
    other.pays(new_receipt(street.shop), street.at(2), "300", account=payment.account_reference or "")
    other.pays(booked, street.at(3), "40", reason="Pay Bill")
    await street.brings(other)

    assert await street.told() == [
        (Reason.WRONG_TILL, Fix.BOOK_MONEY, Decimal(300)),
        (Reason.WRONG_TILL, Fix.WRITE_ENTRY, Decimal(40)),
    ]


async def test_money_that_mpesa_gave_back(street: Street) -> None:
    receipt, back = await street.paid_by_hand(1), new_receipt(street.shop)
    street.portal.reverses(back, street.at(2), "300", receipt)
    await street.brings()

    found = await street.only()
    assert (found.reason, found.fix, found.amount) == (Reason.REVERSED, Fix.RECORD_REFUND, Decimal(-300))
    assert found.money_in_id is not None

    draft = RefundDraft(found.money_in_id, Decimal(300), "reversed by M-PESA")
    asked = await street.shop.transact(refunds.request_refund, draft, role="manager")
    await street.shop.transact(refunds.approve_refund, asked.id, "")
    await street.shop.transact(refunds.record_payout, asked.id, Payout(Method.MPESA, back))
    await street.brings()

    assert await street.told() == []
    assert await street.issues("resolved") == [("statement_reversed", found.line_id)]


async def test_a_refund_in_cash_is_no_reversal(street: Street) -> None:
    receipt = await street.paid_by_hand(1)
    booked = await street.booked(receipt)
    assert booked is not None
    draft = RefundDraft(booked.id, Decimal(300), "a mistake")
    asked = await street.shop.transact(refunds.request_refund, draft, role="manager")
    await street.shop.transact(refunds.approve_refund, asked.id, "")
    await street.shop.transact(refunds.record_payout, asked.id, Payout(Method.CASH, None))
    street.portal.reverses(new_receipt(street.shop), street.at(2), "300", receipt)
    await street.brings()

    assert await street.told() == [(Reason.REVERSED, Fix.RECORD_REFUND, Decimal(-300))]


async def test_what_was_reversed_before_it_was_booked_is_no_difference(street: Street) -> None:
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "300")
    street.portal.reverses(new_receipt(street.shop), street.at(2), "300", receipt)
    await street.brings()

    assert await street.told() == []


async def test_fees_are_found_line_by_line_and_are_one_issue(street: Street) -> None:
    for minute in (1, 2, 3):
        receipt = await street.paid_by_hand(minute)
        street.portal.takes_fee(receipt, street.at(minute), "5.50")
    brought = await street.brings()

    assert await street.told() == [(Reason.FEE, Fix.BOOK_FEES, Decimal("-5.50"))] * 3
    assert await street.issues() == [("statement_fee", brought.imported.payment_config_id)]


async def test_money_that_only_our_books_have(street: Street) -> None:
    await street.paid_by_hand(1)
    forged = new_receipt(street.shop)
    await street.books(forged, "999", street.at(20))
    await street.paid_by_hand(40)
    await street.brings()

    found = await street.only()
    assert (found.reason, found.fix, found.receipt) == (Reason.OURS_ONLY, Fix.WRITE_ENTRY, forged)
    assert (found.amount, found.line_id) == (Decimal(-999), None)
    assert await street.issues() == [("statement_ours_only", found.money_in_id)]


async def test_money_outside_of_what_statements_cover_is_not_missed(street: Street) -> None:
    await street.paid_by_hand(10)
    for minute in (1, 11, 39, 60):  # before, at both edges, after
        await street.books(new_receipt(street.shop), "999", street.at(minute))
    await street.paid_by_hand(40)
    await street.brings()

    assert await street.told() == []


async def test_two_statements_that_touch_have_no_edge_between_them(street: Street) -> None:
    for minute in (10, 20, 30, 40):
        await street.paid_by_hand(minute)
    await street.books(new_receipt(street.shop), "999", street.at(21))
    rows = street.portal.rows
    await street.brings(replace(street.portal, rows=rows[:3]))
    await street.brings(replace(street.portal, rows=rows[1:]))

    assert [reason for reason, _, _ in await street.told()] == [Reason.OURS_ONLY]


async def test_what_was_paid_before_the_shop_collected_with_us_is_not_missed(street: Street) -> None:
    street.portal.pays(new_receipt(street.shop), street.at(-600), "300")
    street.portal.takes_fee(new_receipt(street.shop), street.at(-600), "5")
    await street.brings()

    assert await street.told() == []


async def test_a_difference_is_found_once_however_often_the_statement_is_brought(street: Street) -> None:
    street.portal.pays(new_receipt(street.shop), street.at(1), "300", reason="Pay Bill")
    first = await street.brings()
    second = await street.brings()

    assert first.compared is not None
    assert second.compared is not None
    assert ((first.compared.found, first.compared.open), (second.compared.found, second.compared.open)) == (
        (1, 1),
        (0, 1),
    )
    assert len(await street.differences(None)) == 1
    assert len(await street.issues()) == 1


async def test_a_difference_that_becomes_another_is_settled_and_found_anew(street: Street) -> None:
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "300", reason="Pay Bill")
    await street.brings()
    waiting = await street.safaricom.stores(notice(receipt))
    await street.brings()

    [late] = await street.differences()
    [unknown] = await street.differences(DifferenceState.SETTLED)
    assert (unknown.reason, late.reason) == (Reason.UNKNOWN, Reason.LATE_CALLBACK)
    assert [kind for kind, _ in await street.issues()] == ["statement_late_callback"]
    await applies(street.shop.database, waiting)


async def test_a_cancelled_sale_does_not_hide_that_money_came(street: Street) -> None:
    payment = await street.asks()
    await street.counter.deadline_passes(payment)
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("nobody answered"))
    street.portal.pays(new_receipt(street.shop), street.at(1), "300", account=payment.account_reference or "")
    await street.brings()

    assert (await street.only()).reason is Reason.MISSING_CALLBACK


async def test_garbage_that_waits_names_no_receipt(street: Street) -> None:
    payment = await street.asks()
    secrets = (street.counter.daraja.secret_of(payment), street.safaricom.confirmation)
    kept = [await stores(street.shop.database, Arrival(secret, b"{", "", "196.201.214.200")) for secret in secrets]
    street.portal.pays(new_receipt(street.shop), street.at(1), "9", reason="Pay Bill")
    await street.brings()

    assert [reason for reason, _, _ in await street.told()] == [Reason.UNKNOWN]
    for callback_id in kept:
        await applies(street.shop.database, callback_id)


async def test_nothing_is_said_of_another_shop(street: Street, database: Database) -> None:
    other = await make_shop(database)
    street.portal.pays(new_receipt(street.shop), street.at(1), "300", reason="Pay Bill")
    await street.brings()

    async def seen(tx: Tx) -> int:
        return int(await tx.value("SELECT count(*) FROM statement_differences WHERE business_id = $1", tx.business_id))

    assert await other.transact(seen) == 0


async def test_the_job_settles_what_agrees_by_now(street: Street) -> None:
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "300", reason="Pay Bill")
    street.portal.takes_fee(receipt, street.at(1), "5")
    await street.brings()
    assert await compare_again(street.shop.database, street.shop.business_id) == 0

    await street.books(receipt, "300", street.at(1))

    assert await compare_again(street.shop.database, street.shop.business_id) == 1
    assert [reason for reason, _, _ in await street.told()] == [Reason.FEE]
    assert [kind for kind, _ in await street.issues("resolved")] == ["statement_unknown"]
