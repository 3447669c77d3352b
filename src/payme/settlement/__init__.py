"""Settlement: money arrived. Evidence, then the payment it belongs to, then what it was for."""

from payme.settlement.events import CallbackApplied, CallbackDoubted, EvidenceContradicted, LateMoney, Overpaid
from payme.settlement.models import Arrival
from payme.settlement.services import apply_callback, orphan_callback, store_callback
from payme.settlement.types import APPLY_CALLBACK, CallbackState, Doubt

__all__ = [
    "APPLY_CALLBACK",
    "Arrival",
    "CallbackApplied",
    "CallbackDoubted",
    "CallbackState",
    "Doubt",
    "EvidenceContradicted",
    "LateMoney",
    "Overpaid",
    "apply_callback",
    "orphan_callback",
    "store_callback",
]
