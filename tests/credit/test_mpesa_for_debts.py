"""M-Pesa for what customers owe: prompts that are paid, late, twice or forged; money that is claimed or moved."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from payme import claims, credit, drawers, money, sales, settlement
from payme.callbacks import CallbackState
from payme.claims import DebtMove
from payme.credit import CreditAccountUnknown, DebtUnknown, Repaid
from payme.drawers import DrawerMode, DrawerNeeded, MovementKind, Tender
from payme.money import MoneyClaimed, MoneyIn, MoneyShort
from payme.payments import MoneyOfPlatform, NotWholeShillings, Payment, PaymentFor, PaymentInProgress, PaymentState
from payme.repayments import ask_mpesa
from payme.sales import Cancellation
from tests.credit.conftest import Book
from tests.support.by_hand import message, new_receipt, notice, registers
from tests.support.daraja import PHONE, TERMS, Counter, applies, callback_state, not_paid, paid, receipt_of
from tests.support.drawers import counts, expected, keeps_drawers, opens_drawer, totals_of
from tests.support.people import adds_customer
from tests.support.together import count, together

Asks = Callable[..., Awaitable[Payment]]


@pytest.fixture
def counter(book: Book) -> Counter:
    return Counter(book.shop)


@pytest.fixture
def asks(book: Book, counter: Counter) -> Asks:
    async def ask(amount: str | None = None, named: UUID | None = None) -> Payment:
        wanted = None if amount is None else Decimal(amount)
        asked = await book.shop.transact(ask_mpesa, book.customer.id, wanted, PHONE, named, TERMS, role="cashier")
        await counter.submits(asked)
        return await counter.payment(asked.id)

    return ask


async def came(book: Book, amount: str, account: str = "") -> MoneyIn:
    """Money that was paid by hand."""
    receipt = new_receipt(book.shop)
    await (await registers(book.shop)).confirms(notice(receipt, amount, account))
    found = await book.shop.transact(money.find_by_receipt, receipt)
    assert found is not None
    return found


async def test_a_prompt_that_is_paid_pays_debts_once_however_often_it_is_told(
    book: Book, counter: Counter, asks: Asks
) -> None:
    sold = await book.sells("3")
    asked = await asks()
    assert (asked.amount, asked.purpose, asked.sale_id) == (300, PaymentFor.CREDIT, None)
    body = paid(asked)
    stored = [await counter.stores(body, counter.daraja.secret_of(asked)) for _ in range(10)]

    await together(10, lambda n: applies(book.shop.database, stored[n]))

    states = [await callback_state(book.shop, one) for one in stored]
    assert (states.count(CallbackState.APPLIED), states.count(CallbackState.DUPLICATE)) == (1, 9)
    assert await book.stands_at() == (0, 0)
    assert (await book.debt(sold.sale.id)).repaid == 300
    assert await book.shop.disagreements() == []


async def test_a_late_payment_still_counts_and_what_is_too_much_is_customer_credit(
    book: Book, counter: Counter, asks: Asks
) -> None:
    await book.sells("3")
    asked = await asks()
    await counter.deadline_passes(asked)
    await book.pays("250.00")

    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED

    assert await book.stands_at() == (0, 250)
    assert (await counter.payment(asked.id)).state is PaymentState.SUCCEEDED
    assert await book.shop.disagreements() == []


async def test_a_forged_callback_changes_nothing(book: Book, counter: Counter, asks: Asks) -> None:
    await book.sells("3")
    asked = await asks()
    for body in (paid(asked, amount="1"), paid(asked, phone="254711111111"), paid(asked, checkout="ws_CO_X")):
        assert await counter.receives(body, asked) is CallbackState.QUARANTINED
    assert await counter.receives(paid(asked), asked, shortcode="999999") is CallbackState.QUARANTINED

    assert await book.stands_at() == (300, 0)
    assert await counter.receives(not_paid(asked), asked) is CallbackState.APPLIED
    assert await book.stands_at() == (300, 0)


async def test_an_amount_that_a_person_believes_counts_as_it_is(book: Book, counter: Counter, asks: Asks) -> None:
    await book.sells("3")
    asked = await asks()
    forged = await counter.stores(paid(asked, amount="120"), counter.daraja.secret_of(asked))
    await applies(book.shop.database, forged)

    await book.shop.transact(settlement.apply_quarantined, forged)
    assert await book.stands_at() == (180, 0)
    # A second receipt of the same prompt, if a person believes that too.
    again = await counter.stores(
        paid(asked, receipt=new_receipt(book.shop), amount="30"), counter.daraja.secret_of(asked)
    )
    await applies(book.shop.database, again)
    await book.shop.transact(settlement.apply_quarantined, again)

    assert await book.stands_at() == (150, 0)
    assert await book.shop.disagreements() == []


async def test_the_named_sale_is_paid_first_if_it_is_still_owed(book: Book, counter: Counter, asks: Asks) -> None:
    first, second = await book.sells("2"), await book.sells("1")
    named = await asks(None, second.sale.id)
    assert named.amount == 100
    await counter.receives(paid(named), named)
    assert (await book.debt(second.sale.id)).outstanding == 0

    with pytest.raises(DebtUnknown):
        await asks(None, second.sale.id)
    third = await book.sells("1")
    named = await asks("100", third.sale.id)
    await book.pays("100.00", third.sale.id)
    await counter.receives(paid(named), named)

    assert (await book.debt(first.sale.id)).outstanding == 100
    assert await book.shop.disagreements() == []


async def test_one_request_an_account_at_a_time(book: Book, asks: Asks) -> None:
    await book.sells("3")

    results = await together(4, lambda _: asks())

    assert (count(results, Payment), count(results, PaymentInProgress)) == (1, 3)


async def test_a_request_is_for_whole_shillings_of_something(book: Book, asks: Asks) -> None:
    with pytest.raises(NotWholeShillings):
        await asks()
    await book.sells("1")
    await book.pays("0.50")

    assert (await asks()).amount == 99


async def test_money_for_an_account_that_was_merged_meanwhile_is_the_one_that_stayed(
    book: Book, counter: Counter, asks: Asks
) -> None:
    await book.sells("3")
    asked = await asks()
    stays = await adds_customer(book.shop, "Shiku")
    await book.shop.transact(credit.merge_customers, stays.id, book.customer.id)

    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED

    account = await book.shop.transact(credit.get_account, stays.id)
    assert (account.customer_id, account.balance_due) == (stays.id, 0)
    assert await book.shop.disagreements() == []


async def test_money_by_hand_under_the_code_of_a_prompt_pays_the_debts_it_was_for(book: Book, asks: Asks) -> None:
    await book.sells("3")
    asked = await asks()

    await came(book, "50.00", asked.account_reference or "")

    assert await book.stands_at() == (250, 0)
    assert await book.shop.disagreements() == []


async def test_a_claim_of_a_receipt_that_paid_debts_is_denied(book: Book, asks: Asks) -> None:
    await book.sells("3")
    asked = await asks()
    opened = await book.opens("1")
    receipt = new_receipt(book.shop)
    claim = await book.shop.transact(claims.paste_message, opened, message(receipt, "50.00"))

    await (await registers(book.shop)).confirms(notice(receipt, "50.00", asked.account_reference or ""))

    denied = await book.shop.transact(money.get_claim, claim.id)
    assert denied is not None
    assert denied.state == "denied"
    assert await book.stands_at() == (250, 0)


async def test_till_money_that_waits_is_claimed_for_debts_once(book: Book) -> None:
    await book.sells("3")
    found = await came(book, "350.00")

    results = await together(
        8, lambda _: book.shop.transact(claims.claim_for_debts, found.id, book.customer.id, None, role="cashier")
    )

    assert (count(results, Repaid), count(results, MoneyClaimed)) == (1, 7)
    assert await book.stands_at() == (0, 50)
    assert await book.shop.disagreements() == []


async def test_a_claim_for_debts_names_a_customer_and_a_debt_that_are_there(
    book: Book, counter: Counter, asks: Asks
) -> None:
    found = await came(book, "50.00")
    stranger = await adds_customer(book.shop, "Shiku")
    with pytest.raises(CreditAccountUnknown):
        await book.shop.transact(claims.claim_for_debts, found.id, stranger.id, None)
    with pytest.raises(DebtUnknown):
        await book.shop.transact(claims.claim_for_debts, found.id, book.customer.id, uuid4())
    tokens = await counter.buys_tokens()
    bought = await counter.payment(tokens.payment_id)
    await counter.receives(paid(bought), bought)
    of_platform = await book.shop.transact(money.find_by_receipt, receipt_of(bought))
    assert of_platform is not None
    with pytest.raises(MoneyOfPlatform):
        await book.shop.transact(claims.claim_for_debts, of_platform.id, book.customer.id, None)


async def test_money_of_a_cancelled_sale_is_moved_to_debts_with_a_reason(book: Book, counter: Counter) -> None:
    sold = await book.sells("3")
    opened = await book.opens("2")
    asked = await counter.asks(opened)
    await counter.deadline_passes(asked)
    await book.shop.transact(sales.cancel_sale, opened, Cancellation("nobody answered"))
    await counter.receives(paid(asked), asked)
    late = await book.shop.transact(money.find_by_receipt, receipt_of(asked))
    assert late is not None
    move = DebtMove(book.customer.id, sold.sale.id, Decimal(150), "she paid her debt")

    await book.shop.transact(claims.move_to_debts, late.id, move, role="manager")

    assert await book.stands_at() == (150, 0)
    with pytest.raises(MoneyShort):
        await book.shop.transact(claims.move_to_debts, late.id, replace(move, amount=Decimal(51)), role="manager")
    assert await book.shop.disagreements() == []


async def test_mpesa_for_debts_counts_on_the_drawer_where_it_was_asked_for(
    book: Book, counter: Counter, asks: Asks
) -> None:
    elsewhere = (await opens_drawer(book.shop, till="Till 2", role="manager")).drawer
    drawer = (await opens_drawer(book.shop)).drawer
    await book.sells("3")
    asked = await asks("100")

    assert asked.drawer_id == drawer.id
    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED
    assert (await totals_of(book.shop, drawer.id))[Tender.MPESA].repaid == 100
    assert await expected(book.shop, elsewhere.id, Tender.MPESA) == 0
    closed = await counts(book.shop, drawer.id, "0.00", "100.00")

    assert closed.drawer.state == "closed"  # the statement of the till says the same: nothing to approve
    assert await book.shop.disagreements() == []


async def test_mpesa_for_debts_that_comes_when_its_drawer_is_closed_is_listed_for_the_day(
    book: Book, counter: Counter, asks: Asks
) -> None:
    drawer = (await opens_drawer(book.shop)).drawer
    sold = await book.sells("3")
    asked = await asks()
    await counts(book.shop, drawer.id, "0.00")
    await opens_drawer(book.shop)

    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED

    assert await expected(book.shop, drawer.id, Tender.MPESA) == 0
    [late] = await book.shop.transact(drawers.list_after_closing, drawer.business_day, None, 10)
    assert (late.drawer_id, late.kind, late.amount) == (drawer.id, MovementKind.REPAYMENT, Decimal(300))
    assert (await book.debt(sold.sale.id)).outstanding == 0
    assert await book.shop.disagreements() == []


async def test_money_that_is_claimed_for_debts_counts_on_the_drawer_of_who_claims_it(book: Book) -> None:
    drawer = (await opens_drawer(book.shop)).drawer
    await book.sells("3")
    first, second = await came(book, "120.00"), await came(book, "30.00")

    await book.shop.transact(claims.claim_for_debts, first.id, book.customer.id, None, role="cashier")
    move = DebtMove(book.customer.id, None, Decimal(30), "she says it is for her debt")
    await book.shop.transact(claims.move_to_debts, second.id, move, role="manager")  # has no drawer

    assert await expected(book.shop, drawer.id, Tender.MPESA) == 120
    assert await book.stands_at() == (150, 0)
    assert await book.shop.disagreements() == []


async def test_where_drawers_are_required_a_prompt_for_debts_needs_one(book: Book, asks: Asks) -> None:
    await book.sells("3")
    await keeps_drawers(book.shop, DrawerMode.REQUIRED)

    with pytest.raises(DrawerNeeded):
        await asks()
    await opens_drawer(book.shop)
    assert (await asks()).drawer_id is not None
