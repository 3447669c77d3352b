"""Rows of inquiries."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Inquiry:
    """How often a payment was looked after and when next: never, where ``next_at`` is None.

    ``answer_code`` is the last result Daraja gave; ``0`` without a receipt is a claim, not money.
    """

    payment_id: UUID
    visits: int
    next_at: datetime | None
    answer_code: str | None
