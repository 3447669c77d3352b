"""Commands of payments: take cash, ask a customer to pay by M-Pesa, and climb the ladder on evidence."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from payme import callbacks, drawers, payment_configs, push_limits
from payme.callbacks import PathKind
from payme.daraja import line_of, require_line
from payme.drawers import Movement, MovementKind, OpenDrawer, Tender
from payme.kit.db.transaction import Tx
from payme.kit.ids import short_code
from payme.mpesa import MpesaAccount, PushAccepted, PushAnswer, PushRefused
from payme.payment_configs import PaymentConfig
from payme.payments import queries, repository, rules
from payme.payments.errors import PaymentInProgress, PaymentNotFound
from payme.payments.events import (
    CashReturned,
    CashTaken,
    PaymentMoved,
    PaymentRequested,
)
from payme.payments.models import Accounts, Ask, Collector, ForDebt, Payment, Submission, Terms
from payme.payments.types import Evidence, PaymentFor, PaymentMethod, PaymentState

TEST_AMOUNT = Decimal(1)
SUBMIT_PAYMENT = "submit_payment"
CHECK_PAYMENT = "check_payment"
FIRST_CHECK_S = 15


async def take_cash(
    tx: Tx,
    sale_id: UUID | None,
    amount: Decimal,
    tendered: Decimal,
    drawer: OpenDrawer | None,
    debt: ForDebt | None = None,
) -> Payment:
    """Put ``amount`` of what the customer handed over into the drawer and give the rest back as change.

    It is for a sale, or for debts. The caller chose the drawer (``drawers.choose``); None where the shop keeps none.

    Locks: none. Raises: nothing. Emits: CashTaken.
    """
    payment = _new_payment(
        tx,
        PaymentFor.SALE if debt is None else PaymentFor.CREDIT,
        sale_id,
        PaymentMethod.CASH,
        PaymentState.SUCCEEDED,
        amount,
        tendered=tendered,
        change_given=tendered - amount,
        debt=debt,
    )
    repository.insert_payment(tx, payment)
    repository.insert_event(tx, payment.id, None, payment.state, Evidence.TILL, None, "")
    kind = MovementKind.SALE if debt is None else MovementKind.REPAYMENT
    drawers.count(tx, drawer, Movement(Tender.CASH, kind, amount, payment.id))
    into = drawer.id if drawer else None
    tx.emit(CashTaken(payment.id, sale_id, amount, tendered, tendered - amount, into, payment.credit_account_id))
    return payment


async def return_cash(tx: Tx, sale_id: UUID, amount: Decimal, drawer: OpenDrawer | None) -> None:
    """Give the cash of a cancelled sale back out of a drawer; ``amount`` is what the sale had taken.

    Locks: none; the caller holds the sale. Raises: nothing. Emits: CashReturned.
    """
    repository.mark_cash_returned(tx, sale_id)
    drawers.count(tx, drawer, Movement(Tender.CASH, MovementKind.CANCELLED, amount, sale_id))
    tx.emit(CashReturned(sale_id, amount, drawer.id if drawer else None))


async def ask_mpesa(tx: Tx, sale_id: UUID, amount: Decimal, phone: str, terms: Terms) -> Payment:
    """Ask a customer for money for a sale, through the business's active payment config.

    The caller holds the sale, so no second attempt can appear between the look and the insert; the partial unique
    index stands behind it. Locks: PUSH_COUNT. Raises: PaymentInProgress, PaymentConfigMissing, EnvironmentNotOffered,
    MpesaUnavailable, NotWholeShillings, PhoneNotValid, PushLimitReached. Emits: PaymentRequested.
    """
    _none_live(await queries.find_live(tx, sale_id))
    collector = _collector(await payment_configs.get_active(tx), terms)
    return await ask(tx, Ask(PaymentFor.SALE, sale_id, amount, phone), collector, terms)


async def ask_for_debt(tx: Tx, debt: ForDebt, amount: Decimal, phone: str, terms: Terms) -> Payment:
    """Ask a customer to pay debts, through the business's active payment config.

    The caller holds the account, as for a sale. Locks: PUSH_COUNT. Raises: PaymentInProgress, PaymentConfigMissing,
    EnvironmentNotOffered, MpesaUnavailable, NotWholeShillings, PhoneNotValid, PushLimitReached.
    Emits: PaymentRequested.
    """
    _none_live(await queries.find_live_of_account(tx, debt.credit_account_id))
    collector = _collector(await payment_configs.get_active(tx), terms)
    return await ask(tx, Ask(PaymentFor.CREDIT, None, amount, phone, debt), collector, terms)


async def try_config(tx: Tx, config_id: UUID, phone: str, terms: Terms) -> Payment:
    """Ask a phone for one shilling through a payment config, active or not, to see what Daraja says.

    Locks: PAYMENT_CONFIG, PUSH_COUNT. Raises: PaymentConfigNotFound, PaymentInProgress, EnvironmentNotOffered,
    MpesaUnavailable, PhoneNotValid, PushLimitReached. Emits: PaymentRequested.
    """
    config = await payment_configs.lock_config(tx, config_id)
    _none_live(await queries.find_live_test(tx, config_id))
    return await ask(tx, Ask(PaymentFor.TEST, None, TEST_AMOUNT, phone), _collector(config, terms), terms)


def _collector(config: PaymentConfig, terms: Terms) -> Collector:
    base_url = payment_configs.base_url_of(config.environment, terms.base_urls)
    return Collector(config.shortcode, base_url, config.id)


async def ask(tx: Tx, wish: Ask, collector: Collector, terms: Terms) -> Payment:
    """Write the intent to ask a phone for money; a job sends the push after the commit.

    Every push of the product goes through here, and is counted here.
    Locks: PUSH_COUNT. Raises: MpesaUnavailable, NotWholeShillings, PhoneNotValid, PushLimitReached, SecretKeysMissing.
    Emits: PaymentRequested.
    """
    amount, phone = rules.mpesa_amount(wish.amount), rules.phone_number(wish.phone)
    await require_line(tx, line_of(collector.base_url, collector.shortcode))
    await push_limits.count_push(tx, phone, terms.limits)
    payment = _new_payment(
        tx,
        wish.purpose,
        wish.sale_id,
        PaymentMethod.MPESA,
        PaymentState.CREATED,
        amount,
        phone=phone,
        collector=collector,
        deadline_at=tx.now + timedelta(seconds=terms.deadline_s),
        debt=wish.debt,
    )
    repository.insert_payment(tx, payment)
    repository.insert_event(tx, payment.id, None, payment.state, Evidence.TILL, None, "")
    tx.enqueue(SUBMIT_PAYMENT, _address(tx, payment.id))
    tx.enqueue(CHECK_PAYMENT, _address(tx, payment.id), delay_s=min(FIRST_CHECK_S, terms.deadline_s))
    reference = payment.account_reference or ""
    tx.emit(
        PaymentRequested(
            payment.id, payment.purpose, payment.sale_id, payment.amount, reference, payment.credit_account_id
        )
    )
    return payment


def _none_live(live: Payment | None) -> None:
    if live is not None:
        raise PaymentInProgress(payment_id=live.id, payment_request_id=live.request_id, state=live.state)


async def open_account(tx: Tx, payment_id: UUID, accounts: Accounts) -> MpesaAccount:
    """Return what Daraja is spoken to with about a payment: the config that collects it, or the platform's account.

    Locks: none. Raises: PaymentNotFound, SecretUnreadable, SecretKeysMissing, EnvironmentNotOffered. Emits: nothing.
    """
    payment = await queries.get_payment(tx, payment_id)
    if payment.payment_config_id is None:
        return accounts.platform
    return await payment_configs.open_account(tx, payment.payment_config_id, accounts.strongbox)


def _address(tx: Tx, payment_id: UUID) -> dict[str, str]:
    return {"business_id": str(tx.business_id), "payment_id": str(payment_id)}


def _new_payment(
    tx: Tx,
    purpose: PaymentFor,
    sale_id: UUID | None,
    method: PaymentMethod,
    state: PaymentState,
    amount: Decimal,
    *,
    tendered: Decimal | None = None,
    change_given: Decimal | None = None,
    phone: str | None = None,
    collector: Collector | None = None,
    deadline_at: datetime | None = None,
    debt: ForDebt | None = None,
) -> Payment:
    identifier = tx.new_id()
    return Payment(
        id=identifier,
        purpose=purpose,
        sale_id=sale_id,
        payment_config_id=collector.payment_config_id if collector else None,
        method=method,
        state=state,
        amount=amount,
        tendered=tendered,
        change_given=change_given,
        returned_at=None,
        phone=phone,
        shortcode=collector.shortcode if collector else None,
        account_reference=(collector.account_reference or short_code(identifier)) if collector else None,
        merchant_request_id=None,
        checkout_request_id=None,
        result_code=None,
        result_text=None,
        deadline_at=deadline_at,
        money_in_id=None,
        request_id=tx.request_id,
        created_at=tx.now,
        updated_at=tx.now,
        credit_account_id=debt.credit_account_id if debt else None,
        debt_sale_id=debt.debt_sale_id if debt else None,
        drawer_id=debt.drawer_id if debt else None,
    )


async def withdraw(tx: Tx, sale_id: UUID) -> None:
    """Give up attempts of a sale that were not sent yet, so that nobody is asked to pay for a cancelled sale.

    Locks: none; the caller holds the sale, and whoever sends a push holds its payment alone, so neither waits for the
    other for long. Raises: nothing. Emits: PaymentMoved.
    """
    for payment_id in await repository.withdraw_unsent(tx, sale_id):
        note = "the sale was undone"
        repository.insert_event(tx, payment_id, PaymentState.CREATED, PaymentState.FAILED, Evidence.TILL, None, note)
        tx.emit(PaymentMoved(payment_id, sale_id, PaymentState.CREATED, PaymentState.FAILED, Evidence.TILL, note))


async def lock_payment(tx: Tx, payment_id: UUID) -> Payment:
    """Return a payment, ours until the transaction ends.

    Locks: PAYMENT. Raises: PaymentNotFound. Emits: nothing.
    """
    payment = await repository.lock_payment(tx, payment_id)
    if payment is None:
        raise PaymentNotFound(payment_id=payment_id)
    return payment


async def begin_submission(tx: Tx, payment_id: UUID) -> Submission | None:
    """Claim a created payment for sending, and make the secret of its callback path; None where it is not to be sent.

    A payment found in ``submitting`` was claimed by a worker that died: the push may have gone out and Daraja knows no
    idempotency, so it is never sent again; it becomes ``unknown`` and waits for evidence.
    Locks: PAYMENT. Raises: PaymentNotFound. Emits: PaymentMoved.
    """
    payment = await lock_payment(tx, payment_id)
    if payment.state is PaymentState.SUBMITTING:
        move(tx, payment, PaymentState.UNKNOWN, Evidence.SUBMISSION, note="the worker died while it was sending")
        return None
    if payment.state is not PaymentState.CREATED:
        return None
    secret = callbacks.open_path(tx, PathKind.STK, payment.id)
    move(tx, payment, PaymentState.SUBMITTING, Evidence.SUBMISSION)
    return Submission(payment, secret)


async def record_answer(tx: Tx, payment_id: UUID, answer: PushAnswer) -> Payment:
    """Write what Daraja answered to a push. A callback may have come first; then only the ids are new.

    Locks: PAYMENT. Raises: PaymentNotFound. Emits: PaymentMoved.
    """
    payment = await lock_payment(tx, payment_id)
    if isinstance(answer, PushAccepted):
        move(tx, payment, PaymentState.SUBMITTED, Evidence.SUBMISSION)
        repository.update_request_ids(tx, payment.id, answer.merchant_request_id, answer.checkout_request_id)
    elif isinstance(answer, PushRefused):
        move(tx, payment, PaymentState.FAILED, Evidence.SUBMISSION, code=answer.code, text=answer.text)
    else:
        move(tx, payment, PaymentState.UNKNOWN, Evidence.SUBMISSION, note=answer.reason)
    return payment


async def fail(tx: Tx, payment: Payment, code: str, text: str, evidence: Evidence, callback_id: UUID | None) -> bool:
    """Write that the customer did not pay; False where stronger evidence stands. Late success stays possible.

    Locks: none; the caller holds the payment. Raises: nothing. Emits: PaymentMoved.
    """
    return move(tx, payment, PaymentState.FAILED, evidence, code=code, text=text, callback_id=callback_id)


async def expire(tx: Tx, payment: Payment) -> bool:
    """Stop waiting for an answer: it is *not known* whether the customer paid, and a new attempt may be made.

    Locks: none; the caller holds the payment. Raises: nothing. Emits: PaymentMoved.
    """
    return move(tx, payment, PaymentState.EXPIRED, Evidence.DEADLINE)


async def succeed(tx: Tx, payment: Payment, money_in_id: UUID, evidence: Evidence, callback_id: UUID | None) -> None:
    """Write that an attempt ended in a receipt of money.

    Locks: none; the caller holds the payment, which has not succeeded, and has booked the money.
    Raises: nothing. Emits: PaymentMoved.
    """
    moved = move(
        tx,
        payment,
        PaymentState.SUCCEEDED,
        evidence,
        code="0",
        callback_id=callback_id,
        money_in_id=money_in_id,
    )
    assert moved, "a payment ends in money once"  # noqa: S101


def move(
    tx: Tx,
    payment: Payment,
    target: PaymentState,
    evidence: Evidence,
    *,
    code: str | None = None,
    text: str | None = None,
    callback_id: UUID | None = None,
    money_in_id: UUID | None = None,
    note: str = "",
) -> bool:
    """Climb the ladder; False, and nothing written, where the target is not higher."""
    if not rules.may_move(payment.state, target):
        return False
    repository.update_state(tx, payment.id, target, code, text, money_in_id)
    repository.insert_event(tx, payment.id, payment.state, target, evidence, callback_id, note)
    tx.emit(PaymentMoved(payment.id, payment.sale_id, payment.state, target, evidence, note or text or ""))
    return True
