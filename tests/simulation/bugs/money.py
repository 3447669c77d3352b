"""Planted where money arrives: callbacks, receipts, the ladder of payments."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from payme import callbacks, money, payments, sales, token_purchases
from payme.callbacks import Address, Callback, CallbackState, PathKind
from payme.callbacks import repository as callback_repository
from payme.drawers import OpenDrawer
from payme.kit.db.transaction import Database, Scope, Tx
from payme.money import Purpose, SaleMoney, Share
from payme.money import queries as money_queries
from payme.mpesa import QueryAnswer, QueryResult
from payme.payments import Evidence, Payment, PaymentState, Submission
from payme.payments import services as payment_services
from payme.settlement import jobs as settlement_jobs
from payme.settlement import rules as settlement_rules
from payme.settlement import services as settlement_services
from payme.settlement.models import Paid, Verdict
from payme.token_purchases import Credited
from tests.simulation.world import World


@contextmanager
def no_deduplication_of_callbacks(_: World) -> Iterator[None]:
    """Every success that comes is counted towards the sale, also when it came before."""

    async def apply_paid(
        tx: Tx, callback: Callback, payment: Payment, paid: Paid, *, by_hand: bool = False
    ) -> tuple[CallbackState, str]:
        if payment.state is PaymentState.SUCCEEDED and payment.sale_id is not None:
            received = await sales.receive_money(tx, payment.sale_id, paid.amount)
            if received.applied:
                return CallbackState.APPLIED, ""
        return await honest(tx, callback, payment, paid)

    honest = settlement_services._apply_paid  # noqa: SLF001
    with patch.object(settlement_services, "_apply_paid", apply_paid):
        yield


@contextmanager
def acknowledge_before_apply(_: World) -> Iterator[None]:
    """A callback is closed in one transaction and applied in the next."""

    async def close(tx: Tx, callback_id: UUID) -> bool:
        callback = await callbacks.lock_callback(tx, callback_id)
        if callback.state is not CallbackState.RECEIVED:
            return False
        callback_repository.close_callback(tx, callback_id, CallbackState.APPLIED, "", None, None)
        return True

    async def apply(database: Database, callback_id: UUID, address: Address) -> CallbackState:
        anywhere = Scope.system("settlement")
        if not await database.transact(anywhere, close, callback_id):
            return CallbackState.APPLIED
        scope = Scope.system("settlement", address.business_id)
        return await database.transact(scope, settlement_services.apply_callback, callback_id, address.subject_id)

    async def lock_callback(tx: Tx, callback_id: UUID) -> Callback:
        callback = await honest(tx, callback_id)
        return replace(callback, state=CallbackState.RECEIVED) if tx.has_business else callback

    honest = callbacks.lock_callback
    with (
        patch.object(settlement_jobs, "apply_callback", apply),
        patch.object(callbacks, "lock_callback", lock_callback),
    ):
        yield


@contextmanager
def trust_the_amount(_: World) -> Iterator[None]:
    """A callback is believed about how much was paid."""

    def judge(payment: Payment, result: Any, shortcode: str) -> Verdict:
        believed = replace(payment, amount=result.amount) if result.amount is not None else payment
        return honest(believed, result, shortcode)

    honest = settlement_rules.judge
    with patch.object(settlement_rules, "judge", judge):
        yield


@contextmanager
def trust_the_path(_: World) -> Iterator[None]:
    """Whatever comes on a payment's path is about that payment."""
    with patch.object(settlement_rules, "_mismatch", lambda *_: None):
        yield


@contextmanager
def push_twice(_: World) -> Iterator[None]:
    """A payment whose worker died while it sent is sent again."""

    async def begin_submission(tx: Tx, payment_id: UUID) -> Submission | None:
        payment = await payments.lock_payment(tx, payment_id)
        if payment.state not in {PaymentState.CREATED, PaymentState.SUBMITTING}:
            return None
        secret = f"{payment_id.hex}"
        tx.write(
            """
            INSERT INTO callback_paths (path_hash, business_id, kind, subject_id, created_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
            """,
            callbacks.hash_of_secret(secret),
            tx.business_id,
            PathKind.STK,
            payment_id,
            tx.now,
        )
        payment_services.move(tx, payment, PaymentState.SUBMITTING, Evidence.SUBMISSION)
        return Submission(payment, secret)

    with patch("payme.payments.services.begin_submission", begin_submission):
        yield


