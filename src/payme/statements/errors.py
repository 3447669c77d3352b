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
