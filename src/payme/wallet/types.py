"""Kinds of wallet transactions."""

from enum import StrEnum

STARTING_GRANT = 10
"""Tokens a new business starts with, so that the first sale needs no purchase."""


class TransactionType(StrEnum):
    """Why a balance changed; a charge changes nothing, it makes a reservation final."""

    GRANT = "grant"
    PURCHASE = "purchase"
    RESERVE = "reserve"
    CHARGE = "charge"
    REFUND = "refund"
