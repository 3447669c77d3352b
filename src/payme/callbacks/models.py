"""Rows of callbacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.callbacks.types import CallbackState, PathKind


@dataclass(frozen=True, slots=True)
class Arrival:
    """A callback as it came in, before anything is known of it.

    ``outside`` says that it came from an address that Safaricom is not known to call from.
    """

    secret: str = field(repr=False)
    body: bytes = field(repr=False)
    shortcode: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    outside: bool = False


@dataclass(frozen=True, slots=True)
class NewCallback:
    """A callback that is to be kept: in the database, or in the spool until there is one."""

    id: UUID
    path_hash: bytes
    body: bytes = field(repr=False)
    shortcode: str
    address: str
    headers: Mapping[str, str] = field(repr=False)
    outside: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """One HTTP body that Daraja, or somebody, sent us."""

    id: UUID
    path_hash: bytes
    body: bytes = field(repr=False)
    shortcode: str
    address: str
    outside: bool
    state: CallbackState
    reason: str
    attempts: int
    business_id: UUID | None
    payment_id: UUID | None
    received_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Address:
    """Whose callback it is, and what is expected on its path; ``subject_id`` is what the path was made for."""

    business_id: UUID
    kind: PathKind
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class Leased:
    """A callback that a worker took to apply it; without an address, because its path leads nowhere, it is closed."""

    id: UUID
    attempts: int
    address: Address | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A callback that may be tried now."""

    id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class LooseEnds:
    """How many callbacks of a state there are, over all businesses, and how old the oldest is."""

    state: CallbackState
    reason: str
    count: int
    oldest_at: datetime
