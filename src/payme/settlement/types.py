"""Words of settlement."""

from enum import StrEnum

from payme.money import Source


class Doubt(StrEnum):
    """Why a callback was not believed: it is kept, changes nothing, and waits for a person."""

    UNREADABLE = "unreadable"
    OTHER_REQUEST = "other_request"
    OTHER_SHORTCODE = "other_shortcode"
    OTHER_PHONE = "other_phone"
    OTHER_AMOUNT = "other_amount"
    OTHER_SOURCE = "other_source"
    NO_RECEIPT = "no_receipt"
    UNKNOWN_CODE = "unknown_code"
    RECEIPT_REUSE = "receipt_reuse"
    SECOND_RECEIPT = "second_receipt"


COMPLETED = "completed"
ONLINE = "online"
"""What stands in the reason of a payment that M-PESA asked for on the phone: "Pay Bill Online", "Online Merchant …"."""
NEVER_PAID = frozenset({"reversed", "cancelled", "canceled", "declined", "expired", "failed"})
"""What Safaricom calls a receipt with which the shop was not paid, or has to be no more."""
LISTS = frozenset({Source.PULL, Source.STATEMENT})
"""Evidence that tells of all money there was, and so of the same money again."""
ASKED_BEFORE_S = 900
"""How long after a prompt money from the same phone is taken to be for the same sale, where no account is given."""
ASKED_AFTER_S = 60
"""How much Safaricom's clock may be behind ours."""
