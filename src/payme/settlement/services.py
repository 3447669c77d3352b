"""Commands of settlement: give evidence of money its one effect, in whatever order it comes."""

from datetime import datetime, timedelta
from uuid import UUID

from payme import (
    c2b,
    callbacks,
    inquiries,
    money,
    payment_configs,
    payments,
    receipts,
    repayments,
    sales,
    token_purchases,
)
from payme.callbacks import Callback, CallbackState, PathKind
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.messages import payment_code, receipt_number
from payme.money import Booking, Claim, ClaimState, Purpose, Share, Source
from payme.payments import Evidence, Payment, PaymentFor, PaymentState
from payme.sales import SaleState
from payme.settlement import rules
from payme.settlement.errors import CallbackNotApplicable
from payme.settlement.events import (
    CallbackApplied,
    CallbackDoubted,
    ClaimedElsewhere,
    EvidenceContradicted,
    LateMoney,
    ListedMoneyDoubted,
    Overpaid,
)
from payme.settlement.models import Doubtful, NotPaid, Paid, Told, Unanswered
from payme.settlement.types import ASKED_AFTER_S, ASKED_BEFORE_S, LISTS, Doubt
from payme.shortcodes import PulledMoney

Ended = tuple[CallbackState, str]
_APPLIED: Ended = (CallbackState.APPLIED, "")


# Callbacks


async def apply_callback(tx: Tx, callback_id: UUID, payment_id: UUID) -> CallbackState:
    """Give the result of a prompt its one effect, however often and in whatever order it came.

    Locks: CALLBACK, PAYMENT, RECEIPT, MONEY_IN, SALE, TOKEN_PURCHASE, CREDIT_ACCOUNT, WALLET. Raises: CallbackNotFound,
    PaymentNotFound. Emits: CallbackApplied, CallbackDoubted, LateMoney, Overpaid, TokensPaidShort, TokensOverpaid,
    EvidenceContradicted, and what rooms below emit.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    payment = await payments.lock_payment(tx, payment_id)
    verdict = rules.read_push(callback, payment)
    if isinstance(verdict, Paid):
        state, reason = await _apply_paid(tx, callback, payment, verdict)
    elif isinstance(verdict, NotPaid):
        state, reason = await _apply_not_paid(tx, callback, payment, verdict)
    else:
        state, reason = _doubt(tx, callback, payment.id, verdict.doubt)
    callbacks.close(tx, callback, state, reason, payment.id)
    return state


async def apply_confirmation(tx: Tx, callback_id: UUID, payment_config_id: UUID) -> CallbackState:
    """Book money that a customer paid, by hand or by prompt, and find what it is for; else it waits to be claimed.

    Locks: CALLBACK, PAYMENT, RECEIPT, MONEY_IN, SALE, CREDIT_ACCOUNT, WALLET. Raises: CallbackNotFound.
    Emits: CallbackApplied, CallbackDoubted, LateMoney, Overpaid, EvidenceContradicted, and what rooms below emit.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    registration = await c2b.find_registration(tx, payment_config_id)
    assert registration is not None, "a path is made together with its registration"  # noqa: S101
    payment_id = None
    verdict = rules.read_confirmation(callback, registration)
    if isinstance(verdict, Doubtful):
        state, reason = _doubt(tx, callback, None, verdict.doubt)
    else:
        told = _told(callback, registration.shortcode, Source.CONFIRMATION)
        (state, reason), payment_id = await _apply_told(tx, callback, told, verdict)
    callbacks.close(tx, callback, state, reason, payment_id)
    return state


