"""Facts of C2B."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class C2bRequested(Event):
    """Safaricom is to be told where to tell of money paid by hand; the subject is the payment config."""

    shortcode: str
    rejects_unknown_accounts: bool


@dataclass(frozen=True)
class C2bAnswered(Event):
    """Safaricom answered; the subject is the payment config."""

    state: str
    said: str
