"""What is refused about money that came in."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, NotFound


@dataclass(eq=False)
class MoneyNotFound(NotFound):
    """No such receipt of money in this business."""

    code = "money_not_found"
    title = "There is no such receipt of money."
    advice = "Read the list of unclaimed money again."
    money_in_id: UUID


@dataclass(eq=False)
class MoneyClaimed(Conflict):
    """The money has its purpose already: it is claimed once."""

    code = "money_claimed"
    title = "This money was claimed already."
    advice = "Read the list of unclaimed money again; a receipt pays once."
    money_in_id: UUID
    sale_ids: tuple[UUID, ...]


@dataclass(eq=False)
class MoneyShort(Conflict):
    """Less of the receipt is unallocated or overpaid than is wanted."""

    code = "money_short"
    title = "There is less money to move than that."
    advice = "Read the receipt of money again: a part of it has its purpose already, or somebody was quicker."
    money_in_id: UUID
    wanted: Decimal
    left: Decimal


@dataclass(eq=False)
class ReceiptTaken(Conflict):
    """The receipt belongs to a sale of this business already."""

    code = "receipt_taken"
    title = "This M-PESA receipt was used already."
    advice = "Look at the sale that has it; ask the customer for the message of another payment."
    receipt: str
    sale_id: UUID | None


@dataclass(eq=False)
class ReceiptNotClaimable(Conflict):
    """The receipt cannot be this business's; nothing is told of whose it is."""

    code = "receipt_not_claimable"
    title = "This M-PESA receipt cannot be used here."
    advice = "Check with the customer that this shop was paid, or take another payment."
    receipt: str