async def apply_status(tx: Tx, callback_id: UUID, claim_id: UUID) -> CallbackState:
    """Settle a claim by what Safaricom answers of its receipt: what came is booked as it came, what did not is denied.

    Locks: CALLBACK, PAYMENT, RECEIPT, MONEY_IN, SALE, CREDIT_ACCOUNT, WALLET. Raises: CallbackNotFound.
    Emits: CallbackApplied, CallbackDoubted, LateMoney, Overpaid, EvidenceContradicted, and what rooms below emit.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    claim, question = await money.get_claim(tx, claim_id), await receipts.find_question(tx, claim_id)
    assert claim is not None and question is not None, "a path is made for a question about a claim"  # noqa: PT018, S101
    config = await payment_configs.get_config(tx, question.payment_config_id)
    verdict = rules.read_status(callback, claim.receipt, config.numbers)
    payment_id = None
    if isinstance(verdict, Paid):
        told = _told(callback, config.shortcode, Source.STATUS)
        (state, reason), payment_id = await _apply_told(tx, callback, told, verdict)
        if state is CallbackState.DUPLICATE:
            await _deny(tx, claim, "something else was paid with it")
    elif isinstance(verdict, NotPaid):
        await money.guard_receipt(tx, claim.receipt)
        state, reason = CallbackState.DUPLICATE, verdict.text
        await _deny(tx, claim, verdict.text)
    elif isinstance(verdict, Unanswered):
        receipts.note_unanswered(tx, claim_id, verdict.said)
        state, reason = CallbackState.DUPLICATE, verdict.said
    else:
        state, reason = _doubt(tx, callback, None, verdict.doubt)
    callbacks.close(tx, callback, state, reason, payment_id)
    return state


async def _deny(tx: Tx, claim: Claim, reason: str) -> None:
    standing = await money.get_claim(tx, claim.id)
    if standing is not None and standing.state is ClaimState.UNVERIFIED:
        await money.deny_claim(tx, standing, reason)


async def book_listed(
    tx: Tx, config_id: UUID, shortcode: str, row: PulledMoney, source: Source = Source.PULL, of: UUID | None = None
) -> bool:
    """Book a payment that Safaricom lists, like one that it confirms; True where that is news.

    ``of`` is the prompt that it is of, where a person found one.
    Locks: PAYMENT, RECEIPT, MONEY_IN, SALE, CREDIT_ACCOUNT, WALLET. Raises: nothing.
    Emits: ListedMoneyDoubted, LateMoney, Overpaid, EvidenceContradicted, and what rooms below emit.
    """
    paid = rules.listed(row)
    if paid is None:
        tx.emit(ListedMoneyDoubted(config_id, row.receipt, Doubt.NO_RECEIPT))
        return False
    told = Told(shortcode, source, Evidence(source), tx.now, None)
    (state, reason), _ = await _settle(tx, told, paid, of)
    if state is CallbackState.QUARANTINED:
        tx.emit(ListedMoneyDoubted(config_id, row.receipt, reason))
    return state is CallbackState.APPLIED


async def close_unread(tx: Tx, callback_id: UUID, reason: str) -> CallbackState:
    """Close a callback that asks for nothing more: a question that was answered at the door, a notice of delay.

    Locks: CALLBACK. Raises: CallbackNotFound. Emits: nothing.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is CallbackState.RECEIVED:
        callbacks.close(tx, callback, CallbackState.DUPLICATE, reason, None)
        return CallbackState.DUPLICATE
    return callback.state


async def apply_quarantined(tx: Tx, callback_id: UUID) -> Callback:
    """Take a quarantined callback at its word, because a person does: what it says was paid is booked.

    Locks: CALLBACK, PAYMENT, RECEIPT, MONEY_IN, SALE, TOKEN_PURCHASE, CREDIT_ACCOUNT, WALLET. Raises: CallbackNotFound,
    CallbackNotMovable, CallbackNotApplicable. Emits: CallbackApplied, and what applying emits.
    """
    callback = await callbacks.lock_own(tx, callback_id)
    callbacks.move(callback, CallbackState.APPLIED)
    address = await callbacks.find_path(tx, callback.path_hash)
    assert address is not None, "only a callback on a known path has a business"  # noqa: S101
    ended: Ended | None = None
    payment_id: UUID | None = None
    if address.kind is PathKind.STK:
        payment = await payments.lock_payment(tx, address.subject_id)
        payment_id = payment.id
        paid = rules.push_at_its_word(callback)
        ended = await _apply_paid(tx, callback, payment, paid, by_hand=True) if paid else None
    else:
        assert address.kind is PathKind.CONFIRMATION, "nothing else is ever doubted"  # noqa: S101
        registration = await c2b.find_registration(tx, address.subject_id)
        paid = rules.confirmation_at_its_word(callback)
        if registration is not None and paid is not None:
            told = _told(callback, registration.shortcode, Source.CONFIRMATION)
            ended, payment_id = await _apply_told(tx, callback, told, paid)
    if ended is None or ended[0] is not CallbackState.APPLIED:
        raise CallbackNotApplicable(callback_id=callback_id, doubt=ended[1] if ended else callback.reason)
    callbacks.close(tx, callback, CallbackState.APPLIED, "by hand", payment_id)
    return await callbacks.get_callback(tx, callback_id)


