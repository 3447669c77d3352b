"""What SMS refuses."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from payme.kit.errors import Invalid, NotFound, TooMany


@dataclass(eq=False)
class SmsNotFound(NotFound):
    """No such message in this business."""

    code = "sms_not_found"
    title = "There is no such message."
    advice = "List the messages of the shop."
    message_id: UUID


@dataclass(eq=False)
class TooManyReceipts(TooMany):
    """The receipt of this sale, or any receipt to this number, was sent often enough."""

    code = "too_many_receipts"
    title = "This receipt was sent often enough."
    advice = "Look at the number with the customer, or show the receipt on the screen."
    limit: int


@dataclass(eq=False)
class PeriodTooLong(Invalid):
    """A sum over more than a year, or over no day."""

    code = "period_too_long"
    title = "This period cannot be added up."
    advice = "Choose a first day and a last day of the same year."
    from_day: date
    to_day: date
