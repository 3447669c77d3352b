"""What receipt links refuse."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class ReceiptGone(NotFound):
    """No such address, or no longer: which of the two is nobody's business."""

    code = "receipt_gone"
    title = "There is no receipt at this address."
    advice = "Ask the shop for a new one; addresses of receipts end after some time."


@dataclass(eq=False)
class TooManyLinks(Conflict):
    """A receipt has as many addresses as one may have."""

    code = "too_many_receipt_links"
    title = "This receipt was shared often enough."
    advice = "Take back the addresses that are there, or use one of them."
    limit: int


@dataclass(eq=False)
class NoPhone(Invalid):
    """Nobody said where the receipt goes to: the sale names no customer with a number."""

    code = "no_phone_for_receipt"
    title = "There is no telephone number to send this receipt to."
    advice = "Type the customer's number, or add it to the customer."
    sale_id: UUID


@dataclass(eq=False)
class NothingBought(Conflict):
    """A cancelled or voided sale has no receipt that anybody is sent."""

    code = "receipt_not_sent"
    title = "This sale was undone, so its receipt is not sent."
    advice = "Send the receipt of a sale that is open or completed."
    sale_id: UUID
    state: str
