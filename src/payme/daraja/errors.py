"""What the line to Daraja says no with."""

from dataclasses import dataclass

from payme.kit.errors import Unavailable


@dataclass(eq=False)
class MpesaUnavailable(Unavailable):
    """The line is held: Daraja has not been answering, or wants to be asked less often."""

    code = "mpesa_unavailable"
    title = "M-PESA is not answering, so the customer was not asked."
    advice = "Take cash or credit now, or ask again after the time shown; nothing was sent and nothing was charged."
    retry_after_s: int
