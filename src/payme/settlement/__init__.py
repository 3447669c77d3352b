"""Settlement: money arrived. Evidence, then the payment it belongs to, then what it was for."""

from payme.settlement.errors import CallbackNotApplicable
from payme.settlement.events import (
    CallbackApplied,
    CallbackDoubted,
    ClaimedElsewhere,
    EvidenceContradicted,
    LateMoney,
    Overpaid,
    TokensOverpaid,
    TokensPaidShort,
)
from payme.settlement.models import Claimed
from payme.settlement.services import apply_quarantined, claim_money, paste_message
from payme.settlement.types import Doubt

__all__ = [
    "CallbackApplied",
    "CallbackDoubted",
    "CallbackNotApplicable",
    "Claimed",
    "ClaimedElsewhere",
    "Doubt",
    "EvidenceContradicted",
    "LateMoney",
    "Overpaid",
    "TokensOverpaid",
    "TokensPaidShort",
    "apply_quarantined",
    "claim_money",
    "paste_message",
]
