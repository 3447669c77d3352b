"""Words of C2B: customers who pay a till or a paybill by hand."""

from enum import StrEnum


class RegistrationState(StrEnum):
    """Whether Safaricom knows where to tell of money paid by hand."""

    REQUESTED = "requested"
    REGISTERED = "registered"
    REFUSED = "refused"


class Answer(StrEnum):
    """What a validation is answered with, in Daraja's codes."""

    ACCEPT = "0"
    UNKNOWN_ACCOUNT = "C2B00012"
