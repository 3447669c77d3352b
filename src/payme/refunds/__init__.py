"""Refunds: money that no sale needs, moved to another sale or given back after two people said so."""

from payme.refunds.errors import (
    MoveTooLarge,
    NotReversible,
    NotYourRefund,
    OwnRefund,
    PayoutReceiptTaken,
    PayoutReceiptWrong,
    RefundMayBePaid,
    RefundNotFound,
    RefundNotMovable,
    RefundTooLarge,
)
from payme.refunds.events import AlreadyReversed, RefundMoved, RefundRequested, ReversalDoubted
from payme.refunds.models import MoneyMove, Moved, Payout, Refund, RefundDraft
from payme.refunds.queries import get_refund, list_refunds
from payme.refunds.services import (
    apply_result,
    apply_timeout,
    approve_refund,
    give_up,
    move_money,
    record_payout,
    reject_refund,
    request_refund,
    start_reversal,
    withdraw_refund,
)
from payme.refunds.types import CHECK_REFUND, MOVES, REVERSE_REFUND, Method, RefundState

__all__ = [
    "CHECK_REFUND",
    "MOVES",
    "REVERSE_REFUND",
    "AlreadyReversed",
    "Method",
    "MoneyMove",
    "MoveTooLarge",
    "Moved",
    "NotReversible",
    "NotYourRefund",
    "OwnRefund",
    "Payout",
    "PayoutReceiptTaken",
    "PayoutReceiptWrong",
    "Refund",
    "RefundDraft",
    "RefundMayBePaid",
    "RefundMoved",
    "RefundNotFound",
    "RefundNotMovable",
    "RefundRequested",
    "RefundState",
    "RefundTooLarge",
    "ReversalDoubted",
    "apply_result",
    "apply_timeout",
    "approve_refund",
    "get_refund",
    "give_up",
    "list_refunds",
    "move_money",
    "record_payout",
    "reject_refund",
    "request_refund",
    "start_reversal",
    "withdraw_refund",
]
