"""Kinds of wallet transactions."""

from enum import StrEnum

STARTING_GRANT = 10
"""Tokens a new business starts with, so that the first sale needs no purchase."""


LOW_BELOW = 30
VERY_LOW_BELOW = 10


class TokenWarning(StrEnum):
    """How few tokens are left: a till shows it, and an event tells of it once each time a balance falls so far."""

    LOW = "low"
    VERY_LOW = "very_low"


class TransactionType(StrEnum):
    """Why a balance changed; a charge changes nothing, it makes a reservation final."""

    GRANT = "grant"
    PURCHASE = "purchase"
    RESERVE = "reserve"
    CHARGE = "charge"
    REFUND = "refund"
