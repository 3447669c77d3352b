"""Which evidence is believed.

Callbacks are unsigned: the secret path finds what they are about, and everything else must match what is known of it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal

from payme.c2b import Registration
from payme.callbacks import Callback
from payme.kit.events import Event
from payme.messages import ApiResult, C2bNotice, UnreadableNotice, read_notice, read_result
from payme.money import Booking, NewMoney, Purpose, Share, is_same_phone
from payme.mpesa import Outcome, StkResult, UnreadableCallback, outcome_of, read_callback
from payme.payments import Payment
from payme.settlement.events import TokensOverpaid, TokensPaidShort
from payme.settlement.models import Doubtful, NotPaid, Paid, Told, Unanswered, Verdict
from payme.settlement.types import ASKED_AFTER_S, COMPLETED, NEVER_PAID, ONLINE, Doubt
from payme.shortcodes import PulledMoney
from payme.token_purchases import Credited


def read_push(callback: Callback, payment: Payment) -> Verdict:
    """Say what the result of a prompt proves of its payment."""
    if callback.outside:
        return Doubtful(Doubt.OTHER_SOURCE)
    try:
        result = read_callback(callback.body)
    except UnreadableCallback:
        return Doubtful(Doubt.UNREADABLE)
    return judge(payment, result, callback.shortcode)


def read_confirmation(callback: Callback, registration: Registration) -> Paid | Doubtful:
    """Say what a confirmation proves of money paid by hand."""
    if callback.outside:
        return Doubtful(Doubt.OTHER_SOURCE)
    try:
        notice = read_notice(callback.body)
    except UnreadableNotice:
        return Doubtful(Doubt.UNREADABLE)
    return judge_notice(registration, notice)


def read_status(callback: Callback, receipt: str, numbers: Collection[str]) -> Verdict | Unanswered:
    """Say what the answer to a question about a receipt proves; ``numbers`` are those that the shop is paid on."""
    if callback.outside:
        return Doubtful(Doubt.OTHER_SOURCE)
    try:
        said = read_result(callback.body)
    except UnreadableNotice:
        return Doubtful(Doubt.UNREADABLE)
    return judge_status(said, receipt, numbers) if said.succeeded else Unanswered(f"{said.code}: {said.text}")


def judge_status(said: ApiResult, receipt: str, numbers: Collection[str]) -> Verdict | Unanswered:
    """Compare what Safaricom says of a receipt with what was asked."""
    if said.receipt != receipt or not said.credit_party:
        return Doubtful(Doubt.OTHER_REQUEST if said.receipt != receipt else Doubt.OTHER_SHORTCODE)
    if said.credit_party not in numbers:
        return NotPaid("other_shortcode", "somebody else was paid with it")
    status = said.status.lower()
    if status in NEVER_PAID:
        return NotPaid(status, f"M-PESA says: {status}")
    if status != COMPLETED:
        return Unanswered(f"status {status}")
    if said.amount is None:
        return Doubtful(Doubt.NO_RECEIPT)
    by_prompt = ONLINE in said.reason_type.lower()
    return Paid(receipt, said.amount, said.phone, said.paid_at, said.payer_name, by_prompt=by_prompt)


def listed(row: PulledMoney) -> Paid | None:
    """Return what a list of payments says of one; None where it says no amount."""
    if row.amount is None:
        return None
    return Paid(row.receipt, row.amount, row.phone, row.paid_at, "", row.bill_reference)


def push_at_its_word(callback: Callback) -> Paid | None:
    """Take the result of a prompt for true, as far as it says that money came."""
    try:
        verdict = at_its_word(read_callback(callback.body))
    except UnreadableCallback:
        return None
    return verdict if isinstance(verdict, Paid) else None


def confirmation_at_its_word(callback: Callback) -> Paid | None:
    """Take a confirmation for true, as far as it says that money came."""
    try:
        verdict = notice_at_its_word(read_notice(callback.body))
    except UnreadableNotice:
        return None
    return verdict if isinstance(verdict, Paid) else None


def judge(payment: Payment, result: StkResult, shortcode: str) -> Verdict:
    """Compare what a callback says with what we asked for.

    ``shortcode`` is what the callback's header says, or empty where it has none.
    """
    doubt = _mismatch(payment, result, shortcode)
    if doubt is not None:
        return Doubtful(doubt)
    verdict = at_its_word(result)
    if isinstance(verdict, Paid) and verdict.amount != payment.amount:
        return Doubtful(Doubt.OTHER_AMOUNT)
    return verdict


def at_its_word(result: StkResult) -> Verdict:
    """Take what a callback says for true, as far as it says anything."""
    outcome = outcome_of(result.code)
    if outcome is Outcome.UNDECIDED:
        return Doubtful(Doubt.UNKNOWN_CODE)
    if outcome is Outcome.FAILED:
        return NotPaid(result.code, result.text)
    if not result.receipt or result.amount is None:
        return Doubtful(Doubt.NO_RECEIPT)
    return Paid(result.receipt, result.amount, result.phone or "", result.paid_at)


def _mismatch(payment: Payment, result: StkResult, shortcode: str) -> Doubt | None:
    if payment.checkout_request_id is not None and result.checkout_request_id != payment.checkout_request_id:
        return Doubt.OTHER_REQUEST
    if shortcode and shortcode != payment.shortcode:
        return Doubt.OTHER_SHORTCODE
    if is_same_phone(result.phone or "", payment.phone or "") is False:
        return Doubt.OTHER_PHONE
    return None


def new_money(told: Told, paid: Paid) -> NewMoney:
    """Return the receipt of money that evidence tells of."""
    return NewMoney(
        shortcode=told.shortcode,
        receipt=paid.receipt,
        amount=paid.amount,
        paid_at=paid.paid_at or told.at,
        source=told.source,
        callback_id=told.callback_id,
        phone=paid.phone,
        payer_name=paid.payer_name,
        account_reference=paid.account_reference,
    )


def shares_of_tokens(amount: Decimal, bought: Credited) -> list[Share]:
    """Say what money for tokens was for: what bought none waits for a person, what was not needed is overpaid."""
    shares = [Share(Purpose.TOKENS, None, bought.applied)] if bought.applied else []
    rest = amount - bought.applied
    if rest:
        shares.append(Share(Purpose.UNALLOCATED if bought.is_short else Purpose.OVERPAYMENT, None, rest))
    return shares


def differences_of_tokens(booking: Booking, bought: Credited) -> list[Event]:
    """Say what a person must know of money that was not the price of the tokens."""
    if bought.is_short:
        return [TokensPaidShort(booking.money.id, bought.purchase_id, booking.loose, bought.tokens)]
    rest = booking.loose - bought.applied
    return [TokensOverpaid(booking.money.id, bought.purchase_id, rest)] if rest else []


def judge_notice(registration: Registration, notice: C2bNotice) -> Paid | Doubtful:
    """Say whether a confirmation can be booked for a payment config."""
    if notice.shortcode not in {registration.shortcode, registration.till_number}:
        return Doubtful(Doubt.OTHER_SHORTCODE)
    return notice_at_its_word(notice)


def notice_at_its_word(notice: C2bNotice) -> Paid | Doubtful:
    """Take what a confirmation says for true, as far as it says anything."""
    if notice.receipt is None or notice.amount is None:
        return Doubtful(Doubt.NO_RECEIPT)
    return Paid(
        notice.receipt, notice.amount, notice.phone, notice.paid_at, notice.payer_name, notice.account_reference
    )


def is_of_prompt(payment: Payment, paid: Paid, shortcode: str) -> bool:
    """Say whether money is what a prompt asked for: it names the prompt's very reference, its amount and its phone.

    A reference with a typing error was typed by hand, so the money is not the prompt's; it may be the sale's.
    """
    return (
        payment.account_reference == paid.account_reference
        and payment.shortcode == shortcode
        and payment.amount == paid.amount
        and is_same_phone(paid.phone, payment.phone or "") is not False
    )


def only_prompt(asked: Collection[Payment], at: datetime) -> Payment | None:
    """Return the one prompt that may have been answered at an instant; Safaricom's clock may be behind ours."""
    skew = timedelta(seconds=ASKED_AFTER_S)
    on_phone = [one for one in asked if one.deadline_at and one.created_at - skew <= at <= one.deadline_at]
    return on_phone[0] if len(on_phone) == 1 else None