def _doubt(tx: Tx, callback: Callback, payment_id: UUID | None, doubt: Doubt) -> Ended:
    tx.emit(CallbackDoubted(callback.id, payment_id, doubt))
    return CallbackState.QUARANTINED, doubt


# What evidence does


async def _apply_paid(tx: Tx, callback: Callback, payment: Payment, paid: Paid, *, by_hand: bool = False) -> Ended:
    links = payment.money_in_id is None
    if payment.money_in_id is not None:
        booked = await money.get_money_in(tx, payment.money_in_id)
        if booked.receipt == paid.receipt:
            return CallbackState.DUPLICATE, "this receipt is booked"
        if booked.source is Source.CALLBACK and not by_hand:
            return _doubt(tx, callback, payment.id, Doubt.SECOND_RECEIPT)
    told = _told(callback, payment.shortcode or "", Source.CALLBACK)
    booking = await money.book(tx, rules.new_money(told, paid))
    if booking is None or not await _is_free_for(tx, booking, payment, paid):
        return _doubt(tx, callback, payment.id, Doubt.RECEIPT_REUSE)
    if links:
        await _succeed(tx, payment, booking, Evidence.CALLBACK, callback.id)
    await _place_of_payment(tx, booking, payment)
    tx.emit(CallbackApplied(callback.id, payment.id, PaymentState.SUCCEEDED))
    return _APPLIED


async def _apply_not_paid(tx: Tx, callback: Callback, payment: Payment, said: NotPaid) -> Ended:
    if await payments.fail(tx, payment, said.code, said.text, Evidence.CALLBACK, callback.id):
        tx.emit(CallbackApplied(callback.id, payment.id, PaymentState.FAILED))
        return _APPLIED
    if payment.state is PaymentState.SUCCEEDED:
        tx.emit(EvidenceContradicted(payment.id, PaymentState.SUCCEEDED, said.code))
        return CallbackState.DUPLICATE, "a receipt stands against it"
    return CallbackState.DUPLICATE, "known to have failed"


async def _apply_told(tx: Tx, callback: Callback, told: Told, paid: Paid) -> tuple[Ended, UUID | None]:
    (state, reason), payment_id = await _settle(tx, told, paid)
    if state is CallbackState.QUARANTINED:
        tx.emit(CallbackDoubted(callback.id, payment_id, reason))
    elif state is CallbackState.APPLIED:
        tx.emit(CallbackApplied(callback.id, payment_id, PaymentState.SUCCEEDED))
    return (state, reason), payment_id


async def _settle(tx: Tx, told: Told, paid: Paid, of: UUID | None = None) -> tuple[Ended, UUID | None]:
    """Book money that a shortcode was paid, and put it where it belongs; returns the prompt that it is of, too."""
    payment = await _prompt_of(tx, told, paid) if of is None else await _open_prompt(tx, of)
    payment_id = payment.id if payment else None
    booking = await money.book(tx, rules.new_money(told, paid))
    if booking is None:
        return (CallbackState.QUARANTINED, Doubt.RECEIPT_REUSE), payment_id
    if not booking.is_new and booking.money.amount != paid.amount:
        return (CallbackState.QUARANTINED, Doubt.OTHER_AMOUNT), payment_id
    is_meant = payment is not None and booking.money.account_reference in {"", payment.account_reference}
    if payment is not None and is_meant and await _is_free_for(tx, booking, payment, paid):
        await _succeed(tx, payment, booking, told.evidence, told.callback_id)
        await _place_of_payment(tx, booking, payment)
    elif booking.is_new:
        await _place_of_hand(tx, booking, paid, told.shortcode)
    else:
        return (CallbackState.DUPLICATE, "this receipt is booked"), payment_id
    return _APPLIED, payment_id


