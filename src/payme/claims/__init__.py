"""Claims: what is said to be paid, by a message that a customer shows, and is no money until Safaricom tells of it."""

from payme.claims.services import paste_message

__all__ = ["paste_message"]
