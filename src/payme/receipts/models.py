"""Rows of receipts, and what is asked."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.payment_configs import PaymentConfig


@dataclass(frozen=True, slots=True)
class Question:
    """How often Safaricom was asked what a claimed receipt is, and when next: never, where ``next_at`` is None."""

    claim_id: UUID
    payment_config_id: UUID
    asks: int
    next_at: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A question that is to be asked now, and the secrets of the two paths on which it is answered."""

    payment_config_id: UUID
    receipt: str
    result: str = field(repr=False)
    timeout: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pull:
    """What of a payment config's payments was listed; ``pulled_to`` is None before the first time."""

    payment_config_id: UUID
    pull_number: str = field(repr=False)
    registered_at: datetime | None
    pulled_to: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class PullPlan:
    """The time whose payments are to be listed now, from a page on.

    ``notices`` is the secret of a path, where the config is not registered yet.
    """

    config: PaymentConfig
    start: datetime
    end: datetime
    page: int = 0
    notices: str | None = field(default=None, repr=False)
