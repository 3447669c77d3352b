"""What payments refuses."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class PaymentNotFound(NotFound):
    """No such payment in this business."""

    code = "payment_not_found"
    title = "There is no such payment."
    advice = "Check the payment's id."
    payment_id: UUID


@dataclass(eq=False)
class PaymentConfigNotTested(NotFound):
    """Nobody has tried this payment config yet."""

    code = "payment_config_not_tested"
    title = "This payment config was not tested yet."
    advice = "Test it with your own phone; it asks for one shilling."
    payment_config_id: UUID


@dataclass(eq=False)
class PaymentInProgress(Conflict):
    """The customer is being asked already: one live attempt a sale, one a test."""

    code = "payment_in_progress"
    title = "The customer is already being asked to pay."
    advice = "Wait until that attempt ends; it is not known yet whether the customer paid."
    payment_id: UUID
    payment_request_id: str
    state: str


@dataclass(eq=False)
class NotWholeShillings(Invalid):
    """M-Pesa moves whole shillings from 1 to 250,000."""

    code = "not_whole_shillings"
    title = "M-Pesa takes whole shillings from 1 to 250,000."
    advice = "Ask for a whole amount and take the rest in cash."
    amount: Decimal


@dataclass(eq=False)
class PhoneNotValid(Invalid):
    """Not a Kenyan mobile number."""

    code = "phone_not_valid"
    title = "This is not a Kenyan mobile number."
    advice = "Write it as 0712 345 678, 0112 345 678 or 254712345678."
    phone: str


@dataclass(eq=False)
class MoneyOfPlatform(Conflict):
    """The money was paid to the platform, for tokens."""

    code = "money_of_platform"
    title = "This money was paid for tokens, so it is not the shop's to give."
    advice = "Ask the platform about money that was paid for tokens."
    money_in_id: UUID
