"""Jobs of refunds: an order to reverse a receipt goes out between two transactions, and is waited for."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from payme.daraja import Access
from payme.kit.db.transaction import Database, Scope
from payme.kit.secrets import SecretKeysMissing, SecretUnreadable
from payme.payment_configs import EnvironmentNotOffered, Strongbox
from payme.refunds import services
from payme.refunds.models import Counter
from payme.shortcodes import Initiator, OrderAnswer, Refused, ResultPaths

_PART = "refunds"


class Reverser(Protocol):
    """Who orders reversals. No answer is ever raised: what is not known is said to be unknown."""

    async def reverse(
        self, access: Access, initiator: Initiator, receipt: str, amount: Decimal, paths: ResultPaths
    ) -> OrderAnswer:
        """Order a payment to be given back, at most once. Source: Daraja, Reversals."""
        ...


@dataclass(frozen=True)
class RefundDesk:
    """What the jobs need: the books, Daraja, what credentials are opened with, and where Daraja can call back."""

    database: Database
    reverser: Reverser
    box: Strongbox
    callback_base_url: str


async def reverse_refund(desk: RefundDesk, payload: Mapping[str, str]) -> None:
    """Order a reversal: claim it, send it, record the answer. Run twice, it sends once."""
    attempt_id = UUID(payload["attempt_id"])
    scope = Scope.system(_PART, UUID(payload["business_id"]))
    # Opened before the order is claimed: where it cannot be, nothing was sent, and that is certain.
    counter = await _open(desk, scope, attempt_id)
    order = await desk.database.transact(scope, services.begin_reversal, attempt_id)
    if order is None:
        return
    base = f"{desk.callback_base_url}/callbacks"
    paths = ResultPaths(f"{base}/{order.result_secret}", f"{base}/{order.timeout_secret}")
    answer: OrderAnswer
    if isinstance(counter, Refused):
        answer = counter
    else:
        answer = await desk.reverser.reverse(counter.access, counter.initiator, order.receipt, order.amount, paths)
    await desk.database.seams.chaos.point("reversal_answered")
    await desk.database.transact(scope, services.record_answer, attempt_id, answer)


async def check_refund(desk: RefundDesk, payload: Mapping[str, str]) -> None:
    """Stop waiting for the result of a reversal that should have come; run again, it changes nothing."""
    scope = Scope.system(_PART, UUID(payload["business_id"]))
    await desk.database.transact(scope, services.stop_waiting, UUID(payload["attempt_id"]))


async def _open(desk: RefundDesk, scope: Scope, attempt_id: UUID) -> Counter | Refused:
    try:
        counter = await desk.database.transact(scope, services.open_counter, attempt_id, desk.box)
    except (SecretUnreadable, SecretKeysMissing, EnvironmentNotOffered) as closed:
        return Refused(closed.code, closed.title)
    return counter or Refused("no_initiator", "The payment config has no initiator any more.")
