"""Claims: what is said to be paid, by a message that a customer shows, and is no money until Safaricom tells of it."""

from payme.claims.models import Claimed, DebtMove
from payme.claims.services import claim_for_debts, claim_money, move_to_debts, paste_message

__all__ = ["Claimed", "DebtMove", "claim_for_debts", "claim_money", "move_to_debts", "paste_message"]
