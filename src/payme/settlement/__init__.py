"""Settlement: money arrived. Evidence, then the payment it belongs to, then what it was for."""

from payme.settlement.events import CallbackApplied, CallbackDoubted, EvidenceContradicted, LateMoney, Overpaid
from payme.settlement.services import apply_callback
from payme.settlement.types import Doubt

__all__ = [
    "CallbackApplied",
    "CallbackDoubted",
    "Doubt",
    "EvidenceContradicted",
    "LateMoney",
    "Overpaid",
    "apply_callback",
]
