"""What happened to tokens; the subject is the sale, or the business where there is none."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class TokensGranted(Event):
    """The platform gave tokens."""

    tokens: int
    reason: str
    balance_before: int
    balance_after: int


@dataclass(frozen=True)
class TokensPurchased(Event):
    """Tokens were bought, and what was owed is settled from them first; the subject is the purchase."""

    tokens: int
    settled: int
    balance_before: int
    balance_after: int
    owed_before: int
    owed_after: int


@dataclass(frozen=True)
class TokensLow(Event):
    """The balance fell below a line at which somebody should buy tokens."""

    warning: str
    balance: int


@dataclass(frozen=True)
class TokenReserved(Event):
    """A sale was rung up and its token set aside."""

    balance_before: int
    balance_after: int


@dataclass(frozen=True)
class TokenCharged(Event):
    """A sale was completed and its token is spent."""

    balance_before: int
    balance_after: int


@dataclass(frozen=True)
class TokenRefunded(Event):
    """A sale was cancelled or voided and its token came back."""

    balance_before: int
    balance_after: int
