"""Commands of restores: hold back what waited to leave when a backup was made, because it may have left since."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from payme import alerts, issues, payments, refunds, sms
from payme.kit.db.transaction import Database, Scope, Tx
from payme.mpesa import PushUnknown
from payme.restores import rules
from payme.restores.models import HeldBack
from payme.restores.types import AT_ONCE, MAY_HAVE_LEFT
from payme.shortcodes import Unknown

_PART = "restores"


async def hold_back(database: Database, business_id: UUID, *, at_once: int = AT_ONCE) -> HeldBack:
    """Hold back what a business was to send, in a restored database that nobody uses yet; asked again it does nothing.

    Webhooks leave again, under their own ids. Issues come first: of those opened here people are to be told.
    Locks: ISSUE, ALERT, PAYMENT, REFUND, each in transactions of its own. Raises: nothing.
    Emits: SmsEnded, PaymentMoved, RefundMoved, IssueOpened.
    """
    scope = Scope.system(_PART, business_id)

    async def all_of(hold: Callable[[Tx, int], Awaitable[int]]) -> int:
        held = 0
        while some := await database.transact(scope, hold, at_once):
            held += some
        return held

    return HeldBack(
        issues=await all_of(issues.count_as_told),
        alerts=await all_of(alerts.withdraw_restored),
        messages=await all_of(sms.withdraw_restored),
        pushes=await _each(database, scope, payments.list_unsent, _doubt_push, at_once),
        reversals=await _each(database, scope, refunds.list_unsent, _doubt_reversal, at_once),
        refunds=await _warn_of_refunds(database, scope, at_once),
    )


async def _each(
    database: Database,
    scope: Scope,
    waiting: Callable[[Tx, int], Awaitable[list[UUID]]],
    doubt: Callable[[Tx, UUID], Awaitable[None]],
    at_once: int,
) -> int:
    doubted = 0
    while some := await database.transact(scope, waiting, at_once):
        for one in some:
            await database.transact(scope, doubt, one)
        doubted += len(some)
    return doubted


async def _doubt_push(tx: Tx, payment_id: UUID) -> None:
    await payments.record_answer(tx, payment_id, PushUnknown(MAY_HAVE_LEFT))


async def _doubt_reversal(tx: Tx, attempt_id: UUID) -> None:
    await refunds.record_answer(tx, attempt_id, Unknown(MAY_HAVE_LEFT))


async def _warn_of_refunds(database: Database, scope: Scope, at_once: int) -> int:
    warned, after_id = 0, None
    while some := await database.transact(scope, refunds.list_unpaid, at_once, after_id):
        await database.transact(scope, issues.open_issues, [rules.issue_of(refund) for refund in some])
        warned, after_id = warned + len(some), some[-1].id
    return warned
