"""Words of settlement."""

from enum import StrEnum


class CallbackState(StrEnum):
    """What became of a callback."""

    RECEIVED = "received"
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    ORPHAN = "orphan"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    DEAD = "dead"


class Doubt(StrEnum):
    """Why a callback was not believed: it is kept, changes nothing, and waits for a person."""

    UNREADABLE = "unreadable"
    OTHER_REQUEST = "other_request"
    OTHER_SHORTCODE = "other_shortcode"
    OTHER_PHONE = "other_phone"
    OTHER_AMOUNT = "other_amount"
    NO_RECEIPT = "no_receipt"
    UNKNOWN_CODE = "unknown_code"
    RECEIPT_REUSE = "receipt_reuse"
    SECOND_RECEIPT = "second_receipt"


BODY_MAX = 16_384
"""Bytes of a callback that are stored; Daraja's are under 1,000."""
APPLY_CALLBACK = "apply_callback"
