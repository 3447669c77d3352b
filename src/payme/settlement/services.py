"""Commands of settlement: give evidence of money its one effect, in whatever order it comes."""

from datetime import timedelta
from uuid import UUID

from payme import c2b, callbacks, money, payments, sales, token_purchases
from payme.c2b import Registration
from payme.callbacks import Callback, CallbackState, PathKind
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.messages import UnreadableNotice, payment_code, read_message, read_notice, receipt_number
from payme.money import (
    Booking,
    Claim,
    ClaimState,
    MoneyClaimed,
    NewMoney,
    Purpose,
    ReceiptNotClaimable,
    ReceiptTaken,
    Share,
    Source,
)
from payme.mpesa import UnreadableCallback, read_callback
from payme.payments import Evidence, Payment, PaymentFor, PaymentState
from payme.sales import SaleNotOpen, SaleState
from payme.settlement import rules
from payme.settlement.errors import CallbackNotApplicable
from payme.settlement.events import (
    CallbackApplied,
    CallbackDoubted,
    ClaimedElsewhere,
    EvidenceContradicted,
    LateMoney,
    Overpaid,
)
from payme.settlement.models import Claimed, Doubtful, NotPaid, Paid
from payme.settlement.types import ASKED_AFTER_S, ASKED_BEFORE_S, Doubt

Ended = tuple[CallbackState, str]
_APPLIED: Ended = (CallbackState.APPLIED, "")


# Callbacks


async def apply_callback(tx: Tx, callback_id: UUID, payment_id: UUID) -> CallbackState:
    """Give the result of a prompt its one effect, however often and in whatever order it came.

    Locks: CALLBACK, PAYMENT, RECEIPT, MONEY_IN, SALE, TOKEN_PURCHASE, WALLET. Raises: CallbackNotFound,
    PaymentNotFound. Emits: CallbackApplied, CallbackDoubted, LateMoney, Overpaid, TokensPaidShort, TokensOverpaid,
    EvidenceContradicted, and what rooms below emit.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    payment = await payments.lock_payment(tx, payment_id)
    verdict = _read_push(callback, payment)
    if isinstance(verdict, Paid):
        state, reason = await _apply_paid(tx, callback, payment, verdict)
    elif isinstance(verdict, NotPaid):
        state, reason = await _apply_not_paid(tx, callback, payment, verdict)
    else:
        state, reason = _doubt(tx, callback, payment.id, verdict.doubt)
    callbacks.close(tx, callback, state, reason, payment.id)
    return state


def _read_push(callback: Callback, payment: Payment) -> Paid | NotPaid | Doubtful:
    if callback.outside:
        return Doubtful(Doubt.OTHER_SOURCE)
    try:
        result = read_callback(callback.body)
    except UnreadableCallback:
        return Doubtful(Doubt.UNREADABLE)
    return rules.judge(payment, result, callback.shortcode)


async def apply_confirmation(tx: Tx, callback_id: UUID, payment_config_id: UUID) -> CallbackState:
    """Book money that a customer paid, by hand or by prompt, and find what it is for; else it waits to be claimed.

    Locks: CALLBACK, PAYMENT, RECEIPT, MONEY_IN, SALE, WALLET. Raises: CallbackNotFound.
    Emits: CallbackApplied, CallbackDoubted, LateMoney, Overpaid, EvidenceContradicted, and what rooms below emit.
    """
    callback = await callbacks.lock_callback(tx, callback_id)
    if callback.state is not CallbackState.RECEIVED:
        return callback.state
    registration = await c2b.find_registration(tx, payment_config_id)
    assert registration is not None, "a path is made together with its registration"  # noqa: S101
    payment_id = None
    verdict = _read_confirmation(callback, registration)
    if isinstance(verdict, Doubtful):
        state, reason = _doubt(tx, callback, None, verdict.doubt)
    else:
        payment = await _prompt_of(tx, verdict, registration.shortcode)
        payment_id = payment.id if payment else None
        state, reason = await _apply_confirmed(tx, callback, registration, payment, verdict)
    callbacks.close(tx, callback, state, reason, payment_id)
    return state


def _read_confirmation(callback: Callback, registration: Registration) -> Paid | Doubtful:
    if callback.outside:
        return Doubtful(Doubt.OTHER_SOURCE)
    try:
        notice = read_notice(callback.body)
    except UnreadableNotice:
        return Doubtful(Doubt.UNREADABLE)
    return rules.judge_notice(registration, notice)


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

    Locks: CALLBACK, PAYMENT, RECEIPT, MONEY_IN, SALE, TOKEN_PURCHASE, WALLET. Raises: CallbackNotFound,
    CallbackNotMovable, CallbackNotApplicable. Emits: CallbackApplied, and what applying emits.
    """
    callback = await callbacks.lock_own(tx, callback_id)
    callbacks.move(callback, CallbackState.APPLIED)
    address = await callbacks.find_path(tx, callback.path_hash)
    assert address is not None, "only a callback on a known path has a business"  # noqa: S101
    ended: Ended | None = None
    payment: Payment | None = None
    if address.kind is PathKind.STK:
        payment = await payments.lock_payment(tx, address.subject_id)
        paid = _push_at_its_word(callback)
        ended = await _apply_paid(tx, callback, payment, paid, by_hand=True) if paid else None
    else:
        assert address.kind is PathKind.CONFIRMATION, "nothing else is ever doubted"  # noqa: S101
        registration = await c2b.find_registration(tx, address.subject_id)
        paid = _confirmation_at_its_word(callback)
        if registration is not None and paid is not None:
            payment = await _prompt_of(tx, paid, registration.shortcode)
            ended = await _apply_confirmed(tx, callback, registration, payment, paid)
    if ended is None or ended[0] is not CallbackState.APPLIED:
        raise CallbackNotApplicable(callback_id=callback_id, doubt=ended[1] if ended else callback.reason)
    callbacks.close(tx, callback, CallbackState.APPLIED, "by hand", payment.id if payment else None)
    return await callbacks.get_callback(tx, callback_id)