def _told(callback: Callback, shortcode: str, source: Source) -> Told:
    return Told(shortcode, source, Evidence(source), callback.received_at, callback.id)


async def _is_free_for(tx: Tx, booking: Booking, payment: Payment, paid: Paid) -> bool:
    """Say whether money may be what a prompt was paid with: new, or alike and no other prompt's."""
    booked = booking.money
    return booking.is_new or (
        booked.amount == paid.amount
        and money.is_same_phone(booked.phone, payment.phone or "") is not False
        and await payments.find_by_money(tx, booked.id) is None
    )


async def _succeed(tx: Tx, payment: Payment, booking: Booking, evidence: Evidence, callback_id: UUID | None) -> None:
    if payment.state is PaymentState.FAILED:
        tx.emit(EvidenceContradicted(payment.id, PaymentState.SUCCEEDED, payment.result_code or ""))
    await payments.succeed(tx, payment, booking.money.id, evidence, callback_id)


# What money is for


async def _prompt_of(tx: Tx, told: Told, paid: Paid) -> Payment | None:
    """Return the prompt that money is of, ours until the transaction ends, unless it is paid already.

    It is named by its very reference. Money that names none is of the one prompt for just this that was on just this
    phone, if it is known to be some prompt's, or if that prompt is known to be paid. A list alone tells of such money
    again, so that it does not matter which was known first.
    """
    code = payment_code(paid.account_reference)
    named = await payments.find_by_reference(tx, code) if code else None
    found = named if named is not None and rules.is_of_prompt(named, paid, told.shortcode) else None
    if not paid.account_reference and paid.paid_at is not None and (paid.by_prompt or told.source in LISTS):
        asked = await _asked_on(tx, paid, paid.paid_at, told.shortcode)
        only = rules.only_prompt(asked, paid.paid_at)
        is_meant = only is not None and (paid.by_prompt or await inquiries.is_said_paid(tx, only.id))
        found = only if is_meant else None
    return None if found is None or found.money_in_id is not None else await _open_prompt(tx, found.id)


async def _open_prompt(tx: Tx, payment_id: UUID) -> Payment | None:
    payment = await payments.lock_payment(tx, payment_id)
    return payment if payment.money_in_id is None else None


async def _place_of_hand(tx: Tx, booking: Booking, paid: Paid, shortcode: str) -> None:
    """Put new money that no prompt brought where it is meant to go: the code of a prompt for debts names an account."""
    code = payment_code(paid.account_reference)
    asked = await payments.find_by_reference(tx, code) if code else None
    if asked is not None and asked.purpose is PaymentFor.CREDIT:
        claim = await money.find_claim(tx, booking.money.receipt)
        if claim is not None:
            await money.deny_claim(tx, claim, "it was paid for a customer's debts")
        await _place_on_account(tx, booking, asked)
        return
    await _place(tx, booking, await _sale_meant(tx, booking, asked, paid, shortcode))


async def _sale_meant(tx: Tx, booking: Booking, asked: Payment | None, paid: Paid, shortcode: str) -> UUID | None:
    """Return the sale that money is for, by the strongest sign there is.

    They are: the code that the payer gave, of the prompt ``asked``; a claim of the receipt; the receipt number that the
    payer gave, if just this is due; and without any account a prompt for just this on just this phone, moments ago.
    """
    named = await _settle_claim(tx, booking, asked.sale_id if asked else None)
    if named is not None:
        return named
    number = receipt_number(paid.account_reference)
    sale = await sales.find_open_by_number(tx, number) if number else None
    if sale is not None and sale.balance_due == paid.amount:
        return sale.id
    return None if paid.account_reference else await _sale_asked_for(tx, paid, booking, shortcode)


