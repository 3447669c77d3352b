"""What is shown live."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from payme.live.types import StreamEvent
from payme.money import Unclaimed
from payme.payments import Payment
from payme.sales import Sale

Key = tuple[str, str]
"""Kind and id of a thing: ``("payments", "0192…")``."""


@dataclass(frozen=True, slots=True)
class TillView:
    """What a till shows: open sales and payments, those that ended a moment ago, and money that may be claimed."""

    sales: tuple[Sale, ...]
    payments: tuple[Payment, ...]
    unclaimed_money: tuple[Unclaimed, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Things as a stream shows them, each as JSON; ``whole`` is sent whole, otherwise only what changed is."""

    things: Mapping[Key, str]
    kinds: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One event of a stream; ``id`` names the state that whoever read it has."""

    event: StreamEvent
    id: str
    data: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A business in which something changed, and which payments."""

    business_id: UUID
    payment_ids: frozenset[UUID]