def _push_at_its_word(callback: Callback) -> Paid | None:
    try:
        verdict = rules.at_its_word(read_callback(callback.body))
    except UnreadableCallback:
        return None
    return verdict if isinstance(verdict, Paid) else None


def _confirmation_at_its_word(callback: Callback) -> Paid | None:
    try:
        verdict = rules.notice_at_its_word(read_notice(callback.body))
    except UnreadableNotice:
        return None
    return verdict if isinstance(verdict, Paid) else None


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
    booking = await _book(tx, callback, payment.shortcode or "", paid, Source.CALLBACK)
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


async def _apply_confirmed(
    tx: Tx, callback: Callback, registration: Registration, payment: Payment | None, paid: Paid
) -> Ended:
    booking = await _book(tx, callback, registration.shortcode, paid, Source.CONFIRMATION)
    if booking is None:
        return _doubt(tx, callback, payment.id if payment else None, Doubt.RECEIPT_REUSE)
    if not booking.is_new:
        if booking.money.amount != paid.amount:
            return _doubt(tx, callback, payment.id if payment else None, Doubt.OTHER_AMOUNT)
        return CallbackState.DUPLICATE, "this receipt is booked"
    if payment is not None:
        await _succeed(tx, payment, booking, Evidence.CONFIRMATION, callback.id)
        await _place_of_payment(tx, booking, payment)
    else:
        await _place(tx, booking, await _sale_meant(tx, booking, paid, registration.shortcode))
    tx.emit(CallbackApplied(callback.id, payment.id if payment else None, PaymentState.SUCCEEDED))
    return _APPLIED


async def _book(tx: Tx, callback: Callback, shortcode: str, paid: Paid, source: Source) -> Booking | None:
    return await money.book(
        tx,
        NewMoney(
            shortcode=shortcode,
            receipt=paid.receipt,
            amount=paid.amount,
            paid_at=paid.paid_at or callback.received_at,
            source=source,
            callback_id=callback.id,
            phone=paid.phone,
            payer_name=paid.payer_name,
            account_reference=paid.account_reference,
        ),
    )


async def _is_free_for(tx: Tx, booking: Booking, payment: Payment, paid: Paid) -> bool:
    """Say whether money that is booked may be what a prompt was paid with: no other prompt's, and alike."""
    if booking.is_new:
        return True
    booked = booking.money
    return (
        booked.amount == paid.amount
        and money.is_same_phone(booked.phone, payment.phone or "") is not False
        and await payments.find_by_money(tx, booked.id) is None
    )


async def _succeed(tx: Tx, payment: Payment, booking: Booking, evidence: Evidence, callback_id: UUID) -> None:
    if payment.state is PaymentState.FAILED:
        tx.emit(EvidenceContradicted(payment.id, PaymentState.SUCCEEDED, payment.result_code or ""))
    await payments.succeed(tx, payment, booking.money.id, evidence, callback_id)


# What money is for


async def _prompt_of(tx: Tx, paid: Paid, shortcode: str) -> Payment | None:
    """Return the prompt that money names, ours until the transaction ends, unless it is paid already."""
    code = payment_code(paid.account_reference)
    found = await payments.find_by_reference(tx, code) if code else None
    if found is None or found.money_in_id is not None or not rules.is_of_prompt(found, paid, shortcode):
        return None
    payment = await payments.lock_payment(tx, found.id)
    return payment if payment.money_in_id is None else None


