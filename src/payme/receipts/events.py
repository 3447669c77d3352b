"""Facts of receipts."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class ReceiptUnanswered(Event):
    """Safaricom was asked again and again what a claimed receipt is, and did not tell; the subject is the claim."""

    receipt: str
    asks: int
    said: str


@dataclass(frozen=True)
class PullRegistered(Event):
    """Safaricom lists the payments of a payment config from now on; the subject is the config."""

    pull_number: str
