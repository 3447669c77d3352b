"""Rows of refunds, and what is asked for."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.daraja import Access
from payme.refunds.types import AttemptState, Doubt, Method, RefundState
from payme.sales import SaleState
from payme.shortcodes import Initiator


@dataclass(frozen=True, slots=True)
class RefundDraft:
    """Money that a customer shall have back: all or a part of what no sale needs of one receipt."""

    money_in_id: UUID
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that is to be given back, or was. ``shortcode`` is the one that had been paid."""

    id: UUID
    money_in_id: UUID
    shortcode: str
    amount: Decimal
    reason: str
    state: RefundState
    method: str | None
    payout_receipt: str | None
    requested_by: UUID
    decided_by: UUID | None
    paid_by: UUID | None
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a refund; ``callback_id`` is the callback that made it, if one did."""

    refund_id: UUID
    before: RefundState | None
    after: RefundState
    note: str
    callback_id: UUID | None


@dataclass(frozen=True, slots=True)
class Payout:
    """What the shop says it paid: cash, or M-Pesa with its receipt."""

    method: Method
    receipt: str | None
    drawer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One order to reverse a receipt."""

    id: UUID
    refund_id: UUID
    payment_config_id: UUID
    state: AttemptState
    conversation_id: str | None
    result_code: str | None
    result_text: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Counter:
    """With what a reversal is ordered."""

    access: Access = field(repr=False)
    initiator: Initiator = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReversalOrder:
    """What Daraja is told: which receipt, how much, and the secrets of the two paths of the answer."""

    receipt: str
    amount: Decimal
    result_secret: str = field(repr=False)
    timeout_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reversed:
    """A believable result: the customer has the money. No receipt where M-PESA names none."""

    code: str
    receipt: str | None


@dataclass(frozen=True, slots=True)
class NotReversed:
    """A believable result: no money left."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Not to be believed by itself."""

    doubt: Doubt


Verdict = Reversed | NotReversed | Doubtful


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """How much of a receipt goes to which open sale, and why."""

    sale_id: UUID
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: to the sale, and how much of the receipt still waits for a decision."""

    money_in_id: UUID
    sale_id: UUID
    amount: Decimal
    left: Decimal
    sale_state: SaleState