async def _sale_asked_for(tx: Tx, paid: Paid, booking: Booking, shortcode: str) -> UUID | None:
    """Return the one open sale for which this very phone was just asked for this very amount."""
    meant = {one.sale_id for one in await _asked_on(tx, paid, booking.money.paid_at, shortcode) if one.sale_id}
    if len(meant) != 1:
        return None
    sale = await sales.get_sale(tx, meant.pop())
    return sale.id if sale.state is SaleState.OPEN else None


async def _asked_on(tx: Tx, paid: Paid, at: datetime, shortcode: str) -> list[Payment]:
    """Return the prompts for this very amount to this very phone, not long before an instant."""
    asked = await payments.list_asked(
        tx, shortcode, paid.amount, at - timedelta(seconds=ASKED_BEFORE_S), at + timedelta(seconds=ASKED_AFTER_S)
    )
    return [one for one in asked if money.is_same_phone(paid.phone, one.phone or "")]


async def _settle_claim(tx: Tx, booking: Booking, sale_id: UUID | None) -> UUID | None:
    """Settle what was claimed of a receipt that is booked just now, and return the sale that it is for."""
    claim = await money.find_claim(tx, booking.money.receipt) if booking.is_new else None
    if claim is None:
        return sale_id
    if sale_id is not None and sale_id != claim.sale_id:
        await money.deny_claim(tx, claim, "it was paid for another sale")
        return sale_id
    await money.confirm_claim(tx, claim, booking.money)
    return claim.sale_id


async def _place_of_payment(tx: Tx, booking: Booking, payment: Payment) -> None:
    """Put the money of a prompt where the prompt said it would go."""
    if payment.purpose is PaymentFor.SALE:
        await _place(tx, booking, await _settle_claim(tx, booking, payment.sale_id))
        return
    if payment.purpose is PaymentFor.CREDIT and booking.loose:
        await _place_on_account(tx, booking, payment)
        return
    if payment.purpose is PaymentFor.TEST or booking.loose == ZERO:
        await money.allocate(tx, booking, [Share(Purpose.TEST, None, booking.loose)] if booking.loose else [])
        return
    bought = await token_purchases.receive_money(tx, payment.id, booking.loose, booking.money.receipt)
    await money.allocate(tx, booking, rules.shares_of_tokens(booking.loose, bought))
    for difference in rules.differences_of_tokens(booking, bought):
        tx.emit(difference)


async def _place_on_account(tx: Tx, booking: Booking, payment: Payment) -> None:
    """Give money to the account of a prompt: to its debts, and what is left over to the customer's credit."""
    await repayments.settle_prompt(tx, payment, booking.loose, booking.money.id)
    await money.allocate(tx, booking, [Share(Purpose.CREDIT, None, booking.loose)])


async def _place(tx: Tx, booking: Booking, sale_id: UUID | None) -> None:
    """Give money that has no purpose yet to a sale, as much as it needs; without a sale it waits to be claimed."""
    if sale_id is None:
        await money.allocate(tx, booking, [Share(Purpose.UNALLOCATED, None, booking.loose)])
        return
    if booking.loose == ZERO:
        stands_for = await money.sales_of(tx, booking.money.id)
        if sale_id not in stands_for:
            tx.emit(ClaimedElsewhere(booking.money.id, sale_id, stands_for))
        return
    received = await sales.receive_money(tx, sale_id, booking.loose)
    terminal = received.sale_state.is_terminal
    shares = money.share_out(booking.loose, received.applied, sale_id, sale_is_terminal=terminal)
    await money.allocate(tx, booking, shares)
    rest = booking.loose - received.applied
    if rest > ZERO:
        tx.emit((LateMoney if terminal else Overpaid)(booking.money.id, sale_id, rest))
