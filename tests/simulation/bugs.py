"""Bugs, planted one at a time where the product is careful: each is what somebody could have written.

Each changes as little of the product as it can, for one seed. The world it is planted in is handed over, because a few
need to get round a second line of defence (row level security, a unique index) that would hide the first line's loss.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import UUID

from payme import payments, sales, wallet
from payme.kit.db import idempotency
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.locks import LockRank
from payme.kit.db.ports import Connection, Job
from payme.kit.db.rows import read_all
from payme.kit.db.transaction import Database, Scope, Tx
from payme.payments import Evidence, Payment, PaymentState, Submission
from payme.sales import Cancellation, Sale, SaleDraft, SaleState, SaleView
from payme.settlement import jobs as settlement_jobs
from payme.settlement import queries as settlement_queries
from payme.settlement import repository as settlement_repository
from payme.settlement import rules as settlement_rules
from payme.settlement import services as settlement_services
from payme.settlement.models import Callback, Paid, Verdict
from payme.settlement.types import CallbackState
from payme.wallet.models import Wallet
from tests.simulation.world import World

Bug = Callable[[World], AbstractContextManager[None]]
AS_OWNER = "; SET LOCAL ROLE NONE"
"""Gets round row level security, as a wrong role in the connection string would."""


@contextmanager
def no_lock(_: World) -> Iterator[None]:
    """Rows are read and not locked."""

    async def lock(tx: Tx, row_type: type[Any], rank: LockRank, select: str, *args: object) -> list[Any]:
        return read_all(row_type, await tx.records(select, *args))

    with patch.object(Tx, "lock", lock):
        yield


@contextmanager
def stale_read_before_lock(_: World) -> Iterator[None]:
    """The wallet is read, then locked, and what was read is believed."""

    async def lock_wallet(tx: Tx) -> Wallet:
        read = await tx.row(
            Wallet, "SELECT balance_tokens, owed_tokens FROM wallets WHERE business_id = $1", tx.business_id
        )
        assert read is not None
        await honest(tx)
        return read

    honest = wallet.repository.lock_wallet  # type: ignore[attr-defined]
    with patch("payme.wallet.repository.lock_wallet", lock_wallet):
        yield


@contextmanager
def no_deduplication_of_requests(_: World) -> Iterator[None]:
    """The Idempotency-Key is written down and never looked up."""

    async def find_or_claim(tx: Tx, key: str, fingerprint: bytes) -> StoredAnswer | None:
        return None

    def keep(tx: Tx, key: str, fingerprint: bytes, answer: StoredAnswer) -> None:
        return None

    with patch.object(idempotency, "find_or_claim", find_or_claim), patch.object(idempotency, "keep", keep):
        yield


@contextmanager
def look_up_without_claim(_: World) -> Iterator[None]:
    """The Idempotency-Key is looked up, but two requests at once both find nothing, and the last answer is kept."""

    async def find_or_claim(tx: Tx, key: str, fingerprint: bytes) -> StoredAnswer | None:
        kept = await tx.records(
            "SELECT status, body FROM idempotency_records WHERE business_id = $1 AND key = $2", tx.business_id, key
        )
        return StoredAnswer(kept[0]["status"], kept[0]["body"], replayed=True) if kept else None

    def keep(tx: Tx, key: str, fingerprint: bytes, answer: StoredAnswer) -> None:
        tx.write(
            """
            INSERT INTO idempotency_records (business_id, key, fingerprint, status, body, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
            """,
            tx.business_id,
            key,
            fingerprint,
            answer.status,
            answer.body,
            tx.now,
        )

    with patch.object(idempotency, "find_or_claim", find_or_claim), patch.object(idempotency, "keep", keep):
        yield


@contextmanager
def no_deduplication_of_callbacks(_: World) -> Iterator[None]:
    """Every success that comes is counted towards the sale, also when it came before."""

    async def apply_paid(tx: Tx, callback: Callback, payment: Payment, paid: Paid) -> tuple[CallbackState, str]:
        if payment.state is PaymentState.SUCCEEDED:
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

    async def close(tx: Tx, callback_id: UUID) -> None:
        callback = await settlement_repository.lock_callback(tx, callback_id)
        assert callback is not None
        settlement_repository.close_callback(tx, callback_id, CallbackState.APPLIED, "", None, None)

    async def apply(database: Database, payload: dict[str, str]) -> None:
        callback_id = UUID(payload["callback_id"])
        anywhere = Scope.system("settlement")
        address = await database.transact(anywhere, settlement_queries.find_address, callback_id)
        if address is None:
            await database.transact(anywhere, settlement_services.orphan_callback, callback_id)
            return
        state = await database.transact(anywhere, _state_of, callback_id)
        if state is not CallbackState.RECEIVED:
            return
        await database.transact(anywhere, close, callback_id)
        scope = Scope.system("settlement", address.business_id)
        await database.transact(scope, settlement_services.apply_callback, callback_id, address.payment_id)

    async def lock_callback(tx: Tx, callback_id: UUID) -> Callback | None:
        callback = await honest(tx, callback_id)
        return replace(callback, state=CallbackState.RECEIVED) if callback and tx.has_business else callback

    honest = settlement_repository.lock_callback
    with (
        patch.object(settlement_jobs, "apply_callback", apply),
        patch.object(settlement_repository, "lock_callback", lock_callback),
    ):
        yield


async def _state_of(tx: Tx, callback_id: UUID) -> CallbackState:
    return CallbackState(await tx.value("SELECT state FROM callbacks WHERE id = $1", callback_id))


@contextmanager
def split_transaction(world: World) -> Iterator[None]:
    """Goods leave in one transaction, the sale is written in the next."""

    async def open_sale(tx: Tx, draft: SaleDraft) -> SaleView:
        view = await honest(tx, draft)
        await tx.flush()
        await tx._connection.execute("COMMIT")  # noqa: SLF001
        await tx._connection.execute(f"BEGIN; SET LOCAL payme.business_id = '{tx.business_id}'")  # noqa: SLF001
        return view

    honest = sales.open_sale
    with patch.object(sales, "open_sale", open_sale):
        yield


@contextmanager
def jobs_after_commit(world: World) -> Iterator[None]:
    """A job is enqueued once the transaction that causes it is through, if the process lives that long."""
    honest = world.database._finish  # noqa: SLF001

    async def finish(tx: Tx, connection: Connection) -> None:
        jobs: list[Job] = list(tx.jobs)
        tx.jobs.clear()
        await honest(tx, connection)
        for job in jobs:
            await world.scheduler.point("enqueue late")
            world._accept(job)  # noqa: SLF001

    with patch.object(world.database, "_finish", finish):
        yield


@contextmanager
def trust_the_amount(_: World) -> Iterator[None]:
    """A callback is believed about how much was paid."""

    def judge(payment: Payment, result: Any, shortcode: str) -> Verdict:  # noqa: ANN401
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
def wallet_without_business(world: World) -> Iterator[None]:
    """The balance is written without naming the business, by a role that no policy holds back."""

    def update_balance(tx: Tx, balance: int) -> None:
        tx.write("UPDATE wallets SET balance_tokens = $1, updated_at = $2", balance, tx.now)

    world.pool.set_role = AS_OWNER
    with patch("payme.wallet.repository.update_balance", update_balance):
        yield


@contextmanager
def sale_without_business(world: World) -> Iterator[None]:
    """A sale is found by its id alone, by a role that no policy holds back."""

    async def get_sale(tx: Tx, sale_id: UUID) -> Sale:
        found = await tx.row(
            Sale,
            """
            SELECT id, number, state, total, paid, opened_by, opened_at, completed_at, cancelled_at, cancel_reason,
                   note, business_day
              FROM sales
             WHERE id = $1
            """,
            sale_id,
        )
        assert found is not None
        return found

    world.pool.set_role = AS_OWNER
    with patch("payme.sales.queries.get_sale", get_sale):
        yield


@contextmanager
def refund_twice(_: World) -> Iterator[None]:
    """A cancelled sale may be cancelled again, and its token comes back each time."""

    async def cancel_sale(tx: Tx, sale_id: UUID, cancellation: Cancellation) -> SaleView:
        sale = await sales.get_sale(tx, sale_id)
        if sale.state is not SaleState.CANCELLED:
            return await honest(tx, sale_id, cancellation)
        held = await wallet.repository.lock_wallet(tx)  # type: ignore[attr-defined]
        wallet.repository.update_balance(tx, held.balance_tokens + 1)  # type: ignore[attr-defined]
        return await sales.get_sale_view(tx, sale_id)

    honest = sales.cancel_sale
    with patch.object(sales, "cancel_sale", cancel_sale):
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
            INSERT INTO callback_paths (path_hash, business_id, payment_id, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
            """,
            payments.hash_of_secret(secret),
            tx.business_id,
            payment_id,
            tx.now,
        )
        payments.services.move(tx, payment, PaymentState.SUBMITTING, Evidence.SUBMISSION)  # type: ignore[attr-defined]
        return Submission(payment, secret)

    with patch("payme.payments.services.begin_submission", begin_submission):
        yield


