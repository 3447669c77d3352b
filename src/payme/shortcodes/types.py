"""What the organisation behind a shortcode asks of Daraja, and what comes back at once."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Initiator:
    """The organisation's own operator; ``security_credential`` is the sealed password, made for one environment."""

    name: str
    security_credential: str = field(repr=False)


@dataclass(frozen=True)
class ResultPaths:
    """Where the later result, or the notice that it timed out in a queue, is to be posted; both hold a secret."""

    result_url: str = field(repr=False)
    timeout_url: str = field(repr=False)


@dataclass(frozen=True)
class Taken:
    """Daraja took the order; what became of it comes later, under this id where it names one."""

    conversation_id: str


@dataclass(frozen=True)
class Refused:
    """It is certain that Daraja did not take the order.

    ``again_at`` is when to come back, where Daraja was not even asked because its line is held.
    """

    code: str
    text: str
    again_at: datetime | None = None


@dataclass(frozen=True)
class Unknown:
    """The order may have been taken."""

    reason: str


OrderAnswer = Taken | Refused | Unknown


@dataclass(frozen=True)
class PulledMoney:
    """One payment as the pull of transactions lists it; what is missing or unreadable is None."""

    receipt: str
    amount: Decimal | None
    bill_reference: str
    phone: str = field(repr=False)
    paid_at: datetime | None


@dataclass(frozen=True)
class Pulled:
    """One page of payments; fewer than ``PAGE`` rows is the last."""

    money: tuple[PulledMoney, ...]
    rows: int


PullAnswer = Pulled | Refused | Unknown
