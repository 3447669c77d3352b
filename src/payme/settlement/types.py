"""Words of settlement."""

from enum import StrEnum


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