@contextmanager
def late_money_is_refused(_: World) -> Iterator[None]:
    """Passing the deadline is taken for failure: what comes after is dropped."""

    async def apply_paid(tx: Tx, callback: Callback, payment: Payment, paid: Paid) -> tuple[CallbackState, str]:
        if payment.state in {PaymentState.EXPIRED, PaymentState.FAILED}:
            return CallbackState.DUPLICATE, "too late"
        return await honest(tx, callback, payment, paid)

    honest = settlement_services._apply_paid  # noqa: SLF001
    with patch.object(settlement_services, "_apply_paid", apply_paid):
        yield


@contextmanager
def cancelled_sale_revived(_: World) -> Iterator[None]:
    """Money that comes for a cancelled sale completes it."""

    async def lock_sale(tx: Tx, sale_id: UUID) -> Sale | None:
        sale = await honest(tx, sale_id)
        if sale is not None and sale.state is SaleState.CANCELLED and tx.actor.kind == "system":
            return replace(sale, state=SaleState.OPEN, cancelled_at=None)
        return sale

    honest = sales.repository.lock_sale  # type: ignore[attr-defined]
    with patch("payme.sales.repository.lock_sale", lock_sale):
        yield


BUGS: dict[str, Bug] = {
    bug.__name__: bug  # type: ignore[attr-defined]
    for bug in (
        no_lock,
        stale_read_before_lock,
        no_deduplication_of_requests,
        look_up_without_claim,
        no_deduplication_of_callbacks,
        acknowledge_before_apply,
        split_transaction,
        jobs_after_commit,
        trust_the_amount,
        trust_the_path,
        wallet_without_business,
        sale_without_business,
        refund_twice,
        push_twice,
        late_money_is_refused,
        cancelled_sale_revived,
    )
}
