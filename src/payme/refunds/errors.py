"""What is refused about refunds and about moving money."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, Forbidden, Invalid, NotFound


@dataclass(eq=False)
class RefundNotFound(NotFound):
    """No such refund in this business."""

    code = "refund_not_found"
    title = "There is no such refund."
    advice = "Read the list of refunds again."
    refund_id: UUID


@dataclass(eq=False)
class RefundTooLarge(Conflict):
    """More is asked for than no sale needs and no other request names."""

    code = "refund_too_large"
    title = "There is less to give back than that."
    advice = "Ask for at most what is left, or wait until the other refunds of this receipt are decided."
    money_in_id: UUID
    wanted: Decimal
    left: Decimal


@dataclass(eq=False)
class RefundNotMovable(Conflict):
    """The refund stands where this step is not one of the next."""

    code = "refund_not_movable"
    title = "The refund is not in a state that allows this step."
    advice = "Read the refund again; somebody else may have been quicker."
    refund_id: UUID
    state: str
    wanted: str


@dataclass(eq=False)
class OwnRefund(Forbidden):
    """Who asked for a refund may not decide on it."""

    code = "own_refund"
    title = "Somebody else must decide on a refund that you asked for."
    advice = "Let the owner or another manager look at it."
    refund_id: UUID


@dataclass(eq=False)
class NotYourRefund(Forbidden):
    """A request is withdrawn by who made it, or by who may approve."""

    code = "not_your_refund"
    title = "Somebody else asked for this refund."
    advice = "Let them withdraw it, or a manager or the owner."
    refund_id: UUID


@dataclass(eq=False)
class PayoutReceiptWrong(Invalid):
    """Cash has no receipt number, and M-Pesa has one."""

    code = "payout_receipt_wrong"
    title = "The M-PESA receipt of the payout does not fit how it was paid."
    advice = "Give the receipt number of the payout where it was paid by M-PESA, and none where it was paid in cash."


@dataclass(eq=False)
class PayoutReceiptTaken(Conflict):
    """The receipt of the payout stands for something else already."""

    code = "payout_receipt_taken"
    title = "This M-PESA receipt is in the books already."
    advice = "Look at the message of the payout again; one receipt pays one refund."
    receipt: str


@dataclass(eq=False)
class RefundMayBePaid(Conflict):
    """A reversal was ordered and its end is not known: paying by hand could pay twice."""

    code = "refund_may_be_paid"
    title = "M-PESA may have given this money back already."
    advice = "Order the reversal again, which never pays twice, or record the receipt that the M-PESA statement shows."
    refund_id: UUID


@dataclass(eq=False)
class NotReversible(Conflict):
    """A reversal is for a whole receipt, through a payment config that has an initiator."""

    code = "not_reversible"
    title = "M-PESA cannot be told to reverse this payment."
    advice = "Pay by hand and record it; a reversal needs the whole receipt, and an initiator in the settings."
    refund_id: UUID
    whole: bool
    initiator: bool


@dataclass(eq=False)
class MoveTooLarge(Conflict):
    """The sale needs less than is moved to it."""

    code = "move_too_large"
    title = "The sale needs less than that."
    advice = "Move at most what the sale still needs; ask for a refund of the rest."
    sale_id: UUID
    wanted: Decimal
    balance_due: Decimal
