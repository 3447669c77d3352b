"""An entry as it is sealed, a seal, and what is found wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from payme.seals.types import FaultKind


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An audit entry with every column; ``facts`` is JSON text, canonical once it was read."""

    business_id: UUID
    id: UUID
    sequence: int
    transaction_id: int
    at: datetime
    actor_kind: str
    actor_name: str
    user_id: UUID | None
    request_id: str
    action: str
    subject_id: UUID
    facts: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A signed digest over a run of entries, and over the digest before it."""

    business_id: UUID
    number: int
    era: int
    first_position: int
    last_position: int
    last_transaction_id: int
    last_sequence: int
    leaves: bytes
    digest: bytes
    sealed_at: datetime
    key_id: str
    signature: bytes

    @property
    def entries(self) -> int:
        """How many entries it holds."""
        return self.last_position - self.first_position + 1


@dataclass(frozen=True, slots=True)
class Head:
    """How far a business is sealed; the era is the one its next seal begins in."""

    number: int
    era: int
    position: int
    transaction_id: int
    sequence: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Era:
    """Entries whose transactions are counted by one cluster: from a sequence to before another, if there is one."""

    number: int
    first_sequence: int
    end_sequence: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a business as it was told outside of the database."""

    business_id: UUID
    number: int
    last_position: int
    digest: bytes
    sealed_at: datetime
    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Restored:
    """That a backup took the place of the database, signed by who restored: what was told between is given up.

    It is of all businesses: ``era`` is the one that began then.
    """

    era: int
    made_at: datetime
    restored_at: datetime
    key_id: str
    signature: bytes


Told: TypeAlias = Anchor | Restored
"""What a place outside of the database is told: the head of a business, or that a backup was restored."""


@dataclass(frozen=True, slots=True)
class SealHead:
    """The newest seal of a business as a person sees it."""

    number: int
    last_position: int
    digest: bytes
    sealed_at: datetime
    key_id: str


@dataclass(frozen=True, slots=True)
class EntryName:
    """What a person finds an entry by. Of one that is gone only its seal tells: no action, and its id's time."""

    id: UUID
    sequence: int
    action: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, the first bad entry named where it is about an entry."""

    kind: FaultKind
    business_id: UUID
    seal_number: int
    detail: str
    entry: EntryName | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit of one business came to."""

    business_id: UUID
    seals: int
    entries: int
    unsealed: int
    unsealed_since: datetime | None
    anchors: int
    given_up: int
    """Anchors of what was lost when a backup was restored."""
    restores: tuple[Restored, ...]
    """Of which the anchors, or the database itself, tell; each signed by us."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an audit is judged by: public keys by their ids, and what was told outside, by number."""

    public_keys: Mapping[str, bytes] = field(default_factory=dict)
    anchors: Mapping[int, Sequence[Anchor]] = field(default_factory=dict)
    """Different ones of one number where places contradict one another."""
    given_up: int = 0
    restores: Sequence[Restored] = ()
    forged: Sequence[Restored] = ()
    """What says that there was a restore, and was not signed by us."""
    is_whole: bool = True
    """Whether every place could be asked; else what is not found may be told by one that could not."""
