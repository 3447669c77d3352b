"""Facts of inquiries."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class PaymentUnsettled(Event):
    """A day has passed and it is still not known whether a customer's money came; the subject is the payment."""

    state: str
    visits: int
    answer_code: str | None
