"""Rows of webhooks, and what is carried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.webhooks.types import EndpointState, EventType, MessageState

Fact = str | int | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a business wants to be told."""

    id: UUID
    url: str
    note: str
    event_types: list[str]
    state: EndpointState
    old_until: datetime | None
    failing_since: datetime | None
    held_until: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """An endpoint to be registered; the address has been looked up."""

    url: str
    note: str
    event_types: tuple[EventType, ...]


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What shall change; None keeps it."""

    note: str | None = None
    event_types: tuple[EventType, ...] | None = None
    state: EndpointState | None = None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint with its new secret: the only time it is shown."""

    endpoint: Endpoint
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedSecrets:
    """The secrets of an endpoint, encrypted."""

    id: UUID
    secret: bytes = field(repr=False)
    key_version: str
    old_secret: bytes | None = field(repr=False)
    old_version: str | None
    old_until: datetime | None


@dataclass(frozen=True, slots=True)
class News:
    """Something that a business can be told."""

    type: EventType
    data: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Message:
    """One piece of news for one endpoint."""

    id: UUID
    endpoint_id: UUID
    type: str
    payload: str
    state: MessageState
    tries: int
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt to deliver, and what the receiver said."""

    id: UUID
    at: datetime
    duration_ms: int
    status: int | None
    error: str
    body: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message with its tries."""

    message: Message
    tries: tuple[Try, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that a worker took, as the row says."""

    endpoint_id: UUID
    id: UUID
    payload: str
    tries: int
    url: str
    secret: bytes = field(repr=False)
    key_version: str
    old_secret: bytes | None = field(repr=False)
    old_version: str | None
    old_until: datetime | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be carried."""

    endpoint_id: UUID
    message_id: UUID
    url: str
    tries: int
    payload: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try."""

    status: int | None
    error: str
    body: str
    duration_ms: int
    retry_after: str = ""
    """How long the receiver wants to be spared, as it said it."""

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  success, in HTTP

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more, which 410 means."""
        return self.status == 410  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads."""

    host: str
    port: int
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Disabled:
    """An endpoint that was disabled this moment."""

    id: UUID
    url: str
    failing_since: datetime
