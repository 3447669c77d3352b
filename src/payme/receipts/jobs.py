"""Jobs of receipts: Safaricom is asked between two transactions, never inside one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import structlog

from payme import payment_configs
from payme.daraja import Access
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.errors import Refusal
from payme.payment_configs import Strongbox
from payme.receipts import queries, services
from payme.receipts.models import PullPlan
from payme.receipts.types import SPREAD_S
from payme.shortcodes import (
    PULL_PAGE,
    Initiator,
    OrderAnswer,
    PullAnswer,
    Pulled,
    PulledMoney,
    ResultPaths,
)

SWEEP_GRACE_S: Final = 60.0
SWEEP_MAX: Final = 200
_PART: Final = "receipts"
log = structlog.get_logger(__name__)

Book = Callable[[Tx, UUID, str, PulledMoney], Awaitable[bool]]
"""Books a listed payment of a payment config and its shortcode; True where it was not booked before."""


class Organisation(Protocol):
    """What the organisation behind a shortcode asks."""

    async def ask_status(self, access: Access, initiator: Initiator, receipt: str, paths: ResultPaths) -> OrderAnswer:
        """Ask what a receipt is."""
        ...

    async def register_pull(self, access: Access, nominated_phone: str, callback_url: str) -> OrderAnswer:
        """Wish for lists of payments."""
        ...

    async def pull(self, access: Access, start: datetime, end: datetime, offset: int) -> PullAnswer:
        """Ask for one page of a list."""
        ...


@dataclass(frozen=True)
class ReceiptDesk:
    """What the jobs need: the books, the way to Daraja, what opens the credentials, where we are reached, who books."""

    database: Database
    organisation: Organisation
    strongbox: Strongbox
    callback_base_url: str
    book: Book

    def url(self, secret: str) -> str:
        """Return the address of a callback path."""
        return f"{self.callback_base_url}/callbacks/{secret}"


async def verify_receipt(desk: ReceiptDesk, payload: Mapping[str, str]) -> None:
    """Ask what a claimed receipt is, if it is time. Run twice, it asks once; the answer is a callback."""
    claim_id = UUID(payload["claim_id"])
    scope = Scope.system(_PART, UUID(payload["business_id"]))
    asking = await desk.database.transact(scope, services.begin_question, claim_id)
    if asking is None:
        return
    try:
        account, initiator = await desk.database.transact(scope, _open, asking.payment_config_id, desk.strongbox)
    except Refusal as closed:  # its credentials cannot be read; the next question stands, and may find them again
        log.warning("question_account_closed", claim_id=str(claim_id), error=closed.code)
        return
    paths = ResultPaths(desk.url(asking.result), desk.url(asking.timeout))
    answer = await desk.organisation.ask_status(account, initiator, asking.receipt, paths)
    await desk.database.seams.chaos.point("receipt_asked")
    spread_s = desk.database.seams.randomness.uniform(0, SPREAD_S)
    await desk.database.transact(scope, services.record_question, claim_id, answer, spread_s)


async def _open(tx: Tx, config_id: UUID, box: Strongbox) -> tuple[Access, Initiator]:
    initiator = await payment_configs.find_initiator(tx, config_id, box)
    assert initiator is not None, "only a config with an initiator is asked through"  # noqa: S101
    return (await payment_configs.open_account(tx, config_id, box)).access, initiator


async def sweep_questions(desk: ReceiptDesk, business_id: UUID) -> int:
    """Ask what lost its job; returns how many there were."""
    found = await desk.database.transact(
        Scope.system(_PART, business_id), queries.list_missed, SWEEP_GRACE_S, SWEEP_MAX
    )
    for claim_id in found:
        await verify_receipt(desk, {"business_id": str(business_id), "claim_id": str(claim_id)})
    return len(found)


async def pull_money(desk: ReceiptDesk, business_id: UUID) -> int:
    """Book the first page of what Safaricom lists and nobody told us of; returns how many payments were new.

    Whatever goes wrong, the same time is listed again at the next pull, as far as Safaricom still lists it.
    """
    scope = Scope.system(_PART, business_id)
    plan = await desk.database.transact(scope, services.begin_pull)
    return 0 if plan is None else await _pull(desk, scope, plan)


async def pull_next(desk: ReceiptDesk, payload: Mapping[str, str]) -> int:
    """Book a further page of a list, like the first."""
    scope = Scope.system(_PART, UUID(payload["business_id"]))
    config_id, page = UUID(payload["payment_config_id"]), int(payload["page"])
    start, end = datetime.fromisoformat(payload["start"]), datetime.fromisoformat(payload["end"])
    return await _pull(
        desk, scope, await desk.database.transact(scope, services.resume_pull, config_id, start, end, page)
    )


async def _pull(desk: ReceiptDesk, scope: Scope, plan: PullPlan) -> int:
    try:
        account = await desk.database.transact(scope, payment_configs.open_account, plan.config.id, desk.strongbox)
    except Refusal as closed:
        log.warning("pull_account_closed", payment_config_id=str(plan.config.id), error=closed.code)
        return 0
    if not await _is_registered(desk, scope, plan, account.access):
        return 0
    answer = await desk.organisation.pull(account.access, plan.start, plan.end, plan.page * PULL_PAGE)
    new = 0
    for row in answer.money if isinstance(answer, Pulled) else ():
        new += await desk.database.transact(scope, desk.book, plan.config.id, plan.config.shortcode, row)
    await desk.database.transact(scope, services.record_pull, plan, answer)
    return new


async def _is_registered(desk: ReceiptDesk, scope: Scope, plan: PullPlan, access: Access) -> bool:
    if plan.notices is None:
        return True
    answer = await desk.organisation.register_pull(access, plan.config.pull_number or "", desk.url(plan.notices))
    return await desk.database.transact(scope, services.record_pull_registration, plan.config, answer)
