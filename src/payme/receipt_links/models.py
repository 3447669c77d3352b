"""Rows of receipt links."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.kit.secrets import Keys


@dataclass(frozen=True, slots=True)
class ReceiptLink:
    """An address of a receipt."""

    id: UUID
    sale_id: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewReceiptLink:
    """An address at its start: the only time it is known."""

    link: ReceiptLink
    address: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """Where an address leads."""

    business_id: UUID
    link_id: UUID


@dataclass(frozen=True, slots=True)
class Sharing:
    """What sharing goes by: where this server is reached, and what seals texts that wait to be sent."""

    public_url: str
    keys: Keys = field(repr=False)
