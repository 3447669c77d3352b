"""Facts of customers. They say which fields changed and never hold a name, a number or a note: audit is for ever."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class CustomerAdded(Event):
    """Somebody became a customer."""


@dataclass(frozen=True)
class CustomerChanged(Event):
    """What is known of a customer changed."""

    fields: tuple[str, ...]


@dataclass(frozen=True)
class CustomersMerged(Event):
    """Two were one person; the subject is the one that stays."""

    duplicate_id: UUID
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PersonErased(Event):
    """A person was forgotten, with all that had been merged into them."""
