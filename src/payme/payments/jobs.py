"""Jobs of payments: the network stands between two transactions, never inside one."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from payme.kit.db.transaction import Database, Scope
from payme.kit.secrets import SecretKeysMissing, SecretUnreadable
from payme.mpesa import Daraja, MpesaAccount, Outcome, PushOrder, PushRefused, QueryResult, outcome_of
from payme.payment_configs import EnvironmentNotOffered
from payme.payments import queries, services
from payme.payments.models import Accounts, Payment
from payme.payments.types import PaymentFor, PaymentState

_DESCRIPTIONS = {PaymentFor.SALE: "Sale", PaymentFor.TOKENS: "Tokens", PaymentFor.TEST: "Test"}
SWEEP_GRACE_S = 60.0
SWEEP_MAX = 200


@dataclass(frozen=True)
class PushDesk:
    """What the jobs need: the books, Daraja, the accounts that collect, and where Daraja can call back."""

    database: Database
    daraja: Daraja
    accounts: Accounts
    callback_base_url: str


async def submit_payment(desk: PushDesk, payload: Mapping[str, str]) -> None:
    """Ask the customer: claim the payment, send the push, record the answer. Run twice, it sends once."""
    business_id, payment_id = UUID(payload["business_id"]), UUID(payload["payment_id"])
    scope = Scope.system("payments", business_id)
    # Opened before the payment is claimed: where it cannot be, nothing was sent, and that is certain.
    account = await _open_account(desk, scope, payment_id)
    submission = await desk.database.transact(scope, services.begin_submission, payment_id)
    if submission is None:
        return
    payment = submission.payment
    order = PushOrder(
        amount=payment.amount,
        phone=payment.phone or "",
        account_reference=payment.account_reference or "",
        description=_DESCRIPTIONS[payment.purpose],
        callback_url=f"{desk.callback_base_url}/callbacks/{submission.secret}",
    )
    answer = account if isinstance(account, PushRefused) else await desk.daraja.push(account, order)
    await desk.database.seams.chaos.point("push_answered")
    await desk.database.transact(scope, services.record_answer, payment_id, answer)


async def _open_account(desk: PushDesk, scope: Scope, payment_id: UUID) -> MpesaAccount | PushRefused:
    """Open the account that a payment is collected with, or say why no push can be sent."""
    try:
        return await desk.database.transact(scope, services.open_account, payment_id, desk.accounts)
    except (SecretUnreadable, SecretKeysMissing, EnvironmentNotOffered) as closed:
        return PushRefused(closed.code, closed.title, closed.advice)


async def check_payment(desk: PushDesk, payload: Mapping[str, str]) -> None:
    """At the deadline ask Daraja once; a final failure is recorded, anything else leaves it not known: expired.

    A query names no receipt, so even a success only waits for the callback (domain.md section 3).
    """
    business_id, payment_id = UUID(payload["business_id"]), UUID(payload["payment_id"])
    scope = Scope.system("payments", business_id)
    payment = await desk.database.transact(scope, queries.get_payment, payment_id)
    if not payment.state.is_live:
        return
    failure = await _failure_by_query(desk, scope, payment)
    if failure is None:
        await desk.database.transact(scope, services.expire, payment_id)
    else:
        await desk.database.transact(scope, services.record_query_failure, payment_id, failure)


async def sweep_payments(desk: PushDesk, business_id: UUID) -> int:
    """End attempts of a business whose check at the deadline was lost or gave up; returns how many there were.

    Without it such an attempt would stay live, and the sale could not be asked for again.
    """
    scope = Scope.system("payments", business_id)
    overdue = await desk.database.transact(scope, queries.list_overdue, SWEEP_GRACE_S, SWEEP_MAX)
    for payment_id in overdue:
        await check_payment(desk, {"business_id": str(business_id), "payment_id": str(payment_id)})
    return len(overdue)


async def _failure_by_query(desk: PushDesk, scope: Scope, payment: Payment) -> QueryResult | None:
    if payment.state is not PaymentState.SUBMITTED or payment.checkout_request_id is None:
        return None
    account = await _open_account(desk, scope, payment.id)
    if isinstance(account, PushRefused):
        return None
    answer = await desk.daraja.query(account, payment.checkout_request_id)
    if isinstance(answer, QueryResult) and outcome_of(answer.code) is Outcome.FAILED:
        return answer
    return None