async def _sale_meant(tx: Tx, booking: Booking, paid: Paid, shortcode: str) -> UUID | None:
    """Return the sale that money is for, by the strongest sign there is.

    They are: the code that the payer gave; a claim of the receipt; the receipt number that the payer gave, if just this
    is due; and without any account a prompt for just this on just this phone, moments ago.
    """
    code = payment_code(paid.account_reference)
    asked = await payments.find_by_reference(tx, code) if code else None
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
    at = booking.money.paid_at
    asked = await payments.list_asked(
        tx, shortcode, paid.amount, at - timedelta(seconds=ASKED_BEFORE_S), at + timedelta(seconds=ASKED_AFTER_S)
    )
    meant = {one.sale_id for one in asked if money.is_same_phone(paid.phone, one.phone or "") and one.sale_id}
    if len(meant) != 1:
        return None
    sale = await sales.get_sale(tx, meant.pop())
    return sale.id if sale.state is SaleState.OPEN else None


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
    if payment.purpose is PaymentFor.TEST or booking.loose == ZERO:
        await money.allocate(tx, booking, [Share(Purpose.TEST, None, booking.loose)] if booking.loose else [])
        return
    bought = await token_purchases.receive_money(tx, payment.id, booking.loose, booking.money.receipt)
    await money.allocate(tx, booking, rules.shares_of_tokens(booking.loose, bought))
    for difference in rules.differences_of_tokens(booking, bought):
        tx.emit(difference)


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
    terminal = received.sale_state is SaleState.CANCELLED
    shares = money.share_out(booking.loose, received.applied, sale_id, sale_is_terminal=terminal)
    await money.allocate(tx, booking, shares)
    rest = booking.loose - received.applied
    if rest > ZERO:
        tx.emit((LateMoney if terminal else Overpaid)(booking.money.id, sale_id, rest))


# Claims


async def claim_money(tx: Tx, money_in_id: UUID, sale_id: UUID) -> Claimed:
    """Say that money which waits is for an open sale; each shilling is claimed once.

    Locks: MONEY_IN, SALE, WALLET. Raises: MoneyNotFound, MoneyOfPlatform, MoneyClaimed, SaleNotFound,
    SaleNotOpen. Emits: MoneyAllocated, SalePaid, SaleCompleted, Overpaid.
    """
    booking = await money.hold(tx, money_in_id)
    await payments.require_own_money(tx, money_in_id)
    if booking.loose == ZERO:
        raise MoneyClaimed(money_in_id=money_in_id, sale_ids=await money.sales_of(tx, money_in_id))
    received = await sales.receive_money(tx, sale_id, booking.loose)
    if received.applied == ZERO:
        raise SaleNotOpen(sale_id=sale_id, state=received.sale_state)
    shares = money.share_out(booking.loose, received.applied, sale_id, sale_is_terminal=False)
    await money.allocate(tx, booking, shares)
    if booking.loose > received.applied:
        tx.emit(Overpaid(money_in_id, sale_id, booking.loose - received.applied))
    return Claimed(money_in_id, sale_id, booking.loose, received.applied, received.sale_state)


async def paste_message(tx: Tx, sale_id: UUID, text: str) -> Claim:
    """Say that an open sale was paid, by the message that the customer shows.

    Where Safaricom has told of the receipt the money is claimed at once; else the claim is unverified, which is no
    money, until Safaricom tells. Locks: RECEIPT, MONEY_IN, SALE, WALLET. Raises: MessageNotUnderstood, SaleNotFound,
    SaleNotOpen, ReceiptTaken, ReceiptNotClaimable. Emits: ReceiptClaimed, ClaimConfirmed, and what claim_money emits.
    """
    said = read_message(text)
    sale = await sales.get_sale(tx, sale_id)
    if sale.state is not SaleState.OPEN:
        raise SaleNotOpen(sale_id=sale_id, state=sale.state)
    await money.guard_receipt(tx, said.receipt)
    standing = await money.find_claim(tx, said.receipt)
    if standing is not None and standing.state is not ClaimState.DENIED:
        raise ReceiptTaken(receipt=said.receipt, sale_id=standing.sale_id)
    booked = await money.find_by_receipt(tx, said.receipt)
    if booked is None:
        if await money.is_known_elsewhere(tx, said.receipt):
            raise ReceiptNotClaimable(receipt=said.receipt)
        return await money.claim(tx, sale_id, said.receipt, said.amount, said.payer_name, said.paid_at, None)
    taken = await money.sales_of(tx, booked.id)
    if taken:
        raise ReceiptTaken(receipt=said.receipt, sale_id=taken[0])
    await claim_money(tx, booked.id, sale_id)
    return await money.claim(tx, sale_id, said.receipt, said.amount, said.payer_name, said.paid_at, booked)
