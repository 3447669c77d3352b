"""Pure decisions of C2B."""

from payme.c2b.models import Registration
from payme.c2b.types import Answer


def answer_of(registration: Registration | None, *, names_open_sale: bool) -> Answer:
    """Say what a validation is answered with; only a paybill that wants it so turns money away."""
    if registration is None or not registration.rejects_unknown_accounts or registration.till_number is not None:
        return Answer.ACCEPT
    return Answer.ACCEPT if names_open_sale else Answer.UNKNOWN_ACCOUNT
