"""Facts of receipt links; the subject is the sale."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class ReceiptShared(Event):
    """A receipt can be seen by whoever has its address, until then."""

    link_id: UUID
    expires_at: str


@dataclass(frozen=True)
class ReceiptLinksRevoked(Event):
    """Addresses of a receipt show it no more."""

    links: int
