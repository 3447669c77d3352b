"""Settlement: money arrived. Evidence, then the payment it belongs to, then what it was for."""

from payme.settlement.errors import CallbackNotApplicable
from payme.settlement.events import (
    CallbackApplied,
    CallbackDoubted,
    ClaimedElsewhere,
    EvidenceContradicted,
    LateMoney,
    ListedMoneyDoubted,
    Overpaid,
    TokensOverpaid,
    TokensPaidShort,
)
from payme.settlement.services import apply_quarantined, book_listed
from payme.settlement.types import Doubt

__all__ = [
    "CallbackApplied",
    "CallbackDoubted",
    "CallbackNotApplicable",
    "ClaimedElsewhere",
    "Doubt",
    "EvidenceContradicted",
    "LateMoney",
    "ListedMoneyDoubted",
    "Overpaid",
    "TokensOverpaid",
    "TokensPaidShort",
    "apply_quarantined",
    "book_listed",
]
