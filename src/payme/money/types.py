"""Words of money that came in."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Source(StrEnum):
    """What proved a receipt of money first; each names the receipt, the amount and the shortcode."""

    CALLBACK = "callback"
    CONFIRMATION = "confirmation"
    STATUS = "status"
    PULL = "pull"
    STATEMENT = "statement"


class Purpose(StrEnum):
    """What a receipt of money was for."""

    SALE = "sale"
    CREDIT = "credit"
    TOKENS = "tokens"
    OVERPAYMENT = "overpayment"
    UNALLOCATED = "unallocated"
    REFUND = "refund"
    TEST = "test"


NOT_NEEDED = (Purpose.UNALLOCATED, Purpose.OVERPAYMENT)
"""The purposes out of which a person moves money, and in which order: first what waits, then what was too much."""


class ClaimState(StrEnum):
    """Whether Safaricom has told of the receipt that a person says was paid for a sale."""

    UNVERIFIED = "unverified"
    CONFIRMED = "confirmed"
    DENIED = "denied"


CLAIM_MOVES: Mapping[ClaimState, frozenset[ClaimState]] = MappingProxyType(
    {
        ClaimState.UNVERIFIED: frozenset({ClaimState.CONFIRMED, ClaimState.DENIED}),
        ClaimState.CONFIRMED: frozenset(),
        ClaimState.DENIED: frozenset({ClaimState.CONFIRMED}),
    }
)
"""The legal moves: what was denied may yet turn out to have been paid."""
