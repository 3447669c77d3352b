"""Jobs of payments: the network stands between two transactions, never inside one."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from payme.kit.db.transaction import Database, Scope
from payme.kit.secrets import SecretKeysMissing, SecretUnreadable
from payme.mpesa import Daraja, MpesaAccount, PushOrder, PushRefused
from payme.payment_configs import EnvironmentNotOffered
from payme.payments import services
from payme.payments.models import Accounts
from payme.payments.types import PaymentFor

_DESCRIPTIONS = {
    PaymentFor.SALE: "Sale",
    PaymentFor.CREDIT: "Credit",
    PaymentFor.TOKENS: "Tokens",
    PaymentFor.TEST: "Test",
}


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
