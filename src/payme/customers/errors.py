"""What customers refuses."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class CustomerUnknown(NotFound):
    """No such customer in this business."""

    code = "customer_unknown"
    title = "This shop has no such customer."
    advice = "Search for the customer again; it may belong to another shop."
    customer_id: UUID


@dataclass(eq=False)
class CustomerMerged(Conflict):
    """The customer became another one."""

    code = "customer_merged"
    title = "This customer was merged into another one."
    advice = "Open the customer that is named here instead."
    customer_id: UUID
    merged_into: UUID


@dataclass(eq=False)
class CustomerErased(Conflict):
    """The person asked to be forgotten."""

    code = "customer_erased"
    title = "This customer was erased."
    advice = "Add the person as a new customer, if that is their wish."
    customer_id: UUID


@dataclass(eq=False)
class CustomerPhoneTaken(Conflict):
    """Another customer of this business has the number; ``customer_id`` is None where it was taken at this moment."""

    code = "customer_phone_taken"
    title = "Another customer has this telephone number."
    advice = "Open that customer, or merge the two if they are one person."
    customer_id: UUID | None


@dataclass(eq=False)
class OtherPhoneUnknown(Invalid):
    """The other numbers can be kept or taken away, and none be added."""

    code = "other_phone_unknown"
    title = "This is none of the customer's other numbers."
    advice = "Other numbers come by merging; a number of the customer's own is the field phone."
    customer_id: UUID


@dataclass(eq=False)
class SameCustomer(Invalid):
    """Nobody is a duplicate of themselves."""

    code = "same_customer"
    title = "These are one customer already."
    advice = "Choose two different customers."
    customer_id: UUID


@dataclass(eq=False)
class MergedTooLarge(Conflict):
    """Together the two have more than one customer can have; nothing is thrown away unasked."""

    code = "merged_too_large"
    title = "Together these customers have more than one customer can have."
    advice = "Shorten the notes, or take tags or other numbers away, and merge again."
    what: str
    most: int
