"""Commands of receipts: claim a question before the network, and record after it what was learned."""

from datetime import datetime, timedelta
from uuid import UUID

from payme import callbacks, money, payment_configs
from payme.callbacks import PathKind
from payme.kit.db.transaction import Tx
from payme.money import Claim, ClaimState
from payme.payment_configs import PaymentConfig
from payme.receipts import queries, repository, rules
from payme.receipts.events import PullRegistered, ReceiptUnanswered
from payme.receipts.models import Asking, PullPlan, Question
from payme.receipts.types import PAGES_MAX
from payme.shortcodes import PULL_PAGE, OrderAnswer, PullAnswer, Pulled, Refused, Taken

VERIFY_RECEIPT = "verify_receipt"
PULL_NEXT = "pull_next"


async def ask_about(tx: Tx, claim: Claim) -> None:
    """Wish to know of Safaricom what a claimed receipt is, where the shop has an initiator who may ask.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    config = await _asking_config(tx)
    if claim.state is ClaimState.UNVERIFIED and config is not None:
        first_at = rules.first_ask(tx.now)
        repository.insert_question(tx, claim.id, config.id, first_at)
        _enqueue(tx, claim.id, (first_at - tx.now).total_seconds())


async def begin_question(tx: Tx, claim_id: UUID) -> Asking | None:
    """Claim the question that is due and arrange the next; None where there is nothing to ask now.

    The next question stands before this one is asked, so a worker that dies loses one question and no receipt.
    Locks: none. Raises: nothing. Emits: ReceiptUnanswered.
    """
    question = await queries.find_question(tx, claim_id)
    if question is None or not rules.is_turn(question, tx.now):
        return None
    claim = await money.get_claim(tx, claim_id)
    config = await _asking_config(tx)
    if (
        claim is None
        or claim.state is not ClaimState.UNVERIFIED
        or config is None
        or rules.is_over(question, claim.created_at, tx.now)
    ):
        await _end(tx, question, claim)
        return None
    next_at = rules.next_ask(question, claim.created_at, tx.now)
    if not await repository.count_ask(tx, question, config.id, next_at):
        return None
    _enqueue(tx, claim_id, (next_at - tx.now).total_seconds())
    return Asking(
        config.id,
        claim.receipt,
        result=callbacks.open_path(tx, PathKind.STATUS, claim_id),
        timeout=callbacks.open_path(tx, PathKind.STATUS_TIMEOUT, claim_id),
    )


async def _end(tx: Tx, question: Question, claim: Claim | None) -> None:
    ended = await repository.end_question(tx, question.claim_id)
    if ended and claim is not None and claim.state is ClaimState.UNVERIFIED:
        tx.emit(ReceiptUnanswered(claim.id, claim.receipt, question.asks, question.said))


async def record_question(tx: Tx, claim_id: UUID, answer: OrderAnswer, spread_s: float) -> None:
    """Write whether Safaricom took a question; what it answers comes later, on a path.

    Where it could not be asked, the question does not count and comes again ``spread_s`` after the line is free.
    Locks: none. Raises: nothing. Emits: nothing.
    """
    if isinstance(answer, Refused) and answer.again_at is not None:
        question = await queries.find_question(tx, claim_id)
        again_at = answer.again_at + timedelta(seconds=spread_s)
        if question is not None and question.next_at is not None and again_at < question.next_at:
            repository.put_off(tx, claim_id, question.asks, again_at)
            _enqueue(tx, claim_id, (again_at - tx.now).total_seconds())
    elif not isinstance(answer, Taken):
        repository.keep_said(tx, claim_id, _said(answer))


def note_unanswered(tx: Tx, claim_id: UUID, said: str) -> None:
    """Write that Safaricom's answer tells nothing of the receipt; it is asked again.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    repository.keep_said(tx, claim_id, said)


async def begin_pull(tx: Tx) -> PullPlan | None:
    """Say for which time payments are to be listed now; None where the shop has no number that may have the list.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    config = await payment_configs.find_active(tx)
    if config is None or config.pull_number is None:
        return None
    pull = await queries.find_pull(tx, config.id)
    known = rules.is_registered(pull, config.pull_number)
    notices = None if known else callbacks.open_path(tx, PathKind.PULL, config.id)
    return PullPlan(config, rules.begin_of(pull, tx.now), tx.now, notices=notices)


async def resume_pull(tx: Tx, config_id: UUID, start: datetime, end: datetime, page: int) -> PullPlan:
    """Return a plan that another job began.

    Locks: none. Raises: PaymentConfigNotFound. Emits: nothing.
    """
    return PullPlan(await payment_configs.get_config(tx, config_id), start, end, page)


async def record_pull_registration(tx: Tx, config: PaymentConfig, answer: OrderAnswer) -> bool:
    """Write what Safaricom answered to the wish for lists; True where it gives them.

    Locks: none. Raises: nothing. Emits: PullRegistered.
    """
    assert config.pull_number is not None, "only such a config is registered"  # noqa: S101
    taken = isinstance(answer, Taken)
    repository.keep_registration(tx, config.id, config.pull_number, tx.now if taken else None, _said(answer))
    if taken:
        tx.emit(PullRegistered(config.id, config.pull_number))
    return taken


async def record_pull(tx: Tx, plan: PullPlan, answer: PullAnswer) -> None:
    """Arrange the next page, or write until when everything is booked, or why it is not.

    What is not booked is listed again by the next pull, which begins where this one did. A page for which the line is
    held comes when it is free: no job waits for it.
    Locks: none. Raises: nothing. Emits: nothing.
    """
    if isinstance(answer, Refused) and answer.again_at is not None and rules.may_wait(plan, answer.again_at):
        _enqueue_page(tx, plan, plan.page, (answer.again_at - tx.now).total_seconds())
    elif not isinstance(answer, Pulled):
        repository.keep_pull(tx, plan.config.id, None, _said(answer))
    elif answer.rows < PULL_PAGE:
        repository.keep_pull(tx, plan.config.id, plan.end, "")
    elif plan.page + 1 < PAGES_MAX:
        _enqueue_page(tx, plan, plan.page + 1, 0)
    else:
        repository.keep_pull(tx, plan.config.id, None, f"more than {PAGES_MAX} pages")


def _said(answer: OrderAnswer) -> str:
    if isinstance(answer, Taken):
        return ""
    return f"{answer.code}: {answer.text}" if isinstance(answer, Refused) else answer.reason


async def _asking_config(tx: Tx) -> PaymentConfig | None:
    config = await payment_configs.find_active(tx)
    return config if config is not None and config.initiator_name is not None else None


def _enqueue(tx: Tx, claim_id: UUID, delay_s: float) -> None:
    tx.enqueue(VERIFY_RECEIPT, {"business_id": str(tx.business_id), "claim_id": str(claim_id)}, delay_s=delay_s)


def _enqueue_page(tx: Tx, plan: PullPlan, page: int, delay_s: float) -> None:
    address = {
        "business_id": str(tx.business_id),
        "payment_config_id": str(plan.config.id),
        "start": plan.start.isoformat(),
        "end": plan.end.isoformat(),
        "page": str(page),
    }
    tx.enqueue(PULL_NEXT, address, delay_s=delay_s)
