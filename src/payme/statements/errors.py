"""What is refused about statements."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, NotFound


@dataclass(eq=False)
class StatementImportNotFound(NotFound):
    """No such import in this business."""

    code = "statement_import_not_found"
    title = "There is no such import of a statement."
    advice = "Read the list of imports again."
    import_id: UUID


@dataclass(eq=False)
class StatementNotOurs(Conflict):
    """The file is about a shortcode that this business never collected on."""

    code = "statement_not_ours"
    title = "This statement is of a paybill or till that is not this shop's."
    advice = "Look at the number in the file, or set the paybill or till up first."
    shortcode: str


@dataclass(eq=False)
class StatementOfUnknownShortcode(Conflict):
    """Neither the file nor whoever brought it says whose statement it is."""

    code = "statement_of_unknown_shortcode"
    title = "The file does not say of which paybill or till it is."
    advice = "Send it again, with the number of the paybill or till as `shortcode`."


@dataclass(eq=False)
class DifferenceNotFound(NotFound):
    """No such difference in this business."""

    code = "difference_not_found"
    title = "There is no such difference."
    advice = "Read the list of differences again."
    difference_id: UUID


@dataclass(eq=False)
class DifferenceSettled(Conflict):
    """The difference is none any more."""

    code = "difference_settled"
    title = "Statement and books do not differ there any more."
    advice = "Read the list of differences again; somebody else may have been quicker, or the money came after all."
    difference_id: UUID
    settled_by: str


@dataclass(eq=False)
class FixNotByAdjustment(Conflict):
    """What is suggested has a way of its own."""

    code = "fix_not_by_adjustment"
    title = "This difference is not put right by an adjustment."
    advice = (
        "For apply_callback decide on the callback, or have it sent again; for record_refund ask for a refund of the "
        "receipt and record M-PESA's reversal as its payout."
    )
    difference_id: UUID
    fix: str


@dataclass(eq=False)
class MoneyNotBookable(Conflict):
    """The receipt is booked meanwhile, here or by another business."""

    code = "money_not_bookable"
    title = "This receipt cannot be booked."
    advice = "Bring the newest statement once more; if the difference stays, somebody else's books have this receipt."
    difference_id: UUID
    receipt: str
