"""What settlement refuses."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict


@dataclass(eq=False)
class CallbackNotApplicable(Conflict):
    """A quarantined callback says nothing that could be booked, whoever wants it."""

    code = "callback_not_applicable"
    title = "This callback cannot be applied."
    advice = "It names no receipt that could be booked here. Reject it, or leave it as it is."
    callback_id: UUID
    doubt: str
