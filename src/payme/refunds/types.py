"""Words of refunds."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class RefundState(StrEnum):
    """Where a refund stands. From ``approved`` on its money is set aside, until it is paid or put back."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PAYING = "paying"
    UNKNOWN = "unknown"
    FAILED = "failed"
    PAID = "paid"

    @property
    def holds_money(self) -> bool:
        """Whether the money's purpose is ``refund``."""
        return self in _HOLDS


_HOLDS = frozenset({RefundState.APPROVED, RefundState.PAYING, RefundState.UNKNOWN, RefundState.PAID})

MOVES: Mapping[RefundState, frozenset[RefundState]] = MappingProxyType(
    {
        RefundState.REQUESTED: frozenset({RefundState.APPROVED, RefundState.REJECTED, RefundState.WITHDRAWN}),
        RefundState.APPROVED: frozenset({RefundState.PAYING, RefundState.PAID, RefundState.WITHDRAWN}),
        RefundState.REJECTED: frozenset(),
        RefundState.WITHDRAWN: frozenset(),
        RefundState.PAYING: frozenset({RefundState.PAID, RefundState.UNKNOWN, RefundState.FAILED}),
        RefundState.UNKNOWN: frozenset({RefundState.PAYING, RefundState.PAID, RefundState.FAILED}),
        RefundState.FAILED: frozenset({RefundState.PAYING, RefundState.PAID, RefundState.WITHDRAWN}),
        RefundState.PAID: frozenset(),
    }
)
"""The legal moves; out of ``failed``, and from ``unknown`` to ``paying``, only a person moves a refund."""


class Method(StrEnum):
    """How the customer got the money back."""

    CASH = "cash"
    MPESA = "mpesa"
    REVERSAL = "reversal"


class AttemptState(StrEnum):
    """What became of one order to reverse a receipt."""

    CREATED = "created"
    SENDING = "sending"
    TAKEN = "taken"
    LOST = "lost"
    FAILED = "failed"
    DONE = "done"

    @property
    def is_decided(self) -> bool:
        """Whether it is known what it did."""
        return self in {AttemptState.FAILED, AttemptState.DONE}


class Doubt(StrEnum):
    """Why the result of a reversal was not believed: it is kept, changes nothing, and waits for a person."""

    UNREADABLE = "unreadable"
    OTHER_REQUEST = "other_request"
    OTHER_RECEIPT = "other_receipt"
    OTHER_AMOUNT = "other_amount"
    OTHER_SOURCE = "other_source"
    UNKNOWN_CODE = "unknown_code"
    RECEIPT_REUSE = "receipt_reuse"
    REFUND_ENDED = "refund_ended"


REVERSE_REFUND: Final = "reverse_refund"
CHECK_REFUND: Final = "check_refund"
WAIT_S: Final = 600
"""How long the result of a reversal is waited for before a person is told; Daraja's own queue gives up sooner."""

ALREADY_REVERSED: Final = "R000001"
NOT_REVERSED: Final = frozenset({"R000002", "1", "11", "21", "2001", "2006", "2028", "8006"})
"""Results that rule out that money left: no such receipt, no balance, an account or initiator that may not.

Source: Daraja, Reversals. A code that is not here decides nothing.
"""