@contextmanager
def late_money_is_refused(_: World) -> Iterator[None]:
    """Passing the deadline is taken for failure: what comes after is dropped."""

    async def apply_paid(
        tx: Tx, callback: Callback, payment: Payment, paid: Paid, *, by_hand: bool = False
    ) -> tuple[CallbackState, str]:
        if payment.state in {PaymentState.EXPIRED, PaymentState.FAILED}:
            return CallbackState.DUPLICATE, "too late"
        return await honest(tx, callback, payment, paid)

    honest = settlement_services._apply_paid  # noqa: SLF001
    with patch.object(settlement_services, "_apply_paid", apply_paid):
        yield


@contextmanager
def late_tokens_are_refused(_: World) -> Iterator[None]:
    """A purchase whose payment has failed or expired is thought to be over: its money buys nothing."""

    async def receive_money(tx: Tx, payment_id: UUID, paid: Decimal, receipt: str) -> Credited:
        moved = await tx.value(
            """
            SELECT count(*) FROM payment_events
             WHERE business_id = $1 AND payment_id = $2 AND to_state IN ('expired', 'failed')
            """,
            tx.business_id,
            payment_id,
        )
        if moved:
            return Credited(payment_id, 0, Decimal(0), is_short=False)
        return await honest(tx, payment_id, paid, receipt)

    honest = token_purchases.receive_money
    with patch.object(token_purchases, "receive_money", receive_money):
        yield


@contextmanager
def receipt_not_claimed(_: World) -> Iterator[None]:
    """Nobody asks whether a receipt was booked before, in this shop or in another."""

    async def list_receipt(tx: Tx, shortcode: str, receipt: str, money_in_id: UUID) -> bool:
        return True

    with patch("payme.money.repository.list_receipt", list_receipt):
        yield


@contextmanager
def second_attempt_not_looked_for(_: World) -> Iterator[None]:
    """A customer who is being asked is asked again."""

    async def find_live(tx: Tx, sale_id: UUID) -> Payment | None:
        return None

    with patch("payme.payments.queries.find_live", find_live):
        yield


@contextmanager
def weaker_evidence_counts(_: World) -> Iterator[None]:
    """The last word wins, whoever says it: a payment may move down the ladder."""
    with patch("payme.payments.rules.may_move", lambda current, target: current is not target):
        yield


@contextmanager
def query_taken_for_a_receipt(_: World) -> Iterator[None]:
    """Daraja, asked, says it was paid, and that is written down as money received."""

    async def record_visit(tx: Tx, payment_id: UUID, answer: QueryAnswer, spread_s: float) -> None:
        payment = await payments.lock_payment(tx, payment_id)
        if isinstance(answer, QueryResult) and answer.code == "0":
            payment_services.move(tx, payment, PaymentState.SUCCEEDED, Evidence.QUERY, code="0")

    with patch("payme.inquiries.services.record_visit", record_visit):
        yield


@contextmanager
def nobody_is_told(_: World) -> Iterator[None]:
    """After a day of asking in vain the payment is dropped in silence."""
    with patch("payme.inquiries.rules.needs_person", lambda *_: False):
        yield


@contextmanager
def overpayment_counted_as_sale(_: World) -> Iterator[None]:
    """All the money that comes is booked as the sale's."""

    def share_out(amount: Decimal, applied: Decimal, sale_id: UUID, *, sale_is_terminal: bool) -> list[Share]:
        return [Share(Purpose.SALE, sale_id, amount)]

    with patch.object(money, "share_out", share_out):
        yield


@contextmanager
def unallocated_money_forgotten(_: World) -> Iterator[None]:
    """A cancelled sale keeps the M-Pesa money that stood in its account."""

    async def release(tx: Tx, sale_id: UUID, amount: Decimal | None = None) -> list[SaleMoney]:
        return await money_queries.sale_money(tx, sale_id)

    with patch.object(money, "release", release):
        yield


@contextmanager
def cash_not_given_back(_: World) -> Iterator[None]:
    """A cancelled sale keeps the cash that was taken for it."""

    async def return_cash(tx: Tx, sale_id: UUID, amount: Decimal, drawer: OpenDrawer | None) -> None:
        return None

    with patch.object(payments, "return_cash", return_cash):
        yield
