"""C2B: customers who pay the shop's till or paybill by hand. Where Safaricom tells of it, and what it is answered."""

from payme.c2b.errors import C2bNotRequested
from payme.c2b.events import C2bAnswered, C2bRequested
from payme.c2b.models import C2bSecrets, Registration
from payme.c2b.queries import find_registration
from payme.c2b.services import REGISTER_C2B, answer_validation, open_c2b, record_c2b, request_c2b
from payme.c2b.types import Answer, RegistrationState

__all__ = [
    "REGISTER_C2B",
    "Answer",
    "C2bAnswered",
    "C2bNotRequested",
    "C2bRequested",
    "C2bSecrets",
    "Registration",
    "RegistrationState",
    "answer_validation",
    "find_registration",
    "open_c2b",
    "record_c2b",
    "request_c2b",
]
