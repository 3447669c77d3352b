"""Claims: what is said to be paid, by a message that a customer shows, and is no money until Safaricom tells of it."""

from payme.claims.models import Claimed
from payme.claims.services import claim_for_debts, claim_money, paste_message

__all__ = ["Claimed", "claim_for_debts", "claim_money", "paste_message"]
