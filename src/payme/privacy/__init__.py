"""Privacy: what a person may ask of a shop by law: a copy of all it holds about them, and to be forgotten."""

from payme.privacy.events import CustomerExported
from payme.privacy.models import Held, HeldClaim, HeldPayment, HeldReceipt
from payme.privacy.services import erase_customer, export_customer

__all__ = [
    "CustomerExported",
    "Held",
    "HeldClaim",
    "HeldPayment",
    "HeldReceipt",
    "erase_customer",
    "export_customer",
]
