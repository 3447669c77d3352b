"""Pure decisions of refunds: who may decide, what may follow what, and which results are believed."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from payme.messages import ApiResult
from payme.money import MoneyIn
from payme.refunds.errors import NotYourRefund, OwnRefund, PayoutReceiptWrong, RefundMayBePaid, RefundNotMovable
from payme.refunds.events import RefundMoved
from payme.refunds.models import Attempt, Doubtful, NotReversed, Payout, Refund, RefundDraft, Reversed, Verdict
from payme.refunds.types import ALREADY_REVERSED, MOVES, NOT_REVERSED, AttemptState, Doubt, Method, RefundState

_RECEIPT: Final = re.compile(r"[A-Z0-9]{6,20}")
_PLACEHOLDER: Final = "0000000"
"""How the transaction id of a result ends where M-PESA made no transaction."""


def asked(draft: RefundDraft, held: MoneyIn, refund_id: UUID, user_id: UUID, at: datetime) -> Refund:
    """Return what somebody asked for, as it is kept."""
    return Refund(
        id=refund_id,
        money_in_id=held.id,
        shortcode=held.shortcode,
        amount=draft.amount,
        reason=draft.reason,
        state=RefundState.REQUESTED,
        method=None,
        payout_receipt=None,
        requested_by=user_id,
        decided_by=None,
        paid_by=None,
        paid_at=None,
        created_at=at,
        updated_at=at,
    )


def told(before: Refund, after: Refund, note: str) -> RefundMoved:
    """Return what the audit keeps of a step."""
    return RefundMoved(
        subject_id=after.id,
        before=before.state,
        after=after.state,
        money_in_id=after.money_in_id,
        amount=after.amount,
        method=after.method,
        payout_receipt=after.payout_receipt,
        note=note,
    )


def may_move(current: RefundState, target: RefundState) -> bool:
    """Say whether a refund may move."""
    return target in MOVES[current]


def check_move(refund: Refund, target: RefundState) -> None:
    """Raise RefundNotMovable where the move is not legal."""
    if not may_move(refund.state, target):
        raise RefundNotMovable(refund_id=refund.id, state=refund.state, wanted=target)


def check_other_person(refund: Refund, user_id: UUID) -> None:
    """Raise OwnRefund where who decides is who asked, in whatever role."""
    if user_id == refund.requested_by:
        raise OwnRefund(refund_id=refund.id)


def check_withdrawal(refund: Refund, user_id: UUID, *, may_approve: bool) -> None:
    """Raise NotYourRefund where somebody withdraws what another asked for."""
    if user_id != refund.requested_by and not may_approve:
        raise NotYourRefund(refund_id=refund.id)


def check_payout(refund: Refund, payout: Payout) -> None:
    """Raise what speaks against paying so: PayoutReceiptWrong, RefundMayBePaid, RefundNotMovable."""
    if payout.method is Method.REVERSAL or (payout.method is Method.MPESA) != (payout.receipt is not None):
        raise PayoutReceiptWrong
    if refund.state is RefundState.PAYING or (refund.state is RefundState.UNKNOWN and payout.method is Method.CASH):
        raise RefundMayBePaid(refund_id=refund.id)
    check_move(refund, RefundState.PAID)


def check_given_up(refund: Refund) -> None:
    """Raise RefundNotMovable unless the end of a reversal is unknown: a result that is still awaited decides itself."""
    if refund.state is not RefundState.UNKNOWN:
        raise RefundNotMovable(refund_id=refund.id, state=refund.state, wanted=RefundState.FAILED)


def judge(attempt: Attempt, refund: Refund, receipt: str, result: ApiResult) -> Verdict:
    """Say whether the result of a reversal is to be believed, and what it says. ``receipt`` is the reversed one."""
    doubt = _mismatch(attempt, refund, receipt, result)
    if doubt is not None:
        return Doubtful(doubt)
    if result.succeeded or result.code == ALREADY_REVERSED:
        return Reversed(result.code, _receipt_of(result) if result.succeeded else None)
    if result.code in NOT_REVERSED:
        return NotReversed(result.code, result.text)
    return Doubtful(Doubt.UNKNOWN_CODE)


def _mismatch(attempt: Attempt, refund: Refund, receipt: str, result: ApiResult) -> Doubt | None:
    if attempt.conversation_id and result.conversation_ids and attempt.conversation_id not in result.conversation_ids:
        return Doubt.OTHER_REQUEST
    if result.original_receipt and result.original_receipt != receipt:
        return Doubt.OTHER_RECEIPT
    if result.amount is not None and result.amount != refund.amount:
        return Doubt.OTHER_AMOUNT
    return None


def _receipt_of(result: ApiResult) -> str | None:
    said = result.transaction_id
    return said if _RECEIPT.fullmatch(said) and not said.endswith(_PLACEHOLDER) else None


def ended(attempt: Attempt, state: AttemptState, code: str, text: str, at: datetime) -> Attempt:
    """Return an attempt with what became of it."""
    return replace(attempt, state=state, result_code=code[:100], result_text=text[:500], updated_at=at)
